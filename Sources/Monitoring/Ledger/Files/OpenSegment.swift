import Serving

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A segment that is being written. It only ever holds whole records: what could not be written whole is cut off again.
final class OpenSegment {
    let name: SegmentName
    let path: String
    /// Microseconds since 1970.
    let createdAt: Int
    private let file: Int32
    private let calls: FileCalls
    private(set) var size = 0
    private(set) var summary = SegmentSummary()

    /// Makes the file and writes its header.
    init(_ name: SegmentName, header: SegmentHeader, folder: String, calls: FileCalls) throws(FileFailure) {
        self.name = name
        self.calls = calls
        path = folder + "/" + name.text
        createdAt = header.createdAt
        try LedgerFolder.make(folder)
        file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw FileFailure("make '\(path)'") }
        let bytes = RecordBytes()
        header.write(into: bytes)
        do throws(FileFailure) {
            try append(bytes.bytes)
        } catch {
            unlink(path)
            throw error
        }
    }

    deinit { close(file) }

    /// Appends records whole, or leaves the file as it was.
    ///
    /// - Parameter added: what they are.
    func append(_ bytes: UnsafeRawBufferPointer, adding added: SegmentSummary = SegmentSummary()) throws(FileFailure) {
        do throws(FileFailure) {
            try calls.writeAll(bytes, to: file, path: path)
        } catch {
            // Making a file shorter needs no room.
            _ = ftruncate(file, off_t(size))
            throw error
        }
        size += bytes.count
        summary.rows += added.rows
        if let oldest = added.oldest { summary.oldest = min(summary.oldest ?? oldest, oldest) }
        if let newest = added.newest { summary.newest = max(summary.newest ?? newest, newest) }
    }

    /// Writes what it holds at its end. A segment without that is as good; to know what it holds takes reading it.
    func finish() {
        let bytes = RecordBytes(capacity: 256)
        summary.write(mark: name.mark, into: bytes)
        try? append(bytes.bytes)
    }

    /// Waits until it is on the disk.
    func sync() { fdatasync(file) }
}
