import Governance
import Identity
import Journal

/// What a path says: the route and the names in it. One object for all requests to the same path, so that handing it on
/// costs nothing.
package final class RouteMatch: Sendable {
    package let route: Route
    /// `default` where the path names none.
    package let space: String
    /// Whether the path names the space; where it does not, a caller's home is meant.
    let namesSpace: Bool
    /// An endpoint or a model.
    package let name: String
    /// A version or the number of a promotion, as it stands in the path; `nil` where the path names none.
    package let version: String?
    /// A label, a check, a digest, a region, a principal, a key or a logged model.
    package let other: String?
    /// All that follows, where a path ends in what may have slashes in it: its pieces, each decoded once, with `/` between.
    package let rest: String?

    init(route: Route, space: String?, name: String?, version: String?, other: String?, rest: String? = nil) {
        self.route = route
        self.space = space ?? Space.defaultName
        self.namesSpace = space != nil
        self.name = name ?? ""
        self.version = version
        self.other = other
        self.rest = rest
    }

    /// The same with the endpoint that something else than the path names.
    func naming(_ endpoint: String) -> RouteMatch {
        RouteMatch(
            route: route, space: namesSpace ? space : nil, name: endpoint, version: version, other: other)
    }

    /// The same in another space.
    func inSpace(_ space: String) -> RouteMatch {
        RouteMatch(route: route, space: space, name: name, version: version, other: other, rest: rest)
    }

    /// The endpoint that the path names, for who may only reach some.
    var askedEndpoint: AskedEndpoint { name.isEmpty ? .none : .named(name) }
}

/// Finds the route of a method and a path.
struct RouteTable: Sendable {
    private enum Part: Sendable {
        case literal([UInt8])
        /// A name, followed by `tail` (`:predict`).
        case capture(Capture, tail: [UInt8])
    }

    private enum Capture: String, Sendable {
        case space, endpoint, model, dataset, repository, version, number, label, check, sha256, region, member, key
        case logged, webhook
        /// One segment or more, to the end of the path; whoever answers says what may be in it.
        case path
    }

    private struct Pattern: Sendable {
        var parts: [Part]
        var route: Route

        /// Whether its last part takes all that follows.
        var isOpenEnded: Bool {
            if case .capture(.path, _) = parts.last { true } else { false }
        }
    }

    /// By number of segments. Patterns with more literals come first, so that `stats` is not taken for a name.
    private let patterns: [[Pattern]]
    /// Those that take any number of further segments; asked last.
    private let openEnded: [Pattern]

    init(_ routes: [Route] = Route.all) {
        var patterns = Array(repeating: [Pattern](), count: PathSegments.limit + 1)
        var openEnded: [Pattern] = []
        for route in routes {
            for template in route.templates {
                let pattern = Pattern(parts: Self.parts(template), route: route)
                if pattern.isOpenEnded {
                    openEnded.append(pattern)
                } else {
                    patterns[pattern.parts.count].append(pattern)
                }
            }
        }
        self.openEnded = openEnded.sorted { Self.literals($0.parts) > Self.literals($1.parts) }
        self.patterns = patterns.map { group in
            group.sorted { Self.literals($0.parts) > Self.literals($1.parts) }
        }
    }

    /// Fails with 404 for a path that nothing is at, with 405 and `Allow` for a method that the path does not know.
    /// `HEAD` is answered where `GET` is.
    func match(_ method: HTTPMethod, path: UnsafeRawBufferPointer) throws(HTTPFault) -> RouteMatch {
        let segments = try PathSegments(path)
        let found: Result<RouteMatch, HTTPFault> = segments.withSegments(path) { bytes, ranges in
            do throws(HTTPFault) {
                return .success(try match(method, bytes, ranges))
            } catch {
                return .failure(error)
            }
        }
        return try found.get()
    }

