import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import Identity
import InferenceProtocol
import Journal
import ManagementAPI
import NIOCore
import NIOFoundationCompat

/// What a management request says, as values: the names in its path, its headers, query and body, each refused with the
/// name of the field where it is not what was expected.
struct ManagementRequest {
    /// Bytes that a JSON body may have.
    let largestDocument: Int
    let match: RouteMatch
    let caller: Caller
    let request: Request

    init(_ request: Request, match: RouteMatch, caller: Caller, largestDocument: Int) {
        self.largestDocument = largestDocument
        self.request = request
        self.match = match
        self.caller = caller
    }

    var principal: Principal { caller.principal }
    var route: Route { match.route }
    var space: String { match.space }
    var name: String { match.name }

    /// The caller's key for this operation, or `nil`.
    var idempotencyKey: String? { HTTPField.Name("Idempotency-Key").flatMap { request.headers[$0] } }

    /// The revision that `If-Match` names; `*` and absence name none.
    func ifMatch() throws(ControlError) -> Int? {
        guard let text = request.headers[.ifMatch], text != "*" else { return nil }
        let bare = text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
        guard let revision = Int(bare) else {
            throw ControlError(
                .invalid, "If-Match must be a revision as ETag gave it, like \"3\"; got \(Name.excerpt(of: text))",
                field: "If-Match")
        }
        return revision
    }

    /// A number in the path: a version.
    func versionNumber() throws(ControlError) -> Int? {
        guard let text = match.version, text != "latest" else { return nil }
        guard let number = Int(text), number > 0 else {
            throw ControlError(
                .invalid, "a version is a number from 1 or 'latest', got '\(Name.excerpt(of: text))'",
                field: "version")
        }
        return number
    }

    /// `limit` and `after` of a list.
    func page() throws(ControlError) -> (limit: Int, after: String?) {
        let query = request.uri.queryParameters
        guard let text = query["limit"] else { return (PageLimit.standard, query["after"].map(String.init)) }
        guard let limit = Int(text), (1...PageLimit.maximum).contains(limit) else {
            throw ControlError(
                .invalid,
                "limit must be from 1 to \(PageLimit.maximum), got '\(Name.excerpt(of: String(text)))'", field: "limit")
        }
        return (limit, query["after"].map(String.init))
    }

    /// The body as a document of `type`, which it must fit. `schema` is its name in the OpenAPI document: what that does
    /// not know is refused.
    func document<Value: Decodable>(_ type: Value.Type, schema: String) async throws -> Value {
        guard let value = try await optionalDocument(type, schema: schema) else {
            throw ControlError(.invalid, "the body is empty: it must be a JSON document")
        }
        return value
    }

    /// The same, where a body may be left out.
    func optionalDocument<Value: Decodable>(_ type: Value.Type, schema: String? = nil) async throws -> Value? {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: largestDocument)
        } catch is NIOTooManyBytesError {
            throw ControlError(.tooLarge, "the body is larger than \(largestDocument) bytes")
        }
        guard buffer.readableBytes > 0 else { return nil }
        if let problem = JSONSyntax.problem(in: buffer) {
            throw ControlError(.invalid, "the body is not JSON: \(problem.message)")
        }
        let data = Data(buffer: buffer)
        if let schema, let document = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed) {
            try UnknownFields.refuse(in: document, schema: schema)
        }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw error.refusal
        }
    }
}

extension DecodingError {
    /// In words of the request: which field, what was expected, what came.
    var refusal: ControlError {
        switch self {
        case .keyNotFound(let key, let context):
            let path = Self.path(context.codingPath + [key])
            return ControlError(.invalid, "'\(path)' is missing", field: path)
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            let path = Self.path(context.codingPath)
            return ControlError(
                .invalid, "'\(path)' must be \(Self.name(of: type)): \(context.debugDescription)", field: path)
        case .dataCorrupted(let context):
            let path = Self.path(context.codingPath)
            // It is JSON, that was checked; and the decoder does not say which number it means.
            return ControlError(
                .invalid,
                "\(path.isEmpty ? "a number in the body" : "'\(path)'") does not fit where it stands: "
                    + "a whole number of at most 64 bits was expected, or a finite one",
                field: path.isEmpty ? nil : path)
        @unknown default:
            return ControlError(.invalid, "the body is not what was expected: \(self)")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += (path.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }

    private static func name(of type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Int.Type: "a whole number"
        case is Double.Type: "a number"
        case is Bool.Type: "true or false"
        default: "\(type)".hasPrefix("Array") ? "a list" : "an object"
        }
    }
}
