#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A system call on a file of observations that failed.
package struct FileFailure: Error, CustomStringConvertible {
    package let number: Int32
    package let what: String

    /// Takes `errno` as it is now.
    package init(_ what: String) {
        self.init(number: errno, what)
    }

    package init(number: Int32, _ what: String) {
        self.number = number
        self.what = what
    }

    package var isStorageFull: Bool { number == ENOSPC || number == EDQUOT || number == EFBIG }

    package var description: String { "cannot \(what): \(String(cString: strerror(number)))" }
}

/// The system calls that tests let fail.
package struct RecordFileCalls: Sendable {
    #if canImport(Glibc)
        package var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int = {
            Glibc.write($0, $1.baseAddress, $1.count)
        }
    #elseif canImport(Musl)
        package var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int = {
            Musl.write($0, $1.baseAddress, $1.count)
        }
    #else
        package var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int = {
            Darwin.write($0, $1.baseAddress, $1.count)
        }
    #endif

    package init() {}

    package init(write: @escaping @Sendable (Int32, UnsafeRawBufferPointer) -> Int) { self.write = write }

    /// Writes everything, however many calls it takes.
    package func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32, path: String) throws(FileFailure) {
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
package enum RecordFolder {
    /// Makes `path` and what is missing above it; only this user may look inside.
    package static func make(_ path: String) throws(FileFailure) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let end = path.lastIndex(of: "/"), end != path.startIndex else {
            throw FileFailure("make the folder '\(path)'")
        }
        try make(String(path[..<end]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileFailure("make the folder '\(path)'") }
    }

    /// The names in a folder, sorted; none where there is no such folder.
    package static func names(_ path: String) -> [String] {
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
    package static func sync(_ path: String) throws(FileFailure) {
        let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw FileFailure("open the folder '\(path)'") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw FileFailure("sync the folder '\(path)'") }
    }
}