    private func match(
        _ method: HTTPMethod, _ bytes: UnsafeRawBufferPointer, _ ranges: [Range<Int>]
    ) throws(HTTPFault) -> RouteMatch {
        var allowed: [HTTPMethod] = []
        var fallback: Pattern?
        for candidates in [patterns[ranges.count], openEnded] {
            for pattern in candidates where Self.fits(pattern.parts, bytes, ranges) {
                if pattern.route.method == method { return try Self.read(pattern, bytes, ranges) }
                if method == .head, pattern.route.method == .get, fallback == nil { fallback = pattern }
                if !allowed.contains(pattern.route.method) { allowed.append(pattern.route.method) }
            }
            if !allowed.isEmpty { break }
        }
        if let fallback { return try Self.read(fallback, bytes, ranges) }
        guard !allowed.isEmpty else {
            throw HTTPFault(.notFound, "there is nothing at this path; GET / says what is here")
        }
        if allowed.contains(.get), !allowed.contains(.head) { allowed.append(.head) }
        let list = allowed.map(\.rawValue).sorted().joined(separator: ", ")
        throw HTTPFault(
            .methodNotAllowed, "this path does not take that method, only \(list)", fields: [("allow", list)])
    }

    private static func parts(_ template: String) -> [Part] {
        template.split(separator: "/").map { piece in
            guard piece.first == "{", let close = piece.firstIndex(of: "}"),
                let capture = Capture(rawValue: String(piece[piece.index(after: piece.startIndex)..<close]))
            else { return .literal(Array(piece.utf8)) }
            return .capture(capture, tail: Array(piece[piece.index(after: close)...].utf8))
        }
    }

    private static func literals(_ parts: [Part]) -> Int {
        parts.reduce(0) { count, part in
            switch part {
            case .literal: count + 2
            case .capture(_, let tail): count + (tail.isEmpty ? 0 : 1)
            }
        }
    }

    private static func fits(_ parts: [Part], _ bytes: UnsafeRawBufferPointer, _ ranges: [Range<Int>]) -> Bool {
        guard ranges.count >= parts.count else { return false }
        for (part, range) in zip(parts, ranges) {
            switch part {
            case .literal(let text):
                guard text.count == range.count, text.elementsEqual(bytes[range]) else { return false }
            case .capture(_, let tail):
                guard range.count > tail.count, tail.elementsEqual(bytes[range].suffix(tail.count)) else {
                    return false
                }
            }
        }
        return true
    }

    /// Labels may be `v:3` too.
    private static func isValid(_ text: String, _ capture: Capture) -> Bool {
        switch capture {
        case .member: Principal.isValid(text)
        case .version, .label: Name.isValid(text.hasPrefix("v:") ? String(text.dropFirst(2)) : text)
        default: Name.isValid(text)
        }
    }

    private static func read(
        _ pattern: Pattern, _ bytes: UnsafeRawBufferPointer, _ ranges: [Range<Int>]
    ) throws(HTTPFault) -> RouteMatch {
        var space: String?
        var name: String?
        var version: String?
        var other: String?
        var rest: String?
        for (index, (part, range)) in zip(pattern.parts, ranges).enumerated() {
            guard case .capture(let capture, let tail) = part else { continue }
            if capture == .path {
                let pieces = ranges[index...].compactMap { String(validating: bytes[$0], as: UTF8.self) }
                guard pieces.count == ranges.count - index else {
                    throw HTTPFault(.badRequest, "the path is not UTF-8")
                }
                rest = pieces.joined(separator: "/")
                continue
            }
            let text = String(decoding: bytes[range].dropLast(tail.count), as: UTF8.self)
            guard isValid(text, capture) else {
                throw HTTPFault(
                    .notFound,
                    "there is no \(capture.rawValue) '\(Name.excerpt(of: text))': names start with a letter or digit "
                        + "and go on with letters, digits, '.', '_' or '-', at most \(Name.maximumLength) in all")
            }
            switch capture {
            case .space: space = text
            case .endpoint, .model, .dataset, .repository: name = text
            case .version, .number: version = text
            case .label, .check, .sha256, .region, .member, .key, .logged, .webhook: other = text
            case .path: break
            }
        }
        return RouteMatch(route: pattern.route, space: space, name: name, version: version, other: other, rest: rest)
    }
}
