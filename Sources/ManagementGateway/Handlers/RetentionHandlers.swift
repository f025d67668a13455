import Gateway
import HTTPTypes
import Hummingbird
import Journal
import ManagementAPI
import NIOCore
import Registry

extension ManagementInterface {
    func deleteVersion(_ call: ManagementRequest) async throws -> Response {
        guard let number = try call.versionNumber() else {
            throw ControlError(
                .invalid, "a version to delete is named by its number, not by 'latest'", field: "version",
                hint: "another push may come between looking and deleting")
        }
        let deletion = try await services.registry.delete(
            call.name, number: number, space: call.space, principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(
            VersionDeletionInfo(
                model: deletion.model, version: deletion.number, digest: deletion.digest, space: deletion.space,
                isGone: deletion.isGone))
    }

    func collect(_ call: ManagementRequest) async throws -> Response {
        try .json(try await services.storage.collect(by: call.principal))
    }

    /// Everything as it is now, as one archive that is made while it is sent.
    func backup() async throws -> Response {
        let backup = try await services.storage.backup()
        let body = ResponseBody(contentLength: backup.size) { writer in
            while let piece = try await backup.next() { try await writer.write(ByteBuffer(bytes: piece)) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-tar"], body: body)
    }
}
