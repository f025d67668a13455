import Foundation
import Identity
import Testing

@testable import Gateway

/// Every route, asked by everybody, in their own space and another: each cell is what the table of roles says.
@Suite struct MatrixTests {
    /// A path of the template, with names that lead nowhere dangerous.
    private static func path(_ template: String, space: String) -> String {
        let names = [
            "space": space, "endpoint": "fast", "model": "churn", "version": "3", "label": "stable",
            "sha256": String(repeating: "a", count: 64), "region": "r", "number": "1", "check": "ci", "dataset": "rows",
            "member": "somebody", "key": "nokey", "repository": "thing", "logged": "m-1", "path": "1/2/artifacts/3",
            "webhook": "nohook",
        ]
        return names.reduce(template) { $0.replacing("{\($1.key)}", with: $1.value) }
    }

    private static func isNamed(_ template: String) -> Bool { template.contains("{space}") }

    /// Whether an answer refuses for want of a right: the statuses alone do not tell, for an endpoint may not be there.
    private static func refusal(_ answer: WireAnswer, space: String) -> Int? {
        switch answer.status {
        case 401, 403: answer.status
        case 404: answer.text.contains("there is no space '\(space)'") ? 404 : nil
        default: nil
        }
    }

    private static let body = "{}"

    private static func request(_ route: Route, _ path: String, _ fields: [String]) -> String {
        let body = route.method == .post || route.method == .put ? Self.body : ""
        return Request.text(route.method.rawValue, path, length: body.utf8.count, fields: fields) + body
    }

    @Test(arguments: People.Kind.allCases)
    func `each route lets in whom the table lets in, and refuses everybody else as it says`(
        kind: People.Kind
    ) async throws {
        let people = People()
        let workshop = try await Workshop(authority: people.authority)
        try await workshop.serving { address in
            for route in Route.all {
                for template in route.templates {
                    for space in Self.isNamed(template) ? ["default", "prod"] : ["default"] {
                        let path = Self.path(template, space: space)
                        let answer = try await Wire.connect(address) { session in
                            try await session.send(Self.request(route, path, people.fields(kind)))
                            return try await session.answer(isHead: route.method == .head)
                        }
                        let got = try #require(answer)
                        let expected = People.expected(kind, route.permission, space: space)
                        // The space 'prod' is at the door only: whoever is let in there finds nothing behind it.
                        if expected == nil, space == "prod" {
                            #expect(got.status != 401 && got.status != 403, "\(route.method) \(path)")
                        } else if route.method == .head {
                            #expect(expected.map { got.status == $0 } ?? ![401, 403].contains(got.status))
                        } else {
                            #expect(
                                Self.refusal(got, space: space) == expected,
                                "\(kind) \(route.method.rawValue) \(path): \(got.status) \(got.text.prefix(200))")
                        }
                        if expected == 401, route.id != .gitHook {
                            #expect(got["www-authenticate"]?.hasPrefix("Bearer") == true)
                        }
                    }
                }
            }
        }
    }

    /// Other spellings of a path, and whether they mean the same.
    private static func spellings(_ path: String) -> [(text: String, isSame: Bool)] {
        var spellings: [(String, Bool)] = [
            (path.replacing("/v2", with: "//v2").replacing("/api", with: "//api"), false),
            (path.uppercased(), false),
            (path.replacing("default", with: "DEFAULT").replacing("prod", with: "Prod"), false),
            (path.replacing("default", with: "%64efault").replacing("prod", with: "%70rod"), true),
            (path.replacing("default", with: "%2564efault").replacing("prod", with: "%2570rod"), false),
            (path.replacing("spaces/", with: "spaces%2f"), false),
            (path.replacing("spaces/", with: "spaces/./"), false),
            (path.replacing("/spaces/prod", with: "/spaces/default/../prod"), false),
            (path.replacing("/spaces/prod", with: "/spaces/default/%2e%2e/prod"), false),
            (path.replacing("/spaces/prod", with: "/spaces/default%2f..%2fprod"), false),
            (path.replacing("prod", with: "prod%00"), false), (path + ";a=b", false), (path + "%20", false),
        ]
        spellings.removeAll { $0.0 == path }
        return spellings
    }

    @Test(arguments: [People.Kind.viewer, .stranger, .reporter, .anonymous])
    func `no spelling of a path opens what the path itself does not`(kind: People.Kind) async throws {
        let people = People()
        let workshop = try await Workshop(authority: people.authority)
        try await workshop.serving { address in
            for route in Route.all {
                for template in route.templates where Self.isNamed(template) {
                    for space in ["default", "prod"] {
                        guard let expected = People.expected(kind, route.permission, space: space) else { continue }
                        let path = Self.path(template, space: space)
                        for spelling in Self.spellings(path) {
                            let answer = try await Wire.connect(address) { session in
                                try await session.send(Self.request(route, spelling.text, people.fields(kind)))
                                return try await session.answer(isHead: route.method == .head)
                            }
                            let got = try #require(answer)
                            #expect(
                                spelling.isSame ? got.status == expected : (400..<500).contains(got.status),
                                "\(kind) \(route.method.rawValue) \(spelling.text): \(got.status)")
                        }
                    }
                }
            }
        }
    }

    @Test func `every route declares what it needs, and only health, the landing page and signed messages ask nobody`()
    {
        #expect(Set(Route.all.map(\.id)) == Set(RouteID.allCases))
        let open = Route.all.filter { $0.permission.reach == .open }.map(\.id)
        #expect(Set(open) == [.landing, .serverLive, .serverReady, .mlflowHealth, .ping, .gitHook])
        // A space in the path is a space that is asked about: else anybody who is known would see into it.
        for route in Route.all where route.templates.contains(where: Self.isNamed) {
            let isHealth = [
                .serverMetadata, .serverLive, .serverReady, .landing, .mlflowHealth, .mlflowVersion,
            ].contains(route.id)
            // What only an owner of the server may is refused to everybody else alike, whatever they see.
            let isAsked = route.permission.reach == .space || route.permission.reach == .admin
            #expect(isHealth || isAsked, "\(route.id)")
        }
        // And what is asked for a space says which, by its path or the caller's home.
        for route in Route.all where route.templates.contains(where: { $0.hasPrefix("/api/v1/") }) {
            guard route.permission.reach != .admin else { continue }
            #expect((route.permission.reach == .space) == Self.isNamed(route.templates[0]), "\(route.id)")
        }
    }
}
