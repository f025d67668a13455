import Foundation
import Glibc

/// Keeps a prediction that asks for more memory than the machine has from taking the machine with it: beyond the bound the
/// system refuses, which ONNX Runtime turns into an error of that one request.
enum MemoryBound {
    /// Nine tenths of what this process may have: the rest is for everybody else, and for the pages of files.
    private static let share = 0.9

    static func apply() {
        giveLargeBlocksBack()
        let total = UInt64(Double(available()) * share)
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) == 0, total > 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, rlim_t(total))
        setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
    }

    /// Bytes of the machine, or of the control group that holds this process where that is less.
    private static func available() -> UInt64 {
        let machine = ProcessInfo.processInfo.physicalMemory
        guard let text = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8),
            let group = UInt64(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return machine }
        return min(machine, group)
    }

    /// Blocks from 4 MiB on come from the system one by one and go back when they are freed. Left to itself, glibc moves
    /// that border up to 32 MiB with what is freed and keeps the rest: a few large requests, and hundreds of megabytes stay.
    private static func giveLargeBlocksBack() {
        typealias SetOption = @convention(c) (CInt, CInt) -> CInt
        // Another C library has no such options, and no such habit.
        guard let mallopt = dlsym(nil, "mallopt").map({ unsafeBitCast($0, to: SetOption.self) }) else { return }
        let trimThreshold: CInt = -1
        let mmapThreshold: CInt = -3
        _ = mallopt(mmapThreshold, 4 << 20)
        _ = mallopt(trimThreshold, 16 << 20)
    }
}
