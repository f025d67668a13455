import Serving

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A segment that nothing more is appended to.
struct ClosedSegment: Sendable {
    let name: SegmentName
    let path: String
    var size: Int
    /// When its last row was written, in seconds since 1970: of that its age is counted.
    var modifiedAt: Int
    /// `nil` until somebody wanted to know.
    var summary: SegmentSummary?

    /// `nil` where it is no file of ours.
    init?(folder: String, name text: String) {
        guard let name = SegmentName(text) else { return nil }
        self.name = name
        path = folder + "/" + text
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        size = Int(status.st_size)
        modifiedAt = Int(status.st_mtim.tv_sec)
    }

    init(_ segment: OpenSegment, now: Int) {
        name = segment.name
        path = segment.path
        size = segment.size
        modifiedAt = now
        summary = segment.summary
    }
}

extension SegmentSummary {
    /// What is in the segment at `path`: as its end says, or else by reading all of it.
    static func of(_ path: String, _ name: SegmentName, limit: Int?) throws(FileFailure) -> SegmentSummary {
        let reader = try SegmentReader(path: path, name: name, limit: limit)
        if let summary = try reader.summary() { return summary }
        var summary = SegmentSummary()
        while let payload = try reader.next() {
            guard RecordEncoder.Kind.isPrediction(RecordDecoder.kind(of: payload)) else { continue }
            // The time stands behind the kind and the fault.
            guard payload.count >= 10 else { continue }
            summary.add(
                time: Int(Int64(littleEndian: payload.loadUnaligned(fromByteOffset: 2, as: Int64.self))))
        }
        summary.damaged = reader.damaged + (reader.isCut ? 1 : 0)
        return summary
    }
}
