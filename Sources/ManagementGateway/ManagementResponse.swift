import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import ManagementAPI
import NIOCore

extension Response {
    /// `value` as JSON with sorted keys, so that the same state is the same text.
    static func json(_ value: some Encodable, status: HTTPStatus = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return json(bytes: Array(try encoder.encode(value)), status: status)
    }

    static func json(bytes: [UInt8], status: HTTPStatus = .ok) -> Response {
        Response(
            status: HTTPResponse.Status(code: status.code, reasonPhrase: status.phrase),
            headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func error(_ status: HTTPStatus, _ error: APIError) -> Response {
        // Strings and optionals only: encoding them cannot fail.
        (try? json(error, status: status)) ?? json(bytes: Array(#"{"error":"unknown"}"#.utf8), status: status)
    }

    /// With the revision as entity tag.
    func tagged(revision: Int) -> Response {
        var copy = self
        copy.headers[.eTag] = "\"\(revision)\""
        return copy
    }
}
