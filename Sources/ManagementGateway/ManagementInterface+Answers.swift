package import Gateway
import HTTPTypes
import Hummingbird
import Journal
import NIOCore

/// Between the HTTP port's requests and answers and those that the handlers take and give.
extension ManagementInterface: ManagementAnswerer {
    package func answer(_ request: ForwardedRequest) async -> Answer {
        guard let head = HTTPRequest(request.head) else {
            // No route is there for such a method, so that none gets here.
            return ErrorAnswer.make(HTTPFault(.internalError, "the request could not be read"), in: .management)
        }
        let response = await respond(
            to: Request(head: head, body: RequestBody(asyncSequence: request.body)), match: request.match,
            caller: request.caller)
        return await Self.answer(response)
    }

    /// Bodies of more bytes are sent as they are made.
    private static let largestCollected = 1 << 20

    private static func answer(_ response: Response) async -> Answer {
        var answer = Answer(
            HTTPStatus(code: response.status.code, phrase: response.status.reasonPhrase),
            contentType: response.headers[.contentType] ?? "")
        for field in response.headers where !isOurs(field.name) {
            answer.fields.append((field.name.rawName, field.value))
        }
        let length = response.body.contentLength
        if length.map({ $0 > largestCollected }) ?? true {
            answer.poured = PouredBody(length: length) { try await response.body.write(PouringWriter(send: $0)) }
            return answer
        }
        do {
            let collected = CollectingWriter()
            try await response.body.write(collected)
            answer.body = collected.buffer.take()
        } catch let error as ControlError {
            return await Self.answer(refusal(error))
        } catch {
            return ErrorAnswer.make(HTTPFault(.internalError, "the answer could not be made"), in: .management)
        }
        answer.declaredLength = response.headers[.contentLength].flatMap { Int($0) }
        return answer
    }

    /// What the connection writes itself.
    private static func isOurs(_ name: HTTPField.Name) -> Bool {
        name == .contentType || name == .contentLength || name == .connection || name == .transferEncoding
            || name == .date
    }
}

extension HTTPRequest {
    /// `nil` for a method that HTTP cannot have.
    fileprivate init?(_ head: ForwardedHead) {
        guard let method = Method(head.method.rawValue) else { return nil }
        var fields = HTTPFields()
        fields.reserveCapacity(head.fields.count)
        for (name, value) in head.fields {
            guard let name = HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        self.init(method: method, scheme: nil, authority: nil, path: head.target, headerFields: fields)
    }
}
