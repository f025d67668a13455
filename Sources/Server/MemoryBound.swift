import Foundation
import Glibc
import Runtimes

/// Keeps a prediction that asks for more memory than the machine has from taking the machine with it: beyond the bound the
/// system refuses, which ONNX Runtime turns into an error of that one request.
enum MemoryBound {
    /// Nine tenths of what this process may have: the rest is for everybody else, and for the pages of files.
    private static let share = 0.9

    static func apply() {
        Allocator.giveLargeBlocksBack()
        let total = UInt64(Double(available()) * share)
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) == 0, total > 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, rlim_t(total))
        setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
    }

    /// Bytes of the machine, or of the control group that holds this process where that is less.
    static func available() -> UInt64 {
        let machine = ProcessInfo.processInfo.physicalMemory
        guard let text = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8),
            let group = UInt64(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return machine }
        return min(machine, group)
    }
}
