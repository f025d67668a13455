#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What is on disk below a folder.
struct DiskUse {
    /// Folders in each other; no build needs more, and whoever hides deeper has something to hide.
    private static let mostDepth = 200

    private(set) var bytes = 0
    private(set) var isTooDeep = false

    /// Counts the files in `folder`, and those that `processes` have open although they are in no folder any more.
    static func count(folder: String, openedBy processes: [pid_t]) -> DiskUse {
        var use = DiskUse()
        let root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if root >= 0 { use.add(folder: root, depth: 0) }
        use.add(removedFilesOf: processes)
        return use
    }

    /// Takes the descriptor over.
    private mutating func add(folder descriptor: CInt, depth: Int) {
        guard depth < Self.mostDepth else {
            isTooDeep = true
            close(descriptor)
            return
        }
        guard let folder = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        defer { closedir(folder) }
        while let item = readdir(folder) {
            let name = withUnsafePointer(to: &item.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            var status = stat()
            guard fstatat(dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            add(status)
            guard status.st_mode & S_IFMT == S_IFDIR else { continue }
            let below = openat(dirfd(folder), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if below >= 0 { add(folder: below, depth: depth + 1) }
        }
    }

    private mutating func add(removedFilesOf processes: [pid_t]) {
        struct Identity: Hashable {
            let device: UInt64
            let inode: UInt64
        }
        var seen: Set<Identity> = []
        for process in processes {
            let path = "/proc/\(process)/fd"
            guard let folder = opendir(path) else { continue }
            defer { closedir(folder) }
            while let item = readdir(folder) {
                let name = withUnsafePointer(to: &item.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                var status = stat()
                guard name != ".", name != "..", fstatat(dirfd(folder), name, &status, 0) == 0,
                    status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 0,
                    seen.insert(Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))).inserted
                else { continue }
                add(status)
            }
        }
    }

    /// An empty file takes room too.
    private mutating func add(_ status: stat) { bytes &+= max(512, Int(status.st_blocks) &* 512) }
}
