/// CRC-32C (Castagnoli), as iSCSI and ext4 use it: polynomial 0x1EDC6F41, bits reflected.
///
/// Source: RFC 3720, appendix B.4. Eight bytes at a time by tables ("slicing by 8").
package struct CRC32C: Sendable {
    package static let shared = CRC32C()

    /// Eight tables of 256; the first is the usual one.
    private nonisolated(unsafe) let tables: UnsafePointer<UInt32>

    private init() {
        let tables = UnsafeMutablePointer<UInt32>.allocate(capacity: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0x82f6_3b78 : value >> 1 }
            tables[byte] = value
        }
        for table in 1..<8 {
            for byte in 0..<256 {
                let before = tables[(table - 1) * 256 + byte]
                tables[table * 256 + byte] = (before >> 8) ^ tables[Int(before & 255)]
            }
        }
        self.tables = UnsafePointer(tables)
    }

    /// The checksum of `bytes`.
    ///
    /// - Parameter start: what came before: the checksum of earlier bytes, or any number to begin with in place of 0.
    package func checksum(_ bytes: UnsafeRawBufferPointer, from start: UInt32 = 0) -> UInt32 {
        var value = ~start
        var index = 0
        while bytes.count - index >= 8 {
            let word =
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ UInt64(value)
            value = 0
            for place in 0..<8 {
                value ^= tables[(7 - place) * 256 + Int(truncatingIfNeeded: (word >> UInt64(8 * place)) & 255)]
            }
            index += 8
        }
        while index < bytes.count {
            value = (value >> 8) ^ tables[Int((value ^ UInt32(bytes[index])) & 255)]
            index += 1
        }
        return ~value
    }
}
