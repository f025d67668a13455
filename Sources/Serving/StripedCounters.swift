import CThreadStripe
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Counters that many threads raise at once: each thread has a copy of them on cache lines of its own, so that counting
/// moves no line between processors. Exact: a reader adds the copies up.
final class StripedCounters: Sendable {
    /// Event loops are the first to count and are told apart; of further threads some share a copy, which costs them
    /// time and nothing else. A power of two.
    private static let stripes: Int = {
        let processors = max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
        var stripes = 4
        while stripes < 4 * processors, stripes < 64 { stripes *= 2 }
        return stripes
    }()
    /// Bytes that two processors do not fight over: a pair of cache lines, since they are fetched in pairs.
    private static let line = 128

    private nonisolated(unsafe) let copies: UnsafeMutablePointer<Atomic<UInt64>>
    /// Counters from one copy to the next.
    private let stride: Int
    /// Kept here: a static value would be asked for whether it is made yet, at each count.
    private let mask: Int

    init(_ count: Int) {
        mask = Self.stripes - 1
        let perLine = Self.line / MemoryLayout<UInt64>.stride
        stride = (max(1, count) + perLine - 1) / perLine * perLine
        let all = stride * Self.stripes
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: all * MemoryLayout<UInt64>.stride, alignment: Self.line)
        copies = memory.bindMemory(to: Atomic<UInt64>.self, capacity: all)
        for index in 0..<all { (copies + index).initialize(to: Atomic(0)) }
    }

    deinit {
        copies.deinitialize(count: stride * Self.stripes)
        UnsafeMutableRawPointer(copies).deallocate()
    }

    /// The calling thread's copy.
    @inline(__always)
    var mine: Copy { Copy(counters: copies + (Int(thread_stripe()) & mask) * stride) }

    /// One thread's copy, to be used at once.
    struct Copy {
        fileprivate let counters: UnsafeMutablePointer<Atomic<UInt64>>

        /// `index` is below what the counters were made with.
        @inline(__always)
        func add(_ value: UInt64, to index: Int) { counters[index].wrappingAdd(value, ordering: .relaxed) }

        /// What this thread has counted or set.
        @inline(__always)
        func value(_ index: Int) -> UInt64 { counters[index].load(ordering: .relaxed) }

        @inline(__always)
        func set(_ value: UInt64, at index: Int) { counters[index].store(value, ordering: .relaxed) }
    }

    /// What all threads have counted. Another one may count meanwhile.
    func sum(_ index: Int) -> UInt64 {
        (0..<Self.stripes).reduce(0) { $0 &+ copies[$1 * stride + index].load(ordering: .relaxed) }
    }

    /// The largest of what threads have set.
    func largest(_ index: Int) -> UInt64 {
        (0..<Self.stripes).reduce(0) { max($0, copies[$1 * stride + index].load(ordering: .relaxed)) }
    }
}
