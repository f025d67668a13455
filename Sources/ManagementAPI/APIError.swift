/// The body of every refusal. `error` alone is what Open Inference Protocol clients read.
public struct APIError: Codable, Sendable, Hashable, Error {
    /// A sentence for people: what is wrong and where.
    public var error: String
    /// A stable word for programs, for example `not_found` or `digest_mismatch`.
    public var code: String
    /// The field of the request that the refusal is about.
    public var field: String?
    /// What to do next.
    public var hint: String?

    public init(error: String, code: String, field: String? = nil, hint: String? = nil) {
        self.error = error
        self.code = code
        self.field = field
        self.hint = hint
    }
}
