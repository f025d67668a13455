import Journal
import Serving

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The files of one level of one endpoint: frames are appended to the last, and the oldest file goes when it is too old or
/// when there is no more room. For one thread at a time.
///
/// A file only ever has whole frames at its front: what could not be written whole is cut off again, and after what was
/// cut off by the end of the process nothing is written; a new file begins.
struct SeriesLog {
    let level: SeriesLevel
    private let folder: String
    private let calls: FileCalls
    private(set) var segments: [SeriesSegment] = []
    /// Whether the last file may be written on.
    private var isOpen = false

    /// Finds what files there are, and reads the last of them.
    init(_ level: SeriesLevel, folder: String, names: [String], calls: FileCalls) {
        self.level = level
        self.folder = folder
        self.calls = calls
        for name in names {
            guard let number = SeriesSegment.number(of: name, level) else { continue }
            let path = folder + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            segments.append(SeriesSegment(number: number, path: path, size: Int(status.st_size), times: nil))
        }
        segments.sort { $0.number < $1.number }
    }

    var bytes: Int { segments.reduce(0) { $0 + $1.size } }

    /// The frames that come behind `upTo`, which files before them have; the last file is ready for more. What cannot be
    /// read is as if it were not there.
    mutating func recover(after upTo: UInt64) -> [SeriesFrame] {
        var later: [[SeriesFrame]] = []
        for index in segments.indices.reversed() {
            let segment = segments[index]
            var frames: [SeriesFrame] = []
            var first: UInt64 = .max
            var times: ClosedRange<Int>?
            let whole = try? SeriesReading.payloads(of: segment.path, level) { (payload) throws(MalformedRecord) in
                let frame = try SeriesFrameBytes.read(payload)
                first = min(first, frame.upTo)
                times =
                    min(
                        times?.lowerBound ?? frame.start, frame.start)...max(
                        times?.upperBound ?? frame.start, frame.start)
                if frame.upTo > upTo { frames.append(frame) }
            }
            segments[index].times = times
            if index == segments.indices.last { isOpen = whole == segment.size && segment.size >= SeriesHeader.bytes }
            later.append(frames)
            if first <= upTo { break }
        }
        return later.reversed().flatMap { $0 }
    }

    /// The number of the last second that any frame has; 0 for none.
    func lastUpTo() -> UInt64 {
        for segment in segments.reversed() {
            if let found = try? SeriesReading.times(of: segment.path, level, limit: segment.size), found.times != nil {
                return found.upTo
            }
        }
        return 0
    }

    /// Appends a frame whole, or leaves everything as it was.
    mutating func append(_ frame: SeriesFrame, _ scratch: RecordBytes) throws(FileFailure) {
        scratch.cut(to: 0)
        SeriesFrameBytes.write(frame, into: scratch)
        makeRoom(for: scratch.bytes.count)
        if mustBegin(at: frame.start) { try begin() }
        guard let last = segments.indices.last else { return }
        try write(scratch.bytes, to: last)
        let times = segments[last].times
        segments[last].times =
            min(times?.lowerBound ?? frame.start, frame.start)...max(times?.upperBound ?? frame.start, frame.start)
    }

    private func mustBegin(at time: Int) -> Bool {
        guard isOpen, let last = segments.last else { return true }
        if last.size >= level.segmentBytes { return true }
        // A clock that was set back begins a new file too: what one file has is to be about one stretch.
        return last.times.map { !($0.lowerBound...($0.lowerBound + level.segmentSeconds)).contains(time) } ?? false
    }

    private mutating func begin() throws(FileFailure) {
        let number = (segments.last?.number ?? 0) + 1
        let path = folder + "/" + SeriesSegment.name(number, level)
        try LedgerFolder.make(folder)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw FileFailure("make '\(path)'") }
        close(file)
        segments.append(SeriesSegment(number: number, path: path, size: 0, times: nil))
        isOpen = true
        let header = RecordBytes(capacity: SeriesHeader.bytes)
        SeriesHeader.write(level, into: header)
        do throws(FileFailure) {
            try write(header.bytes, to: segments.count - 1)
        } catch {
            unlink(path)
            segments.removeLast()
            isOpen = false
            throw error
        }
    }

    /// The file is opened for this write alone: so the number of endpoints is not bound by that of descriptors.
    private mutating func write(_ bytes: UnsafeRawBufferPointer, to index: Int) throws(FileFailure) {
        let segment = segments[index]
        let file = open(segment.path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            isOpen = false
            throw FileFailure("open '\(segment.path)'")
        }
        defer { close(file) }
        do throws(FileFailure) {
            try calls.writeAll(bytes, to: file, path: segment.path)
        } catch {
            // Making a file shorter needs no room. Where even that fails, nothing is written behind what is left.
            if ftruncate(file, off_t(segment.size)) != 0 { isOpen = false }
            throw error
        }
        segments[index].size += bytes.count
    }

    // MARK: retention

    /// Removes files until so many bytes more have room.
    private mutating func makeRoom(for count: Int) {
        while bytes + count + SeriesHeader.bytes > level.bytes, !segments.isEmpty { removeFirst() }
    }

    /// Removes the files whose last frame is over for longer than frames are kept.
    ///
    /// - Parameter now: seconds since 1970.
    mutating func retain(now: Int) {
        while let first = segments.first {
            guard let newest = newest(of: first), newest + level.unit + level.keep <= now else { return }
            removeFirst()
        }
    }

    /// Of a file that has no frame, or cannot be read: when it was written last.
    private mutating func newest(of segment: SeriesSegment) -> Int? {
        if let times = segment.times { return times.upperBound }
        if let found = try? SeriesReading.times(of: segment.path, level, limit: segment.size).times {
            segments[0].times = found
            return found.upperBound
        }
        var status = stat()
        guard lstat(segment.path, &status) == 0 else { return .min / 2 }
        return Int(status.st_mtim.tv_sec)
    }

    private mutating func removeFirst() {
        unlink(segments.removeFirst().path)
        if segments.isEmpty { isOpen = false }
    }

    /// Removes everything.
    mutating func removeAll() {
        while !segments.isEmpty { removeFirst() }
    }
}
