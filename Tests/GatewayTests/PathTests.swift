import Testing

@testable import Gateway

@Suite struct PathTests {
    private func match(_ method: HTTPMethod, _ path: String) -> Result<RouteMatch, HTTPFault> {
        let bytes = Array(path.utf8)
        return bytes.withUnsafeBytes { bytes in
            do throws(HTTPFault) {
                return .success(try RouteTable().match(method, path: bytes))
            } catch {
                return .failure(error)
            }
        }
    }

    @Test(
        arguments: [
            ("/v2/models/iris/infer", "default", "iris", nil),
            ("/v2/models/iris/versions/3/infer", "default", "iris", "3"),
            ("/spaces/prod/v2/models/iris/infer", "prod", "iris", nil),
            ("/spaces/prod/v2/models/a.b-c_d/versions/12/infer", "prod", "a.b-c_d", "12"),
            ("/v2/models/i%72is/infer", "default", "iris", nil),
            ("/v2/models/iris/infer/", "default", "iris", nil),
        ] as [(String, String, String, String?)])
    func `a path names its endpoint, space and version`(
        _ path: String, _ space: String, _ name: String, _ version: String?
    ) throws {
        let match = try match(.post, path).get()
        #expect(match.route.id == .infer)
        #expect(match.space == space)
        #expect(match.name == name)
        #expect(match.version == version)
    }

    @Test(arguments: [
        ("/v2/models/a%2finfer", 405), ("/v2/models/a%2Fb/infer", 404), ("/v2//models/a/infer", 400),
        ("//v2/models/a/infer", 400), ("/v2/models/../infer", 400), ("/v2/models/%2e%2e/infer", 400),
        ("/v2/models/./infer", 400), ("/v2/models/a/infer//", 400), ("/v2/models/%zz/infer", 400),
        ("/v2/models/%4/infer", 400), ("/v2/models/%00/infer", 404), ("/v2/models/.a/infer", 404),
        ("/v2/models/a%5cb/infer", 404), ("/v2/models/%C3%A9/infer", 404), ("/nothing", 404), ("/v2/models/a/b", 404),
        ("/v2%2fmodels/a/infer", 404), ("/v1/models/:predict", 405), ("/v2/models/a b/infer", 404),
        (String(repeating: "/a", count: 40), 404),
        ("/v2/models/" + String(repeating: "a", count: 129) + "/infer", 404),
    ])
    func `a path that could be read in two ways is refused`(_ path: String, _ status: Int) {
        guard case .failure(let fault) = match(.post, path) else {
            Issue.record("\(path) was accepted")
            return
        }
        #expect(fault.status.code == status)
    }

    @Test func `TensorFlow paths keep their colon`() throws {
        #expect(try match(.post, "/v1/models/m:predict").get().name == "m")
        #expect(try match(.post, "/v1/models/m/versions/4:predict").get().version == "4")
        #expect(try match(.post, "/v1/models/m/labels/stable:predict").get().other == "stable")
        #expect(try match(.get, "/v1/models/m").get().route.id == .tensorFlowStatus)
    }

    @Test func `a wrong method is told which are right`() {
        guard case .failure(let fault) = match(.put, "/v2/models/m/infer") else {
            Issue.record("PUT was accepted")
            return
        }
        #expect(fault.status == .methodNotAllowed)
        #expect(fault.fields.map(\.value) == ["POST"])
    }

    @Test func `every route can be reached by each of its paths`() throws {
        for route in Route.all {
            for template in route.templates {
                let path = template.replacing(/\{[a-z0-9]+\}/, with: "name")
                #expect(try match(route.method, path).get().route.id == route.id, "\(template)")
            }
        }
    }

    @Test func `every name of a route is used once`() {
        #expect(Set(Route.all.map(\.id)) == Set(RouteID.allCases))
        #expect(Set(Route.all.map { "\($0.method) \($0.templates)" }).count == Route.all.count)
    }
}
