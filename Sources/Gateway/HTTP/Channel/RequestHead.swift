/// The methods that routes know; any other is a valid token that no route has.
package enum HTTPMethod: String, Sendable, Hashable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
    case other = "OTHER"
}

/// How the length of a request's body is told.
enum BodyFraming: Sendable, Hashable {
    case length(Int)
    case chunked

    static let none = BodyFraming.length(0)
}

/// One request's line and headers: positions in the bytes they were parsed from, and what of them the connection and
/// the prediction path need. Nothing is copied, and nothing in it is counted: it is handed around many times a request.
struct RequestHead: Sendable {
    struct Field: Sendable {
        var name: Range<Int>
        var value: Range<Int>
    }

    var method = HTTPMethod.other
    var methodRange = 0..<0
    /// Path and query; the scheme and authority of an absolute form are left out.
    var target = 0..<0
    var isHTTP10 = false
    var framing = BodyFraming.none
    var keepAlive = true
    var expectsContinue = false
    /// The header `Inference-Header-Content-Length` of the binary tensor extension.
    var inferenceHeaderLength: Int?
    /// Whether the body is packed: `Content-Encoding` other than `identity`.
    var contentEncoding: Range<Int>?
    var contentType: Range<Int>?
    var authorization: Range<Int>?
    /// The header `slipway-variant`, which names a variant of the endpoint.
    var variant: Range<Int>?
    /// The header `traceparent`; `nil` where there is none, or there are several, of which none holds.
    var traceparent: Range<Int>?
    var hasTraceparent = false
}
