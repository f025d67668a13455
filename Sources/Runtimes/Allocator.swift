import Glibc

/// What this process asks of the C library's allocator.
package enum Allocator {
    /// Blocks from 4 MiB on come from the system one by one and go back when they are freed. Left to itself, glibc moves
    /// that border up to 32 MiB with what is freed and keeps the rest: a few large requests, and hundreds of megabytes stay.
    package static func giveLargeBlocksBack() {
        typealias SetOption = @convention(c) (CInt, CInt) -> CInt
        // Another C library has no such options, and no such habit.
        guard let mallopt = dlsym(nil, "mallopt").map({ unsafeBitCast($0, to: SetOption.self) }) else { return }
        let trimThreshold: CInt = -1
        let mmapThreshold: CInt = -3
        _ = mallopt(mmapThreshold, 4 << 20)
        _ = mallopt(trimThreshold, 16 << 20)
    }
}
