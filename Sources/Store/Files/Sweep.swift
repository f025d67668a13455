import Foundation
import Registry

/// At start, before anybody else is let in: removes what a crash left and nothing refers to.
enum Sweep {
    /// - Parameters:
    ///   - known: the blobs that have a row. A file without one was never acknowledged; its sender will send it again.
    ///   - live: the digests of versions that serve. Other layouts are made again when they are needed.
    static func run(_ folder: DataFolder, known: [String: Int], live: Set<String>) {
        for path in entries(folder.temporary) { remove(path) }
        for path in entries(folder.artifacts) where !live.contains(name(path)) { remove(path) }
        for file in blobFiles(folder) where known[name(file)] == nil { remove(file) }
    }

    /// The paths of all files that are named as blobs are.
    static func blobFiles(_ folder: DataFolder) -> [String] {
        entries(folder.blobs).flatMap(entries).filter { Manifest.isDigest(name($0)) }
    }

    static func name(_ path: String) -> String { (path as NSString).lastPathComponent }

    private static func entries(_ folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.map { folder + "/" + $0 }
    }

    private static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}
