import Glibc
import Synchronization

/// Memory that was freed and that the C library keeps for later, by default for ever.
enum FreedMemory {
    /// Nanoseconds of CLOCK_MONOTONIC when it was given back last.
    private static let last = Atomic<UInt64>(0)
    private static let pause: UInt64 = 500_000_000

    /// Gives free pages back to the system, at most twice a second. A model's memory lies among that of requests, so
    /// without this a thousand models, one after the other, leave their holes behind.
    static func giveBack() {
        typealias Trim = @convention(c) (Int) -> CInt
        // Other C libraries do not keep so much.
        guard let trim = dlsym(nil, "malloc_trim").map({ unsafeBitCast($0, to: Trim.self) }) else { return }
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = UInt64(bitPattern: Int64(time.tv_sec)) &* 1_000_000_000 &+ UInt64(bitPattern: Int64(time.tv_nsec))
        let before = last.load(ordering: .relaxed)
        guard now &- before >= pause,
            last.compareExchange(expected: before, desired: now, ordering: .relaxed).exchanged
        else { return }
        _ = trim(0)
    }
}
