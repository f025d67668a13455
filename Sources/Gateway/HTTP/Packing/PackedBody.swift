package import NIOCore

/// How a prediction's body may be packed on its way: what `Content-Encoding` says, or `grpc-encoding`.
package enum PackedBody: Sendable {
    /// RFC 1952.
    case gzip
    /// RFC 1950: what HTTP calls `deflate`.
    case zlib

    package init?(_ coding: UnsafeRawBufferPointer) {
        if HTTPSyntax.equal(coding, "gzip") || HTTPSyntax.equal(coding, "x-gzip") {
            self = .gzip
        } else if HTTPSyntax.equal(coding, "deflate") {
            self = .zlib
        } else {
            return nil
        }
    }

    /// - Parameter limit: bytes that the body may have when it is unpacked.
    package func unpack(_ body: ByteBuffer, limit: Int) throws(PackedBodyError) -> ByteBuffer {
        let result: Result<[UInt8], PackedBodyError> = body.withUnsafeReadableBytes { bytes in
            do throws(PackedBodyError) {
                switch self {
                case .gzip: return .success(try Self.gzip(bytes, limit: limit))
                case .zlib: return .success(try Self.zlib(bytes, limit: limit))
                }
            } catch {
                return .failure(error)
            }
        }
        return ByteBuffer(bytes: try result.get())
    }

    private static func gzip(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(PackedBodyError) -> [UInt8] {
        guard bytes.count >= 10 else { throw .truncated }
        guard bytes[0] == 0x1f, bytes[1] == 0x8b, bytes[2] == 8 else { throw .malformed("is not gzip") }
        let flags = bytes[3]
        var position = 10
        if flags & 4 != 0 {
            guard bytes.count >= position + 2 else { throw .truncated }
            position += 2 + Int(bytes[position]) + Int(bytes[position + 1]) << 8
        }
        // A file name and a comment, each ended by a zero.
        for flag in [UInt8(8), 16] where flags & flag != 0 {
            while position < bytes.count, bytes[position] != 0 { position += 1 }
            position += 1
        }
        if flags & 2 != 0 { position += 2 }
        guard position <= bytes.count else { throw .truncated }
        let (output, end) = try Inflate.unpack(bytes, from: position, limit: limit)
        guard bytes.count >= end + 8 else { throw .truncated }
        guard bytes.count == end + 8 else { throw .malformed("has bytes behind its end") }
        let sum = bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self)
        let size = bytes.loadUnaligned(fromByteOffset: end + 4, as: UInt32.self)
        guard UInt32(littleEndian: sum) == Checksum.crc32(output),
            UInt32(littleEndian: size) == UInt32(truncatingIfNeeded: output.count)
        else { throw .malformed("does not have the checksum that it says") }
        return output
    }

    private static func zlib(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(PackedBodyError) -> [UInt8] {
        guard bytes.count >= 2 else { throw .truncated }
        guard bytes[0] & 15 == 8, (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0, bytes[1] & 32 == 0 else {
            throw .malformed("is not in the zlib form that 'deflate' means")
        }
        let (output, end) = try Inflate.unpack(bytes, from: 2, limit: limit)
        guard bytes.count >= end + 4 else { throw .truncated }
        guard bytes.count == end + 4 else { throw .malformed("has bytes behind its end") }
        let sum = bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self)
        guard UInt32(bigEndian: sum) == Checksum.adler32(output) else {
            throw .malformed("does not have the checksum that it says")
        }
        return output
    }
}

enum Checksum {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
    }

    /// RFC 1952 section 8.
    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    }

    /// RFC 1950 section 9.
    static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var low: UInt32 = 1
        var high: UInt32 = 0
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }
}

extension HTTPFault {
    init(_ error: PackedBodyError, limit: Int) {
        switch error {
        case .truncated: self.init(.badRequest, "the packed body ends too early")
        case .malformed(let what): self.init(.badRequest, "the packed body \(what)")
        case .tooLarge:
            self.init(.contentTooLarge, "the body unpacks to more than the \(limit) bytes that are taken here")
        }
    }
}
