#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files of a folder, by name, as far as one can tell without opening them.
package struct FolderListing: Sendable, Hashable, Codable {
    package struct Mark: Sendable, Hashable, Codable {
        package var size: Int
        /// Nanoseconds since 1970.
        package var changed: Int

        package init(size: Int, changed: Int) {
            self.size = size
            self.changed = changed
        }
    }

    /// Files that are looked at; what goes beyond is not seen.
    package static let mostFiles = 10_000

    package var files: [String: Mark]

    package init(files: [String: Mark]) {
        self.files = files
    }

    /// The files that were not there or were others, by name.
    package func news(since before: FolderListing) -> [String] {
        files.filter { before.files[$0.key] != $0.value }.map(\.key).sorted()
    }

    /// The ordinary files in the folder itself, hidden ones left out. Blocks. `nil` where it cannot be read.
    package static func read(_ path: String) -> FolderListing? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var files: [String: Mark] = [:]
        while files.count < mostFiles, let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            var status = stat()
            guard stat(path + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            files[name] = Mark(
                size: Int(status.st_size),
                changed: Int(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int(status.st_mtim.tv_nsec))
        }
        return FolderListing(files: files)
    }
}
