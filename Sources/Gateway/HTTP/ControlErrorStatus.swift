package import Journal

/// The one table from what the control plane says to what HTTP says.
extension ControlError.Code {
    var status: HTTPStatus {
        switch self {
        case .invalid: .badRequest
        case .notFound: .notFound
        case .conflict: .conflict
        case .refused: .forbidden
        case .unauthenticated: .unauthorized
        case .digestMismatch, .notAModel, .checkFailed, .loadFailed: .unprocessable
        case .tooLarge: .contentTooLarge
        case .storageFull: .insufficientStorage
        case .unavailable: .unavailable
        case .internalFailure: .internalError
        }
    }
}

extension ControlError {
    /// A revision that is no longer current is what `If-Match` is for; other conflicts are about the thing itself.
    package var status: HTTPStatus { code == .conflict && field == "ifMatch" ? .preconditionFailed : code.status }

    /// The word that programs read: `digest_mismatch`.
    package var errorCode: String {
        code.rawValue.reduce(into: "") { word, character in
            if character.isUppercase { word += "_" }
            word += character.lowercased()
        }
    }
}

extension HTTPStatus {
    /// The phrase as the word that programs read: `not_found`.
    package var errorCode: String {
        // Where the control plane refuses for the same reason, its word.
        if self == .contentTooLarge { return ControlError(.tooLarge, "").errorCode }
        return String(phrase.lowercased().map { $0 == " " || $0 == "-" ? "_" : $0 })
    }
}
