import Gateway
import HTTPTypes
import Hummingbird
import Journal
import ManagementAPI
import NIOCore
import Registry

extension ManagementInterface {
    func blobExists(_ call: ManagementRequest) async throws -> Response {
        let sha256 = call.match.other ?? ""
        guard let size = try await services.blobs.contains(sha256, space: call.space) else {
            throw ControlError(.notFound, "this space does not hold the file \(Name.excerpt(of: sha256))")
        }
        // Asked with HEAD: the length is the file's, as a GET of its bytes would say.
        return Response(status: .ok, headers: [.contentType: "application/octet-stream", .contentLength: String(size)])
    }

    /// Takes the body as it comes, a piece at a time: neither side needs memory for the whole.
    func upload(_ call: ManagementRequest) async throws -> Response {
        let sha256 = call.match.other ?? ""
        let size = try await receive(call, sha256: sha256, declaredSize: call.declaredLength)
        return try .json(BlobInfo(sha256: sha256, size: size))
    }

    private func receive(_ call: ManagementRequest, sha256: String, declaredSize: Int?) async throws -> Int {
        let upload = try await services.blobs.beginUpload(
            space: call.space, sha256: sha256, declaredSize: declaredSize, principal: call.principal)
        do {
            for try await piece in call.request.body {
                try await upload.append(Array(piece.readableBytesView))
            }
            return try await upload.finish()
        } catch {
            await upload.abandon()
            throw error
        }
    }
}

extension ManagementRequest {
    /// What the caller says the body's length is.
    var declaredLength: Int? { request.headers[.contentLength].flatMap { Int($0) } }
}
