import Journal

/// The one table from what the control plane says to what HTTP says.
extension ControlError.Code {
    var status: HTTPStatus {
        switch self {
        case .invalid, .digestMismatch: .badRequest
        case .notFound: .notFound
        case .conflict: .conflict
        case .refused: .forbidden
        case .notAModel, .checkFailed, .loadFailed: .unprocessable
        case .tooLarge: .contentTooLarge
        case .storageFull: .insufficientStorage
        case .unavailable: .unavailable
        case .internalFailure: .internalError
        }
    }
}

extension HTTPStatus {
    /// The phrase as the word that programs read: `not_found`.
    var errorCode: String {
        String(phrase.lowercased().map { $0 == " " || $0 == "-" ? "_" : $0 })
    }
}
