import Identity
import Journal

/// The status codes that we send, with their phrases: the only list of them.
struct HTTPStatus: Sendable, Hashable {
    let code: Int
    let phrase: String

    static let ok = HTTPStatus(code: 200, phrase: "OK")
    static let created = HTTPStatus(code: 201, phrase: "Created")
    static let badRequest = HTTPStatus(code: 400, phrase: "Bad Request")
    static let unauthorized = HTTPStatus(code: 401, phrase: "Unauthorized")
    static let forbidden = HTTPStatus(code: 403, phrase: "Forbidden")
    static let notFound = HTTPStatus(code: 404, phrase: "Not Found")
    static let methodNotAllowed = HTTPStatus(code: 405, phrase: "Method Not Allowed")
    static let requestTimeout = HTTPStatus(code: 408, phrase: "Request Timeout")
    static let conflict = HTTPStatus(code: 409, phrase: "Conflict")
    static let lengthRequired = HTTPStatus(code: 411, phrase: "Length Required")
    static let preconditionFailed = HTTPStatus(code: 412, phrase: "Precondition Failed")
    static let contentTooLarge = HTTPStatus(code: 413, phrase: "Content Too Large")
    static let targetTooLong = HTTPStatus(code: 414, phrase: "URI Too Long")
    static let unsupportedMediaType = HTTPStatus(code: 415, phrase: "Unsupported Media Type")
    static let expectationFailed = HTTPStatus(code: 417, phrase: "Expectation Failed")
    static let unprocessable = HTTPStatus(code: 422, phrase: "Unprocessable Content")
    static let tooManyRequests = HTTPStatus(code: 429, phrase: "Too Many Requests")
    static let headersTooLarge = HTTPStatus(code: 431, phrase: "Request Header Fields Too Large")
    static let internalError = HTTPStatus(code: 500, phrase: "Internal Server Error")
    static let notImplemented = HTTPStatus(code: 501, phrase: "Not Implemented")
    static let unavailable = HTTPStatus(code: 503, phrase: "Service Unavailable")
    static let gatewayTimeout = HTTPStatus(code: 504, phrase: "Gateway Timeout")
    static let versionNotSupported = HTTPStatus(code: 505, phrase: "HTTP Version Not Supported")
    static let insufficientStorage = HTTPStatus(code: 507, phrase: "Insufficient Storage")
}

/// Why a request is answered with an error, in the form that becomes `{"error": ...}`.
struct HTTPFault: Error, Sendable {
    var status: HTTPStatus
    var message: String
    /// Header lines that belong to the refusal: `Allow`, `Retry-After`.
    var fields: [(name: String, value: String)] = []
    /// Whether what follows on the connection can no longer be understood.
    var endsConnection = false
    /// What is left of the limit that was reached, where one was.
    var quota: QuotaState?
    /// Where the control plane refused: its own words.
    var control: ControlError?

    init(
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
