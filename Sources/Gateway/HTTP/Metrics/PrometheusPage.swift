import Identity
import NIOCore
import Serving

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Answers `/metrics`.
struct PrometheusPage: Sendable {
    private let dataPlane: DataPlane
    private let sources: [any GaugeSource]
    private let start = MonotonicClock.nanoseconds()

    init(dataPlane: DataPlane, sources: [any GaugeSource]) {
        self.dataPlane = dataPlane
        self.sources = sources
    }

    /// Of the endpoints that the caller may know.
    func answer(to caller: Caller) -> Answer {
        let text = MetricsPage.render(
            endpoints: dataPlane.endpoints.filter {
                caller.sees(space: $0.entry.space) && caller.reaches(endpoint: $0.entry.name)
            },
            gauges: sources.flatMap { $0.gauges() }.map { family in
                family.of { caller.sees(space: $0.space) && caller.reaches(endpoint: $0.endpoint) }
            },
            process: MetricsPage.Process(
                residentBytes: Self.residentBytes(),
                uptimeSeconds: Double(MonotonicClock.nanoseconds() &- start) / 1e9, generation: dataPlane.generation,
                modelBytes: dataPlane.modelBytes, memoryBudgetBytes: dataPlane.memoryBudgetBytes))
        return Answer(
            .ok, contentType: "text/plain; version=0.0.4; charset=utf-8", body: ByteBuffer(string: text))
    }

    /// The second number of `/proc/self/statm`, in pages; 0 where there is none.
    private static func residentBytes() -> Int {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return 0 }
        let numbers = bytes[..<count].split(separator: UInt8(ascii: " "))
        guard numbers.count > 1, let pages = Int(String(decoding: numbers[1], as: UTF8.self)) else { return 0 }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
