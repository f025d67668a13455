#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What `/proc` says of the processes of this machine.
struct ProcessTable {
    struct Entry {
        let pid: pid_t
        let parent: pid_t
        /// `Z` for one that has ended and was not waited for.
        let state: UInt8
        /// Bytes.
        let resident: Int
    }

    let entries: [Entry]

    /// All of them, now.
    static func read() -> ProcessTable {
        guard let folder = opendir("/proc") else { return ProcessTable(entries: []) }
        defer { closedir(folder) }
        let page = Int(sysconf(CInt(_SC_PAGESIZE)))
        var entries: [Entry] = []
        while let item = readdir(folder) {
            let name = withUnsafePointer(to: &item.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let pid = pid_t(name), let text = FileText.read("/proc/\(pid)/stat", atMost: 4096) else { continue }
            if let entry = entry(pid, text, page: page) { entries.append(entry) }
        }
        return ProcessTable(entries: entries)
    }

    /// Processes and threads of the whole machine, now; 0 where nobody says.
    static var tasks: Int {
        guard let text = FileText.read("/proc/loadavg", atMost: 256) else { return 0 }
        let fields = text.split(separator: UInt8(ascii: " "))
        guard fields.count > 3, let slash = fields[3].firstIndex(of: UInt8(ascii: "/")) else { return 0 }
        return Int(String(decoding: fields[3][(slash + 1)...], as: UTF8.self)) ?? 0
    }

    /// The name of a program may have blanks and parentheses in it; the last one closes it.
    private static func entry(_ pid: pid_t, _ text: [UInt8], page: Int) -> Entry? {
        guard let close = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(close + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 21, let state = fields[0].first,
            let parent = pid_t(String(decoding: fields[1], as: UTF8.self)),
            let pages = Int(String(decoding: fields[21], as: UTF8.self))
        else { return nil }
        return Entry(pid: pid, parent: parent, state: state, resident: max(0, pages) &* page)
    }

    /// All processes below one that have not ended.
    func descendants(of root: pid_t) -> [Entry] {
        let children = Dictionary(grouping: entries, by: \.parent)
        var found: [Entry] = []
        var open: [pid_t] = [root]
        var seen: Set<pid_t> = [root]
        while let next = open.popLast() {
            for child in children[next] ?? [] where seen.insert(child.pid).inserted {
                if child.state != UInt8(ascii: "Z") { found.append(child) }
                open.append(child.pid)
            }
        }
        return found
    }

    /// The processes whose environment has all of these lines.
    func having(environment lines: [String]) -> [pid_t] {
        entries.map(\.pid).filter { pid in
            guard let text = FileText.read("/proc/\(pid)/environ", atMost: 1 << 20) else { return false }
            let own = Set(text.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
            return lines.allSatisfy(own.contains)
        }
    }
}

/// Small files of `/proc`.
enum FileText {
    static func read(_ path: String, atMost limit: Int) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let chunk = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, filled in
                filled = max(0, Glibc.read(file, buffer.baseAddress, buffer.count))
            }
            if chunk.isEmpty { break }
            bytes += chunk
        }
        return bytes
    }
}

/// Processes that a server left behind which was killed together with their guards.
package enum ProcessLeftovers {
    /// Ends whoever was started with all of these lines in their environment; the caller is spared.
    package static func end(environment lines: [String]) {
        let own = getpid()
        for pid in ProcessTable.read().having(environment: lines) where pid != own { _ = kill(pid, SIGKILL) }
    }
}
