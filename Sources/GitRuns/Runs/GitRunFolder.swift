import Foundation
import Journal

/// Where a run's files are: `DATA/git-runs/7/STEP.log` stays; the checkout, the commands' home and their temporary files go
/// when it has ended or begins again.
package struct GitRunFolder: Sendable {
    /// Runs whose logs are kept on a server.
    package static let keptLogs = 200

    /// `DATA/git-runs`
    package let root: String

    package init(root: String) {
        self.root = root
    }

    package func folder(_ run: Int) -> String { "\(root)/\(run)" }
    func checkout(_ run: Int) -> String { folder(run) + "/checkout" }
    func home(_ run: Int) -> String { folder(run) + "/home" }
    func temporary(_ run: Int) -> String { folder(run) + "/tmp" }
    /// What Git is asked for, outside of the checkout.
    func answer(_ run: Int, _ name: String) -> String { folder(run) + "/" + name }
    func log(_ run: Int, _ kind: RunStep.Kind) -> String { "\(folder(run))/\(kind.rawValue).log" }

    /// Empty folders, whatever was there; the logs of earlier attempts stay. For nobody else's eyes.
    func begin(_ run: Int) throws(ControlError) {
        clear(run)
        do {
            for path in [checkout(run), home(run), temporary(run)] {
                try FileManager.default.createDirectory(
                    atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder(run))
        } catch {
            throw ControlError(.storageFull, "the run's folder cannot be made: \(error.localizedDescription)")
        }
    }

    /// Everything but the logs.
    func clear(_ run: Int) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder(run))) ?? []
        for name in names where !name.hasSuffix(".log") { Self.remove(folder(run) + "/" + name) }
    }

    /// Commands may have left folders that their owner may not look into.
    private static func remove(_ path: String) {
        let files = FileManager.default
        if (try? files.removeItem(atPath: path)) != nil { return }
        let below = files.enumerator(atPath: path)
        chmod(path, 0o700)
        while let name = below?.nextObject() as? String {
            var status = stat()
            let inner = path + "/" + name
            if lstat(inner, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { chmod(inner, 0o700) }
        }
        try? files.removeItem(atPath: path)
    }

    /// Removes the oldest logs beyond twice `keptLogs`. What is that old has ended, or has nothing there but logs.
    func forgetOldest() {
        let runs = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap { Int($0) }.sorted()
        for run in runs.dropLast(2 * Self.keptLogs) { Self.remove(folder(run)) }
    }

    /// Removes the oldest logs beyond `keptLogs`, and what a server that was killed left of runs that are over.
    func tidy(open: Set<Int>) {
        let runs = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap { Int($0) }.sorted()
        for run in runs where !open.contains(run) { clear(run) }
        for run in runs.dropLast(Self.keptLogs) where !open.contains(run) { Self.remove(folder(run)) }
    }

    /// The end of a step's log, from whole lines on where it is cut; `nil` where there is none.
    func readLog(_ run: Int, _ kind: RunStep.Kind, lastBytes limit: Int) -> (text: String, bytes: Int)? {
        guard let file = FileHandle(forReadingAtPath: log(run, kind)) else { return nil }
        defer { try? file.close() }
        guard let size = try? file.seekToEnd() else { return nil }
        let bytes = Int(clamping: size)
        let start = max(0, bytes - limit)
        guard (try? file.seek(toOffset: UInt64(start))) != nil, var data = try? file.read(upToCount: bytes - start)
        else { return ("", bytes) }
        if start > 0, let line = data.firstIndex(of: UInt8(ascii: "\n")) { data = data[data.index(after: line)...] }
        return (String(decoding: data, as: UTF8.self), bytes)
    }

    /// The last line of a step's log that says something, cut to what a message can carry.
    func lastWords(_ run: Int, _ kind: RunStep.Kind) -> String? {
        guard let log = readLog(run, kind, lastBytes: 8 << 10) else { return nil }
        let line = log.text.split(whereSeparator: \.isNewline).last { line in
            !line.hasPrefix("$ ") && !line.allSatisfy(\.isWhitespace)
        }
        return line.map { Name.excerpt(of: String($0), limit: 200) }
    }

    /// A small file that Git or a person wrote.
    static func read(_ path: String, atMost limit: Int) -> [UInt8]? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: limit + 1), data.count <= limit else { return nil }
        return Array(data)
    }
}
