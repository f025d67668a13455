/// Why a prediction that was asked for was not answered, in one word. The numbers are those of the ledger's files and
/// never change.
package enum PredictionFault: UInt8, Sendable, Hashable, CaseIterable {
    /// The request could not be read, or does not fit the model's signature.
    case invalidRequest = 1
    /// The body is larger than the endpoint takes.
    case tooLarge = 2
    /// A limit of the caller's key.
    case quota = 3
    /// The model refused the inputs.
    case invalidInput = 4
    /// The model or its runtime failed.
    case failed = 5
    case deadlineExceeded = 6
    /// Too many predictions were waiting.
    case overloaded = 7
    /// The process that ran it was gone, gave it no memory, or was not there.
    case unavailable = 8
    /// The model could not be loaded.
    case notReady = 9
    /// The model was taken out of memory.
    case unloaded = 10
    /// The caller went away.
    case cancelled = 11
    /// The model's answer could not be put into the caller's protocol.
    case notEncodable = 12

    /// As exports and queries write it.
    package var word: String {
        switch self {
        case .invalidRequest: "invalid_request"
        case .tooLarge: "too_large"
        case .quota: "quota"
        case .invalidInput: "invalid_input"
        case .failed: "failed"
        case .deadlineExceeded: "deadline_exceeded"
        case .overloaded: "overloaded"
        case .unavailable: "unavailable"
        case .notReady: "not_ready"
        case .unloaded: "unloaded"
        case .cancelled: "cancelled"
        case .notEncodable: "not_encodable"
        }
    }

    /// Whether the caller could have helped it: the request was wrong, too large or too much, or they went away. What is
    /// left is an error of the model's or the server's.
    package var isCallers: Bool {
        switch self {
        case .invalidRequest, .tooLarge, .quota, .invalidInput, .cancelled: true
        case .failed, .deadlineExceeded, .overloaded, .unavailable, .notReady, .unloaded, .notEncodable: false
        }
    }

    package init(_ error: PredictionError) {
        switch error {
        case .notReady: self = .notReady
        case .unloaded: self = .unloaded
        case .invalidInput: self = .invalidInput
        case .failed: self = .failed
        case .deadlineExceeded: self = .deadlineExceeded
        case .overloaded: self = .overloaded
        case .unavailable, .lost, .outOfMemory: self = .unavailable
        case .cancelled: self = .cancelled
        }
    }
}
