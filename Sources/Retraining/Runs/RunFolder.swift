import Foundation
import Journal

/// Where a run's files are: `DATA/runs/7/log` stays, `DATA/runs/7/data`, `work` and `tmp` go when it has ended.
package struct RunFolder: Sendable {
    /// Logs that are kept on a server.
    package static let keptLogs = 200

    /// `DATA/runs`
    package let root: String

    package init(root: String) {
        self.root = root
    }

    package func folder(_ run: Int) -> String { "\(root)/\(run)" }
    package func log(_ run: Int) -> String { folder(run) + "/log" }
    package func data(_ run: Int) -> String { folder(run) + "/data" }
    package func work(_ run: Int) -> String { folder(run) + "/work" }
    package func temporary(_ run: Int) -> String { folder(run) + "/tmp" }

    /// For nobody else's eyes: it will hold rows of the ledger, and a key.
    func make(_ run: Int) throws(ControlError) {
        do {
            for path in [data(run), work(run), temporary(run)] {
                try FileManager.default.createDirectory(
                    atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
        } catch {
            throw ControlError(.storageFull, "the run's folder cannot be made: \(error.localizedDescription)")
        }
    }

    func drop(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    /// Copies of rows must not outlive what they are copies of.
    func clear(_ run: Int) {
        for path in [data(run), work(run), temporary(run)] { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Removes the oldest logs beyond `keptLogs`, and what ended runs left of their data when the server was killed.
    ///
    /// - Parameter open: runs whose folders are in use.
    func tidy(open: Set<Int>) {
        let runs = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap { Int($0) }.sorted()
        for run in runs where !open.contains(run) { clear(run) }
        for run in runs.dropLast(Self.keptLogs) where !open.contains(run) {
            try? FileManager.default.removeItem(atPath: folder(run))
        }
    }

    /// The end of the log, from whole lines on where it is cut; `nil` where there is none.
    package func readLog(_ run: Int, lastBytes limit: Int) -> (text: String, bytes: Int)? {
        guard let file = FileHandle(forReadingAtPath: log(run)) else { return nil }
        defer { try? file.close() }
        guard let size = try? file.seekToEnd() else { return nil }
        let bytes = Int(clamping: size)
        let start = max(0, bytes - limit)
        guard (try? file.seek(toOffset: UInt64(start))) != nil, var data = try? file.read(upToCount: bytes - start)
        else { return ("", bytes) }
        if start > 0, let line = data.firstIndex(of: UInt8(ascii: "\n")) { data = data[data.index(after: line)...] }
        return (String(decoding: data, as: UTF8.self), bytes)
    }
}
