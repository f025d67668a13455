import HTTPTypes
import Hummingbird
import Journal
import NIOCore

/// Runs management requests, each in a task of its own, and turns their responses into answers.
struct ManagementResponder: Sendable {
    private let interface: ManagementInterface

    init(_ interface: ManagementInterface) {
        self.interface = interface
    }

    func start(_ call: ManagementCall) {
        Task {
            let response = await interface.respond(
                to: call.request, match: call.match, principal: call.principal)
            if let length = response.body.contentLength, length > Self.largestCollected {
                await Self.pour(response, length: length, call)
            } else {
                call.answered(await Self.answer(response))
            }
        }
    }

    /// Bodies of more bytes are sent as they are made.
    private static let largestCollected = 1 << 20

    private static func pour(_ response: Response, length: Int, _ call: ManagementCall) async {
        guard await call.pour(head: head(of: response), length: length) else { return }
        do {
            let writer = PouringWriter(call: call)
            try await response.body.write(writer)
            guard writer.count.sum == length else { return call.pourFailed("its body was too short") }
        } catch {
            call.pourFailed("\(error)")
        }
    }

    private static func answer(_ response: Response) async -> Answer {
        var answer = head(of: response)
        do {
            let collected = CollectingWriter()
            try await response.body.write(collected)
            answer.body = collected.buffer.take()
        } catch let error as ControlError {
            return await Self.answer(ManagementInterface.refusal(error))
        } catch {
            return ErrorAnswer.make(HTTPFault(.internalError, "the answer could not be made"), isManagement: true)
        }
        answer.declaredLength = response.headers[.contentLength].flatMap { Int($0) }
        return answer
    }

    private static func head(of response: Response) -> Answer {
        var answer = Answer(
            HTTPStatus(code: response.status.code, phrase: response.status.reasonPhrase),
            contentType: response.headers[.contentType] ?? "")
        for field in response.headers where !isOurs(field.name) {
            answer.fields.append((field.name.rawName, field.value))
        }
        return answer
    }

    /// What the connection writes itself.
    private static func isOurs(_ name: HTTPField.Name) -> Bool {
        name == .contentType || name == .contentLength || name == .connection || name == .transferEncoding
            || name == .date
    }
}
