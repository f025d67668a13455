import Journal
import Serving

/// Which endpoint a request to `/invocations` alone is for: the one that its query or SageMaker's header names, else the
/// only one of the space.
enum InvocationTarget {
    /// SageMaker's header for containers with several models, in lower case.
    static let header = "x-amzn-sagemaker-target-model"
    private static let parameter = "endpoint"

    /// The name that the request gives; `nil` where it gives none.
    ///
    /// - Parameters:
    ///   - query: of the target, without `?`.
    ///   - header: the value of `header`.
    static func named(query: UnsafeRawBufferPointer, header: UnsafeRawBufferPointer?) throws(HTTPFault) -> String? {
        let inHeader = header.map { String(decoding: $0, as: UTF8.self) }.flatMap { $0.isEmpty ? nil : $0 }
        let inQuery = try value(in: query)
        if let inHeader, let inQuery, inHeader != inQuery {
            throw HTTPFault(
                .badRequest,
                "the query names the endpoint '\(Name.excerpt(of: inQuery))', the header \(Self.header) "
                    + "'\(Name.excerpt(of: inHeader))'")
        }
        return inQuery ?? inHeader
    }

    private static func value(in query: UnsafeRawBufferPointer) throws(HTTPFault) -> String? {
        var found: String?
        for piece in query.split(separator: UInt8(ascii: "&")) {
            let pair = UnsafeRawBufferPointer(rebasing: piece)
            guard pair.starts(with: (parameter + "=").utf8) else { continue }
            var bytes: [UInt8] = []
            let text = UnsafeRawBufferPointer(rebasing: pair[(parameter.utf8.count + 1)...])
            guard PathSegments.percentDecode(text, into: &bytes, plusIsSpace: true) else {
                throw HTTPFault(.badRequest, "the query has a '%' that is not followed by two hexadecimal digits")
            }
            guard found == nil else { throw HTTPFault(.badRequest, "the query names two endpoints") }
            found = String(decoding: bytes, as: UTF8.self)
        }
        return found
    }

    /// The endpoint of the space, where there is one alone.
    static func only(in space: String, of plane: DataPlane) -> String? {
        let names = names(in: space, of: plane)
        return names.count == 1 ? names.first : nil
    }

    /// Why nothing could be chosen, for who may see what there is.
    static func undecided(in space: String, of plane: DataPlane) -> HTTPFault {
        let names = names(in: space, of: plane)
        guard let first = names.first else {
            return HTTPFault(.notFound, "nothing is deployed in space '\(Name.excerpt(of: space))'")
        }
        let shown = names.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
        let more = names.count > 8 ? " and \(names.count - 8) more" : ""
        return HTTPFault(
            .badRequest,
            "space '\(Name.excerpt(of: space))' has \(names.count) endpoints (\(shown)\(more)): name one, in the path "
                + "(/endpoints/\(first)/invocations), in the query (?endpoint=\(first)) or in the header "
                + "X-Amzn-SageMaker-Target-Model")
    }

    private static func names(in space: String, of plane: DataPlane) -> [String] {
        plane.endpoints.filter { $0.entry.space == space }.map(\.entry.name).sorted()
    }
}
