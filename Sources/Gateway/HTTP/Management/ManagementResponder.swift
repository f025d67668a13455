import HTTPTypes
import Hummingbird
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
                to: call.request, match: call.match, caller: call.caller)
            call.answered(await Self.answer(response))
        }
    }

    private static func answer(_ response: Response) async -> Answer {
        var answer = Answer(
            HTTPStatus(code: response.status.code, phrase: response.status.reasonPhrase),
            contentType: response.headers[.contentType] ?? "")
        for field in response.headers where !isOurs(field.name) {
            answer.fields.append((field.name.rawName, field.value))
        }
        do {
            let collected = CollectingWriter()
            try await response.body.write(collected)
            answer.body = collected.buffer.take()
        } catch {
            return ErrorAnswer.make(HTTPFault(.internalError, "the answer could not be made"), isManagement: true)
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
