/// Why the control plane refused or failed, in words for people and one code for programs.
///
/// It knows nothing of HTTP; the one table that maps codes to statuses lives in Gateway.
package struct ControlError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The words that programs tell errors apart by.
    package enum Code: String, Sendable, Hashable, Codable, CaseIterable {
        /// The request itself is wrong; `field` says where.
        case invalid
        case notFound
        /// The request disagrees with what is there: a taken name, another revision than expected, a reused key.
        case conflict
        /// The request is understood and not allowed.
        case refused
        /// Nobody knows who asks: credentials are missing, or not valid.
        case unauthenticated
        /// Bytes are not what their SHA-256 says.
        case digestMismatch
        /// The files are no model that a runtime here can execute.
        case notAModel
        /// The trial load in the checker failed.
        case checkFailed
        /// The version could not be loaded for serving.
        case loadFailed
        case tooLarge
        /// No room left where the data folder is.
        case storageFull
        /// Something that is needed is not there just now; trying again may help.
        case unavailable
        case internalFailure
    }

    package let code: Code
    /// A sentence: what is wrong and where.
    package let message: String
    /// The field of the request that the error is about.
    package let field: String?
    /// What to do next.
    package let hint: String?

    package init(_ code: Code, _ message: String, field: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.field = field
        self.hint = hint
    }

    /// The error as it came, or an `internalFailure` around what nobody expected.
    package static func wrapping(_ error: any Error) -> ControlError {
        if let known = error as? ControlError { return known }
        return ControlError(.internalFailure, "Unexpected failure: \(error)")
    }

    /// The message, then the hint in parentheses.
    package var description: String {
        guard let hint else { return message }
        return "\(message) (\(hint))"
    }
}
