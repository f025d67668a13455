package import NIOCore

/// Whether bytes are JSON at all: for documents that another decoder takes, which does not say where they are not.
package enum JSONSyntax {
    /// What is wrong and at which byte; `nil` for one JSON value with nothing after it.
    package static func problem(in body: ByteBuffer) -> ProtocolError? {
        body.withUnsafeReadableBytes { bytes -> ProtocolError? in
            guard var cursor = JSONCursor(bytes) else {
                return JSONProblem("expected a value, got an empty body", at: 0).protocolError
            }
            do throws(JSONProblem) {
                try cursor.skipValue()
                try cursor.expectEnd()
                return nil
            } catch {
                return error.protocolError
            }
        }
    }
}
