import Journal

/// The header of one file in a POSIX tar archive (ustar, IEEE Std 1003.1-1988; sizes from 8 GiB on in base 256, as GNU tar
/// writes them). There is exactly one way to write each: a reader makes the header that it expects and compares.
enum TarHeader {
    /// Of a header, and what contents are filled up to.
    static let block = 512
    /// The end of an archive: two blocks of zeros.
    static let end = [UInt8](repeating: 0, count: 2 * block)

    /// The header of a regular file. `nil` for a name of more than 100 bytes, which ours never have, or a negative size.
    static func bytes(name: String, size: Int) -> [UInt8]? {
        let name = Array(name.utf8)
        guard name.count <= 100, size >= 0 else { return nil }
        var header = [UInt8](repeating: 0, count: block)
        func put(_ text: some Collection<UInt8>, at offset: Int) {
            for (index, byte) in text.enumerated() { header[offset + index] = byte }
        }
        put(name, at: 0)
        // Owner, group and time say nothing: whoever restores is the owner.
        put("0000600\0".utf8, at: 100)
        put("0000000\0".utf8, at: 108)
        put("0000000\0".utf8, at: 116)
        put(sizeField(size), at: 124)
        put("00000000000\0".utf8, at: 136)
        put("        ".utf8, at: 148)
        put("0".utf8, at: 156)
        put("ustar\0".utf8, at: 257)
        put("00".utf8, at: 263)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6).utf8, at: 148)
        put("\0 ".utf8, at: 154)
        return header
    }

    /// Bytes of zeros behind contents of `size` bytes.
    static func padding(_ size: Int) -> Int { (block - size % block) % block }

    /// What a file takes in the archive; `nil` when that is no number.
    static func space(_ size: Int) -> Int? {
        let (sum, overflow) = size.addingReportingOverflow(block + padding(size))
        return overflow || size < 0 ? nil : sum
    }

    private static func sizeField(_ size: Int) -> [UInt8] {
        if size < 1 << 33 { return Array((octal(size, digits: 11) + "\0").utf8) }
        var field = [UInt8](repeating: 0, count: 12)
        field[0] = 0x80
        for index in 0..<8 { field[11 - index] = UInt8(truncatingIfNeeded: size >> (8 * index)) }
        return field
    }

    private static func octal(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
