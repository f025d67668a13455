#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How much memory a loaded model takes: an estimate, since a runtime does not say.
///
/// Before the load it is the size of the files. During the load it is measured by how much the process's resident memory
/// grew; since others allocate meanwhile, and free pages are used again, what was measured counts only within bounds: at
/// least the files, at most twice as much and a mebibyte (the first load brings the runtime's own library along).
struct MemoryEstimate {
    private static let slack = 1 << 20
    private static let factor = 2

    private let files: Int
    private let residentBefore: Int

    /// Begins a measurement; call it just before the load.
    init(_ entry: EndpointEntry) {
        files = Self.beforeLoading(entry)
        residentBefore = Self.residentBytes()
    }

    /// Bytes of the version's files.
    static func beforeLoading(_ entry: EndpointEntry) -> Int {
        entry.artifact.files.reduce(0) { sum, file in
            let (next, overflow) = sum.addingReportingOverflow(max(0, file.size))
            return overflow ? .max : next
        }
    }

    /// Call it when the model is loaded and warm. Bytes.
    func afterLoading() -> Int {
        let (most, overflow) = files.multipliedReportingOverflow(by: Self.factor)
        let bound = overflow || most > Int.max - Self.slack ? Int.max : most + Self.slack
        return min(bound, max(files, Self.residentBytes() - residentBefore))
    }

    /// The second number of `/proc/self/statm`, in pages; 0 where there is none.
    private static func residentBytes() -> Int {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { bytes in
            let count = read(file, bytes.baseAddress, bytes.count)
            guard count > 0 else { return 0 }
            let numbers = bytes[..<count].split(separator: UInt8(ascii: " "))
            guard numbers.count > 1, let pages = Int(String(decoding: numbers[1], as: UTF8.self)) else { return 0 }
            return pages.multipliedReportingOverflow(by: Int(sysconf(Int32(_SC_PAGESIZE)))).partialValue
        }
    }
}
