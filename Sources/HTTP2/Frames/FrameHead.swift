import NIOCore

/// The nine bytes before each frame's payload (RFC 9113 section 4.1).
struct FrameHead {
    static let length = 9

    /// Bytes of the payload.
    var length: Int
    var kind: UInt8
    var flags: UInt8
    var stream: UInt32

    /// Reads the head at the front of `buffer` and leaves it there; `nil` when it has not all come.
    init?(_ buffer: ByteBuffer) {
        let start = buffer.readerIndex
        guard let front = buffer.getInteger(at: start, as: UInt64.self),
            let last = buffer.getInteger(at: start + 8, as: UInt8.self)
        else { return nil }
        length = Int(front >> 40)
        kind = UInt8(truncatingIfNeeded: front >> 32)
        flags = UInt8(truncatingIfNeeded: front >> 24)
        stream = (UInt32(truncatingIfNeeded: front) << 8 | UInt32(last)) & 0x7fff_ffff
    }

    func has(_ flag: UInt8) -> Bool { flags & flag != 0 }
}

/// The numbers of RFC 9113 section 6.
enum FrameKind {
    static let data: UInt8 = 0
    static let headers: UInt8 = 1
    static let priority: UInt8 = 2
    static let reset: UInt8 = 3
    static let settings: UInt8 = 4
    static let pushPromise: UInt8 = 5
    static let ping: UInt8 = 6
    static let goAway: UInt8 = 7
    static let windowUpdate: UInt8 = 8
    static let continuation: UInt8 = 9
}

enum FrameFlag {
    /// Of DATA and HEADERS: the sender's half of the stream ends.
    static let endStream: UInt8 = 1
    /// Of SETTINGS and PING.
    static let acknowledge: UInt8 = 1
    static let endHeaders: UInt8 = 4
    static let padded: UInt8 = 8
    static let priority: UInt8 = 32
}
