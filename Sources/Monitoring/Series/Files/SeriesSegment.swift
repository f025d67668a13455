import Journal
import Serving

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One file of a level: a header, then frames one behind the other.
struct SeriesSegment: Sendable, Hashable {
    /// Files of one level are numbered from 1.
    let number: Int
    let path: String
    /// Bytes that are whole: what comes behind them was cut off while it was written.
    var size: Int
    /// When the first and the last of its frames begin, by the clock of then; `nil` until somebody wanted to know.
    var times: ClosedRange<Int>?

    /// `seconds-0000000001.seg`; `nil` for any other name.
    static func number(of name: String, _ level: SeriesLevel) -> Int? {
        let (prefix, suffix) = (level.word + "-", ".seg")
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
        let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
        guard digits.count == 10, digits.allSatisfy(\.isASCII), let number = Int(digits), number > 0 else { return nil }
        return number
    }

    static func name(_ number: Int, _ level: SeriesLevel) -> String {
        let digits = String(number)
        return level.word + "-" + String(repeating: "0", count: max(0, 10 - digits.count)) + digits + ".seg"
    }
}

/// The first bytes of a segment.
enum SeriesHeader {
    /// The last byte is the version of the format.
    static let magic: [UInt8] = Array("SLWSERS".utf8) + [1]
    static let bytes = 16

    static func write(_ level: SeriesLevel, into bytes: RecordBytes) {
        let start = bytes.count
        magic.withUnsafeBytes { bytes.write($0) }
        bytes.write(UInt32(level.unit))
        let covered = UnsafeRawBufferPointer(rebasing: bytes.bytes[start...])
        bytes.write(CRC32C.shared.checksum(covered))
    }

    static func isOf(_ level: SeriesLevel, _ front: UnsafeRawBufferPointer) -> Bool {
        let expected = RecordBytes(capacity: bytes)
        write(level, into: expected)
        return front.count >= bytes && front.prefix(bytes).elementsEqual(expected.bytes)
    }
}

/// Reads the whole frames of a segment, from its front to where it ends or is damaged.
enum SeriesReading {
    /// - Parameters:
    ///   - limit: bytes that may be looked at.
    ///   - body: what to do with each payload.
    /// - Returns: the bytes that are whole; 0 where not even the header is.
    static func payloads(
        of path: String, _ level: SeriesLevel, limit: Int = .max,
        _ body: (UnsafeRawBufferPointer) throws(MalformedRecord) -> Void
    ) throws(FileFailure) -> Int {
        let bytes = try contents(of: path, limit: min(limit, level.segmentBytes + SeriesFrameBytes.longest * 2))
        return bytes.withUnsafeBytes { bytes in
            guard SeriesHeader.isOf(level, bytes) else { return 0 }
            var offset = SeriesHeader.bytes
            while let payload = SeriesFrameBytes.payload(at: offset, of: bytes) {
                do throws(MalformedRecord) {
                    try body(payload)
                } catch {
                    break
                }
                offset += SeriesFrameBytes.prefix + payload.count
            }
            return offset
        }
    }

    /// The times of the first and last frames, by their own words.
    static func times(
        of path: String, _ level: SeriesLevel, limit: Int
    ) throws(FileFailure) -> (times: ClosedRange<Int>?, upTo: UInt64, size: Int) {
        var times: ClosedRange<Int>?
        var upTo: UInt64 = 0
        let size = try payloads(of: path, level, limit: limit) { (payload) throws(MalformedRecord) in
            let frame = try SeriesFrameBytes.time(payload)
            times =
                min(times?.lowerBound ?? frame.start, frame.start)...max(times?.upperBound ?? frame.start, frame.start)
            upTo = max(upTo, frame.upTo)
        }
        return (times, upTo, size)
    }

    private static func contents(of path: String, limit: Int) throws(FileFailure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw FileFailure("open '\(path)'") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw FileFailure("look at '\(path)'") }
        let wanted = min(limit, Int(status.st_size))
        var failure: FileFailure?
        let bytes = [UInt8](unsafeUninitializedCapacity: max(0, wanted)) { buffer, count in
            while count < wanted {
                let more = read(file, buffer.baseAddress.map { $0 + count }, wanted - count)
                if more < 0, errno == EINTR { continue }
                if more < 0 { failure = FileFailure("read '\(path)'") }
                guard more > 0 else { return }
                count += more
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
