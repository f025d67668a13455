import Foundation
import Registry

/// At start, before anybody else is let in: removes what a crash left and nothing refers to.
///
/// What may be much is only renamed into `trash` here, and removed behind the start's back by path alone: whoever gets in
/// the way of that, another start included, does the same work.
enum Sweep {
    /// - Parameters:
    ///   - known: the blobs that have a row. A file without one was never acknowledged; its sender will send it again.
    ///   - live: the digests of versions that serve. Other layouts are made again when they are needed.
    static func run(_ folder: DataFolder, known: [String: Int], live: Set<String>) throws {
        if !names(folder.temporary).isEmpty { try renew(folder.temporary, trash: folder.trash) }
        let layouts = names(folder.artifacts)
        if !live.isSuperset(of: layouts) {
            let old = try renew(folder.artifacts, trash: folder.trash)
            // Should this fail, or the process end before it, the layouts are made again from the blobs.
            for layout in layouts where live.contains(layout) {
                _ = rename(old + "/" + layout, folder.artifacts + "/" + layout)
            }
        }
        for file in blobFiles(folder) where known[name(file)] == nil { unlink(file) }
        let trash = folder.trash
        guard !names(trash).isEmpty else { return }
        DispatchQueue.global(qos: .background).async {
            for name in names(trash) { try? FileManager.default.removeItem(atPath: trash + "/" + name) }
        }
    }

    /// Puts an empty folder in the place of one that is to go; returns where that is now.
    @discardableResult
    private static func renew(_ path: String, trash: String) throws -> String {
        let old = trash + "/" + UUID().uuidString
        guard rename(path, old) == 0 else { throw SystemError("move '\(path)' away") }
        guard mkdir(path, 0o700) == 0 else { throw SystemError("make the folder '\(path)'") }
        return old
    }

    /// The paths of all files that are named as blobs are.
    static func blobFiles(_ folder: DataFolder) -> [String] {
        names(folder.blobs).flatMap { shard in
            names(folder.blobs + "/" + shard).filter(Manifest.isDigest).map { "\(folder.blobs)/\(shard)/\($0)" }
        }
    }

    static func name(_ path: String) -> String { path.split(separator: "/").last.map { String($0) } ?? "" }

    private static func names(_ folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }
}
