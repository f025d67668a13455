import Foundation
import Glibc

/// Tells when the parent is gone: its end of our lifeline is closed, whatever it died of.
struct Lifeline: Sendable {
    let descriptor: CInt

    /// Calls `body` once, on a thread of its own, at end-of-file.
    func whenParentDies(_ body: @escaping @Sendable () -> Void) {
        let descriptor = descriptor
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let thread = Thread {
            var byte: UInt8 = 0
            while true {
                let count = read(descriptor, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            body()
        }
        thread.start()
    }
}
