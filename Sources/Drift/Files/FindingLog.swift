import Serving

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the windows of one version said, one record after the other: length and CRC-32C, then the finding. A record that is
/// cut off or damaged ends the log, and the next one takes its place. When there are twice as many as are kept, the older
/// half goes.
struct FindingLog: Sendable {
    /// Findings that are kept at least.
    static let kept = 200
    private static let longest = 1 << 20
    private static let prefix = 8

    let path: String
    let calls: RecordFileCalls

    var last: WindowFinding? { newest(1).last }

    /// The last `count` findings, oldest first.
    func newest(_ count: Int) -> [WindowFinding] {
        guard let bytes = CheckedFile.bytes(at: path) else { return [] }
        return bytes.withUnsafeBytes { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            var findings: [WindowFinding] = []
            for range in Self.records(in: bytes).suffix(count) {
                var cursor = RecordCursor(UnsafeRawBufferPointer(rebasing: bytes[range]))
                if let finding = try? WindowFinding(&cursor) { findings.append(finding) }
            }
            return findings
        }
    }

    /// Where the payloads are.
    private static func records(in bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        var (ranges, offset) = ([Range<Int>](), 0)
        while bytes.count - offset >= prefix {
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
            guard length <= longest, bytes.count - offset - prefix >= length else { break }
            let range = (offset + prefix)..<(offset + prefix + length)
            guard CRC32C.shared.checksum(UnsafeRawBufferPointer(rebasing: bytes[range])) == sum else { break }
            ranges.append(range)
            offset = range.upperBound
        }
        return ranges
    }

    /// Puts one behind the others, over whatever is damaged.
    func append(_ finding: WindowFinding, using record: RecordBytes) throws(FileFailure) {
        record.cut(to: 0)
        record.write(UInt32(0))
        record.write(UInt32(0))
        finding.write(into: record)
        let payload = UnsafeRawBufferPointer(rebasing: record.bytes[Self.prefix...])
        record.set(UInt32(truncatingIfNeeded: payload.count), at: 0)
        record.set(CRC32C.shared.checksum(payload), at: 4)
        let before = CheckedFile.bytes(at: path) ?? []
        let ranges = before.withUnsafeBytes { Self.records(in: UnsafeRawBufferPointer($0)) }
        guard ranges.count < 2 * Self.kept else { return try rewrite(before, ranges, record) }
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileFailure("open '\(path)'") }
        defer { close(file) }
        let end = ranges.last?.upperBound ?? 0
        guard ftruncate(file, off_t(end)) == 0, lseek(file, off_t(end), SEEK_SET) >= 0 else {
            throw FileFailure("cut '\(path)'")
        }
        try calls.writeAll(record.bytes, to: file, path: path)
    }

    private func rewrite(_ before: [UInt8], _ ranges: [Range<Int>], _ record: RecordBytes) throws(FileFailure) {
        let first = ranges.suffix(Self.kept - 1).first.map { $0.lowerBound - Self.prefix } ?? 0
        let end = ranges.last?.upperBound ?? 0
        let all = Array(before[first..<end]) + Array(record.bytes)
        var result: Result<Void, FileFailure> = .success(())
        all.withUnsafeBytes { bytes in
            do throws(FileFailure) {
                try CheckedFile.put(UnsafeRawBufferPointer(bytes), at: path, previous: nil, calls: calls)
            } catch { result = .failure(error) }
        }
        try result.get()
    }
}
