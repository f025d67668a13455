import Identity
import Journal

/// The status codes that we send, with their phrases: the only list of them.
package struct HTTPStatus: Sendable, Hashable {
    package let code: Int
    package let phrase: String

    package init(code: Int, phrase: String) {
        self.code = code
        self.phrase = phrase
    }

    package static let ok = HTTPStatus(code: 200, phrase: "OK")
    package static let created = HTTPStatus(code: 201, phrase: "Created")
    package static let accepted = HTTPStatus(code: 202, phrase: "Accepted")
    package static let badRequest = HTTPStatus(code: 400, phrase: "Bad Request")
    package static let unauthorized = HTTPStatus(code: 401, phrase: "Unauthorized")
    package static let forbidden = HTTPStatus(code: 403, phrase: "Forbidden")
    package static let notFound = HTTPStatus(code: 404, phrase: "Not Found")
    package static let methodNotAllowed = HTTPStatus(code: 405, phrase: "Method Not Allowed")
    package static let requestTimeout = HTTPStatus(code: 408, phrase: "Request Timeout")
    package static let conflict = HTTPStatus(code: 409, phrase: "Conflict")
    package static let lengthRequired = HTTPStatus(code: 411, phrase: "Length Required")
    package static let preconditionFailed = HTTPStatus(code: 412, phrase: "Precondition Failed")
    package static let contentTooLarge = HTTPStatus(code: 413, phrase: "Content Too Large")
    package static let targetTooLong = HTTPStatus(code: 414, phrase: "URI Too Long")
    package static let unsupportedMediaType = HTTPStatus(code: 415, phrase: "Unsupported Media Type")
    package static let expectationFailed = HTTPStatus(code: 417, phrase: "Expectation Failed")
    package static let unprocessable = HTTPStatus(code: 422, phrase: "Unprocessable Content")
    package static let tooManyRequests = HTTPStatus(code: 429, phrase: "Too Many Requests")
    package static let headersTooLarge = HTTPStatus(code: 431, phrase: "Request Header Fields Too Large")
    package static let internalError = HTTPStatus(code: 500, phrase: "Internal Server Error")
    package static let notImplemented = HTTPStatus(code: 501, phrase: "Not Implemented")
    package static let unavailable = HTTPStatus(code: 503, phrase: "Service Unavailable")
    package static let gatewayTimeout = HTTPStatus(code: 504, phrase: "Gateway Timeout")
    package static let versionNotSupported = HTTPStatus(code: 505, phrase: "HTTP Version Not Supported")
    package static let insufficientStorage = HTTPStatus(code: 507, phrase: "Insufficient Storage")
}

/// Why a request is answered with an error, in the form that becomes `{"error": ...}`.
package struct HTTPFault: Error, Sendable {
    package var status: HTTPStatus
    package var message: String
    /// Header lines that belong to the refusal: `Allow`, `Retry-After`.
    package var fields: [(name: String, value: String)] = []
    /// Whether what follows on the connection can no longer be understood.
    var endsConnection = false
    /// What is left of the limit that was reached, where one was.
    var quota: QuotaState?
    /// Where the control plane refused: its own words.
    var control: ControlError?

    package init(
        _ status: HTTPStatus, _ message: String, fields: [(name: String, value: String)] = [],
        endsConnection: Bool = false
    ) {
        self.status = status
        self.message = message
        self.fields = fields
        self.endsConnection = endsConnection
    }

    /// For a request whose end cannot be told: the connection closes after the answer.
    static func malformed(_ message: String) -> HTTPFault { HTTPFault(.badRequest, message, endsConnection: true) }
}
