import Foundation
import Journal

/// A failed system call on a file of the data folder.
struct SystemError: Error, CustomStringConvertible {
    let number: Int32
    let what: String

    /// Takes `errno` as it is now.
    init(_ what: String) {
        self.init(number: errno, what)
    }

    init(number: Int32, _ what: String) {
        self.number = number
        self.what = what
    }

    /// No room: the disk, the quota, or the size that the file system allows for one file.
    var isStorageFull: Bool { number == ENOSPC || number == EDQUOT || number == EFBIG }

    var description: String { "cannot \(what): \(String(cString: strerror(number)))" }

    var controlError: ControlError {
        if isStorageFull {
            return ControlError(
                .storageFull, "no room left in the data folder: \(description)",
                hint: "free some space where the data folder is, then try again; nothing was kept of this")
        }
        return ControlError(.internalFailure, description)
    }
}

extension ControlError {
    /// What went wrong with a file, in the control plane's words.
    static func file(_ error: any Error) -> ControlError {
        (error as? SystemError)?.controlError ?? .wrapping(error)
    }
}
