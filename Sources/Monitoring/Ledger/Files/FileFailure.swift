import Journal

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A system call on a file of the ledger that failed.
struct FileFailure: Error, CustomStringConvertible {
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

    var isStorageFull: Bool { number == ENOSPC || number == EDQUOT || number == EFBIG }

    var description: String { "cannot \(what): \(String(cString: strerror(number)))" }

    var controlError: ControlError {
        if isStorageFull {
            return ControlError(
                .storageFull, "no room left for the ledger: \(description)",
                hint: "free some space where the data folder is, then try again; what was there is unchanged")
        }
        return ControlError(.internalFailure, "the ledger: \(description)")
    }
}

/// The system calls that tests let fail.
struct FileCalls: Sendable {
    #if canImport(Glibc)
        var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int = { Glibc.write($0, $1.baseAddress, $1.count) }
    #elseif canImport(Musl)
        var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int = { Musl.write($0, $1.baseAddress, $1.count) }
    #else
        var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int = { Darwin.write($0, $1.baseAddress, $1.count) }
    #endif

    /// Writes everything, however many calls it takes.
    func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32, path: String) throws(FileFailure) {
        var done = 0
        while done < bytes.count {
            let count = write(file, UnsafeRawBufferPointer(rebasing: bytes[done...]))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileFailure("write '\(path)'") }
            done += count
        }
    }
}

/// Folders and names.
enum LedgerFolder {
    /// Makes `path` and what is missing above it; only this user may look inside.
    static func make(_ path: String) throws(FileFailure) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let end = path.lastIndex(of: "/"), end != path.startIndex else {
            throw FileFailure("make the folder '\(path)'")
        }
        try make(String(path[..<end]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileFailure("make the folder '\(path)'") }
    }

    /// The names in a folder, sorted; none where there is no such folder.
    static func names(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// A name is durable only once the folder that holds it is.
    static func sync(_ path: String) throws(FileFailure) {
        let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw FileFailure("open the folder '\(path)'") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw FileFailure("sync the folder '\(path)'") }
    }
}
