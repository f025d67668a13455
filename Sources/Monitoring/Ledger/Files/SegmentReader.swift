import Serving

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads the records of one segment in order, in memory for the largest of them, whatever has become of the file: what is
/// cut off or damaged is skipped, and counted. For one thread at a time.
///
/// Behind a damaged record the next one is found by the length that the damaged one states, or else by looking for the
/// segment's mark.
final class SegmentReader {
    private static let least = 256 << 10

    private let file: Int32
    private let path: String
    private let size: Int
    private let mark: UInt32
    private var window: UnsafeMutableRawPointer
    private var capacity = least
    /// Where in the file the window lies, and how much of it is filled.
    private var windowStart = 0
    private var windowCount = 0
    private var position = 0
    /// `nil` where it is cut off or damaged.
    let header: SegmentHeader?
    /// Places where bytes are not what was written.
    private(set) var damaged = 0
    /// Whether the file ends within a record: what was being written when the server was killed.
    private(set) var isCut = false

    /// - Parameter limit: bytes of the file to read; more may be written meanwhile.
    init(path: String, name: SegmentName, limit: Int? = nil) throws(FileFailure) {
        self.path = path
        mark = name.mark
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw FileFailure("open '\(path)'") }
        var status = stat()
        guard fstat(file, &status) == 0 else {
            let failure = FileFailure("look at '\(path)'")
            close(file)
            throw failure
        }
        self.file = file
        let size = min(limit ?? .max, Int(status.st_size))
        self.size = size
        window = .allocate(byteCount: capacity, alignment: 16)
        var front = [UInt8](repeating: 0, count: min(size, SegmentHeader.longest))
        let count = front.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, 0) }
        let read = front.prefix(max(0, count)).withUnsafeBytes { SegmentHeader.read($0) }
        header = read?.header
        position = read?.length ?? 0
        // A file that ends within its header was cut off, and is not damaged.
        isCut = read == nil && front.withUnsafeBytes { SegmentHeader.isCut($0) }
    }

    /// Behind the record that was read last.
    var offset: Int { position }

    /// Goes on at `offset`, which was one of this file's before.
    func seek(to offset: Int) { position = max(position, min(offset, size)) }

    deinit {
        close(file)
        window.deallocate()
    }

    /// The payload of the next record, until it is asked for another; `nil` after the last.
    func next() throws(FileFailure) -> UnsafeRawBufferPointer? {
        while position < size {
            if let payload = try record(at: position) {
                position += RecordFrame.bytes + payload.count
                return payload
            }
            try skip()
        }
        return nil
    }

    /// The record that ends the file, where that is the summary of a segment that was closed in order.
    func summary() throws(FileFailure) -> SegmentSummary? {
        let start = size - SegmentSummary.recordBytes
        guard start >= 0, let payload = try record(at: start),
            payload.count == SegmentSummary.recordBytes - RecordFrame.bytes
        else { return nil }
        return SegmentSummary(payload)
    }

    /// `nil` where no whole record begins.
    private func record(at offset: Int) throws(FileFailure) -> UnsafeRawBufferPointer? {
        guard let length = try statedLength(at: offset), length <= size - offset - RecordFrame.bytes,
            let whole = try view(offset, RecordFrame.bytes + length)
        else { return nil }
        let payload = UnsafeRawBufferPointer(rebasing: whole[RecordFrame.bytes...])
        let sum = UInt32(littleEndian: whole.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        return RecordFrame.checksum(payload, mark: mark) == sum ? payload : nil
    }

    /// The length that a record at `offset` states; `nil` where there is no mark, or no room for a frame.
    private func statedLength(at offset: Int) throws(FileFailure) -> Int? {
        guard size - offset >= RecordFrame.bytes, let head = try view(offset, RecordFrame.bytes),
            UInt32(littleEndian: head.loadUnaligned(as: UInt32.self)) == mark
        else { return nil }
        let length = Int(UInt32(littleEndian: head.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        return length <= LedgerBounds.record ? length : nil
    }

    /// Goes on behind what is no record: to the next one, or to the end.
    private func skip() throws(FileFailure) {
        let stated = try statedLength(at: position)
        if let stated, stated <= size - position - RecordFrame.bytes {
            let next = position + RecordFrame.bytes + stated
            var isEnd = next == size
            if !isEnd { isEnd = try record(at: next) != nil }
            if isEnd {
                return goOn(at: next)
            }
        }
        var at = position + 1
        while let found = try search(from: at) {
            if try record(at: found) != nil {
                return goOn(at: found)
            }
            at = found + 1
        }
        let endsWithin = stated.map { $0 > size - position - RecordFrame.bytes } ?? false
        if endsWithin || size - position < RecordFrame.bytes {
            isCut = true
        } else if !isCut {
            damaged += 1
        }
        position = size
    }

    /// Something follows: what came before it was damaged, not cut off.
    private func goOn(at next: Int) {
        damaged += 1
        isCut = false
        position = next
    }

    /// Where the mark next stands.
    private func search(from start: Int) throws(FileFailure) -> Int? {
        var at = start
        while size - at >= RecordFrame.bytes {
            guard let piece = try view(at, min(Self.least, size - at)) else { return nil }
            for offset in 0...(piece.count - 4)
            where UInt32(littleEndian: piece.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) == mark {
                return at + offset
            }
            at += piece.count - 3
        }
        return nil
    }

    /// `count` bytes of the file at `offset`; `nil` where they are not all there.
    private func view(_ offset: Int, _ count: Int) throws(FileFailure) -> UnsafeRawBufferPointer? {
        guard offset >= 0, count <= size - offset else { return nil }
        if offset < windowStart || offset + count > windowStart + windowCount { try fill(offset, count) }
        guard offset + count <= windowStart + windowCount else { return nil }
        return UnsafeRawBufferPointer(start: window + (offset - windowStart), count: count)
    }

    private func fill(_ offset: Int, _ count: Int) throws(FileFailure) {
        if count > capacity {
            window.deallocate()
            capacity = count
            window = .allocate(byteCount: capacity, alignment: 16)
        }
        windowStart = offset
        windowCount = 0
        let wanted = min(capacity, size - offset)
        while windowCount < wanted {
            let read = pread(file, window + windowCount, wanted - windowCount, off_t(offset + windowCount))
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw FileFailure("read '\(path)'") }
            if read == 0 { return }
            windowCount += read
        }
    }
}
