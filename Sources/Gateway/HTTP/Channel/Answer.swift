import Identity
package import NIOCore
import Serving

/// A whole answer: what routes that answer from memory, refusals and management give the connection to send.
package struct Answer: Sendable {
    package var status: HTTPStatus
    package var contentType: String
    package var fields: [(name: String, value: String)]
    package var body: ByteBuffer
    /// What `Content-Length` says in place of the body's own length; only for answers to `HEAD`.
    package var declaredLength: Int?
    /// What is sent in place of `body`, while it is made.
    package var poured: PouredBody?

    package init(
        _ status: HTTPStatus, contentType: String = "application/json",
        fields: [(name: String, value: String)] = [], body: ByteBuffer = ByteBuffer()
    ) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        self.body = body
    }

    package init(_ status: HTTPStatus = .ok, json: JSONValue, fields: [(name: String, value: String)] = []) {
        self.init(status, fields: fields, body: ByteBuffer(string: json.text))
    }
}

/// A body that is made while it is sent, so that it need not fit into memory.
package struct PouredBody: Sendable {
    package typealias Send = @Sendable (ByteBuffer) async throws -> Void

    /// In bytes; `nil` where that is not known before its end: it is then sent in chunks.
    package let length: Int?
    /// Sends all of it, piece by piece; `send` returns when there is room for more and throws when the caller has left.
    /// Not called where nobody wants the body.
    package let write: @Sendable (_ send: @escaping Send) async throws -> Void

    package init(length: Int?, write: @escaping @Sendable (_ send: @escaping Send) async throws -> Void) {
        self.length = length
        self.write = write
    }
}

/// What of a request decides the form of its answer.
struct AnswerForm: Sendable {
    var predictionID: PredictionID
    var isHTTP10 = false
    var keepAlive = false
    /// An answer to `HEAD` has the headers and no body.
    var isHead = false
    /// What is left of the caller's limits; `nil` where there are none.
    var quota: QuotaState?
    /// Whether an error is told in the form of MLflow's servers.
    var isScoring = false
    /// The variant that answers; `nil` where no rollout is open.
    var variant: String?
}

/// Writes answers as bytes. Headers that never change are constants; the length is written last, into the place left
/// for it, because it is known last.
struct AnswerWriter {
    /// Digits left for the length; when it turns out to have another number of them, the body moves.
    private static let lengthDigits = 3

    private var lengthPosition = 0
    private var bodyStart = 0

    /// Writes the status line and all headers; the body comes right after.
    mutating func begin(
        _ status: HTTPStatus, contentType: String, fields: [(name: String, value: String)], form: AnswerForm,
        loop: LoopContext, into buffer: inout ByteBuffer
    ) {
        Self.writeFields(status, contentType: contentType, fields: fields, into: &buffer)
        endHead(after: "", form: form, isShort: false, loop: loop, into: &buffer)
    }

    /// The whole head of an answer whose length is not known yet. In HTTP/1.0, which has no chunks, the connection's end is
    /// the body's.
    mutating func beginUnmeasured(
        _ status: HTTPStatus, contentType: String, fields: [(name: String, value: String)], form: AnswerForm,
        loop: LoopContext, into buffer: inout ByteBuffer
    ) {
        Self.writeFields(status, contentType: contentType, fields: fields, into: &buffer)
        endHead(
            after: "", form: form, isShort: false,
            ending: form.isHTTP10 ? "\r\n" : "transfer-encoding: chunked\r\n\r\n",
            loop: loop, into: &buffer)
    }

    private static func writeFields(
        _ status: HTTPStatus, contentType: String, fields: [(name: String, value: String)],
        into buffer: inout ByteBuffer
    ) {
        writeStatus(status, into: &buffer)
        if !contentType.isEmpty {
            buffer.writeStaticString("content-type: ")
            buffer.writeString(contentType)
            buffer.writeStaticString("\r\n")
        }
        for (name, value) in fields {
            buffer.writeString(name)
            buffer.writeStaticString(": ")
            buffer.writeString(value)
            buffer.writeStaticString("\r\n")
        }
    }

    /// The same for a prediction's answer in JSON: the shortest way.
    mutating func beginJSON(form: AnswerForm, loop: LoopContext, into buffer: inout ByteBuffer) {
        endHead(
            after: "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n", form: form, isShort: true, loop: loop,
            into: &buffer)
    }

    /// The headers that every answer has, in one piece.
    private mutating func endHead(
        after start: StaticString, form: AnswerForm, isShort: Bool,
        ending: StaticString = "content-length: 000\r\n\r\n", loop: LoopContext, into buffer: inout ByteBuffer
    ) {
        let room = HeadText.room + (form.variant?.utf8.count ?? 0)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { bytes in
            var text = HeadText(bytes)
            text.write(start)
            text.write("slipway-prediction-id: ")
            text.write(form.predictionID)
            text.write(loop.dateLine())
            if let quota = form.quota { RateLimitFields.write(quota, isShort: isShort, into: &text) }
            if let variant = form.variant {
                text.write("slipway-variant: ")
                text.write(variant)
                text.write("\r\n")
            }
            if !form.keepAlive {
                text.write("connection: close\r\n")
            } else if form.isHTTP10 {
                text.write("connection: keep-alive\r\n")
            }
            text.write(ending)
            return text.count
        }
        bodyStart = buffer.writerIndex
        lengthPosition = bodyStart - Self.lengthDigits - 4
    }

    /// Sets the length of what was written since `begin`.
    func end(_ buffer: inout ByteBuffer) {
        let length = buffer.writerIndex - bodyStart
        Self.setLength(length, at: lengthPosition, bodyStart: bodyStart, in: &buffer)
    }

    /// Sets the length of a body that is sent apart, or not at all.
    func end(_ buffer: inout ByteBuffer, length: Int) {
        Self.setLength(length, at: lengthPosition, bodyStart: bodyStart, in: &buffer)
    }

    private static func setLength(_ length: Int, at position: Int, bodyStart: Int, in buffer: inout ByteBuffer) {
        if length >= 100, length <= 999 {
            buffer.setInteger(UInt8(ascii: "0") + UInt8(length / 100), at: position)
            buffer.setInteger(UInt8(ascii: "0") + UInt8(length / 10 % 10), at: position + 1)
            buffer.setInteger(UInt8(ascii: "0") + UInt8(length % 10), at: position + 2)
            return
        }
        let digits = Array(String(length).utf8)
        let tail = position + lengthDigits
        let count = buffer.writerIndex - tail
        let shift = digits.count - lengthDigits
        if shift > 0 { buffer.writeRepeatingByte(0, count: shift) }
        // The four bytes between the digits and the body move along.
        _ = try? buffer.copyBytes(at: tail, to: tail + shift, length: count)
        if shift < 0 { buffer.moveWriterIndex(to: buffer.writerIndex + shift) }
        buffer.setBytes(digits, at: position)
    }

    static func writeStatus(_ status: HTTPStatus, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(status.code))
        buffer.writeStaticString(" ")
        buffer.writeString(status.phrase)
        buffer.writeStaticString("\r\n")
    }
}
