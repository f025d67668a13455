#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The two files of the crash journal in the data folder.
package struct CrashFiles: Sendable {
    /// By what one report is told from another.
    package struct Report: Sendable, Hashable {
        let size: Int
        let seconds: Int
        let nanoseconds: Int
    }

    let folder: String
    /// Appended to by the signal handler; empty but for the moment between a crash and the next start.
    var report: String { folder + "/crash-report" }
    /// What is remembered.
    var known: String { folder + "/crashes" }

    /// Reports are bounded, and so is their number: a file beyond this is nothing of ours.
    private static let largest = 4 << 20

    /// The text of a file; empty when there is none.
    func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 1)
        defer { piece.deallocate() }
        while bytes.count < Self.largest {
            let count = Self.repeated { read(descriptor, piece.baseAddress, piece.count) }
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func openReport() -> CInt? {
        let descriptor = open(report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        return descriptor < 0 ? nil : descriptor
    }

    /// `nil` where there is none.
    var reportNow: Report? {
        var status = stat()
        guard stat(report, &status) == 0, status.st_size > 0 else { return nil }
        return Report(size: Int(status.st_size), seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }

    func emptyReport() { truncate(report, 0) }

    /// Puts `text` in the place of what was remembered, wholly or not at all; true once it is on disk.
    func replaceKnown(_ text: String) -> Bool {
        let fresh = known + ".new"
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        let isWritten = Self.put(text, into: descriptor) && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, rename(fresh, known) == 0 else { return false }
        let parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { return false }
        defer { close(parent) }
        return fsync(parent) == 0
    }

    private static func put(_ text: String, into descriptor: CInt) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { piece in
                repeated { write(descriptor, piece.baseAddress, piece.count) }
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func repeated(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}
