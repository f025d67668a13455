#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What all processors have done since the system started, in its ticks.
struct ProcessorTime: Sendable, Hashable {
    /// Ticks that nobody wanted.
    var idle: UInt64
    var all: UInt64

    /// What nobody wants during the next `nanoseconds`, from 0 to 1; `nil` where the system does not tell. Blocks.
    static func idleShare(over nanoseconds: Int) -> Double? {
        guard let before = now() else { return nil }
        ThreadPause.wait(nanoseconds: nanoseconds)
        return now().flatMap { $0.idleShare(since: before) }
    }

    func idleShare(since before: ProcessorTime) -> Double? {
        guard all > before.all, idle >= before.idle else { return nil }
        return min(1, Double(idle - before.idle) / Double(all - before.all))
    }

    private static func now() -> ProcessorTime? {
        let file = open("/proc/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 512) { buffer, filled in
            filled = max(0, read(file, buffer.baseAddress, buffer.count))
        }
        return ProcessorTime(String(decoding: bytes, as: UTF8.self))
    }

    /// - Parameter text: begins with the line `cpu user nice system idle iowait irq softirq steal ...` of proc_stat(5).
    init?(_ text: String) {
        guard let line = text.split(separator: "\n").first else { return nil }
        let words = line.split(separator: " ")
        // What guests take is counted in `user` and `nice` already.
        let ticks = words.dropFirst().prefix(8).compactMap { UInt64($0) }
        guard words.first == "cpu", ticks.count >= 4 else { return nil }
        idle = ticks[3] &+ (ticks.count > 4 ? ticks[4] : 0)
        all = ticks.reduce(0) { $0 &+ $1 }
    }
}
