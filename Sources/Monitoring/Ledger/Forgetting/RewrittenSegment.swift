import Serving

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that is to take a segment's place, written beside it; nobody takes it for a segment before that.
final class RewrittenSegment {
    let temporary: String
    private let file: Int32
    private let mark: UInt32
    private let calls: FileCalls
    private let pending = RecordBytes()
    private(set) var size = 0
    private(set) var summary = SegmentSummary()

    init(_ name: SegmentName, header: SegmentHeader, folder: String, calls: FileCalls) throws(FileFailure) {
        temporary = folder + "/" + name.text + SegmentName.newSuffix
        mark = name.mark
        self.calls = calls
        unlink(temporary)
        file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw FileFailure("make '\(temporary)'") }
        header.write(into: pending)
    }

    deinit { close(file) }

    func append(_ payload: UnsafeRawBufferPointer, time: Int) throws(FileFailure) {
        let start = RecordFrame.begin(mark, in: pending)
        pending.write(payload)
        RecordFrame.end(start, mark: mark, in: pending)
        summary.add(time: time)
        if pending.count >= 256 << 10 { try write() }
    }

    private func write() throws(FileFailure) {
        try calls.writeAll(pending.bytes, to: file, path: temporary)
        size += pending.count
        pending.cut(to: 0)
    }

    /// Has all of it on the disk.
    ///
    /// - Parameter modifiedAt: seconds since 1970, of which its age is counted.
    func finish(modifiedAt: Int) throws(FileFailure) {
        summary.write(mark: mark, into: pending)
        try write()
        let moment = timespec(tv_sec: modifiedAt, tv_nsec: 0)
        guard futimens(file, [moment, moment]) == 0 else { throw FileFailure("date '\(temporary)'") }
        guard fsync(file) == 0 else { throw FileFailure("sync '\(temporary)'") }
    }

    func abandon() { unlink(temporary) }
}
