#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files that a push would send, found on this machine and checked before anything is sent.
///
/// A folder is walked whole. What could reach outside of it is refused, not followed: symbolic links, files that have
/// another name (hard link) elsewhere, devices, pipes and sockets. Hidden files and folders (`.git`, `.DS_Store`) are
/// left out and named in `leftOut`.
public struct Artifact: Sendable, Hashable {
    /// One file that is sent.
    public struct File: Sendable, Hashable {
        /// Its path inside the version, with `/`.
        public let path: String
        /// Where it is on this machine.
        public let location: String
        /// Bytes, as found before anything is sent.
        public let size: Int
    }

    /// Files of one version at most.
    public static let mostFiles = 4_096
    /// Folders inside folders at most.
    public static let deepestFolder = 16

    /// The path of golden inputs inside a version, and of the profile that drift is measured against.
    public static let goldenFile = "golden.json"
    public static let referenceFile = "reference.profile"

    /// Sorted by path.
    public private(set) var files: [File]
    /// Hidden files and folders that stay behind, by their path inside the folder.
    public let leftOut: [String]
    /// Whether the path named a folder; else there is exactly one file.
    public let isFolder: Bool

    /// Bytes of all files.
    public var size: Int { files.reduce(0) { $0 + $1.size } }

    /// - Parameter path: a file, or a folder with one model in it. The path itself may be a symbolic link.
    public init(path: String) throws(ClientError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .file(path: path, problem: errorText(errno), hint: "check the path to the model file or folder")
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            isFolder = false
            leftOut = []
            let name = path.split(separator: "/").last.map(String.init) ?? path
            files = [File(path: name, location: path, size: Int(status.st_size))]
            try ExternalData.refuseMissing(in: path)
        case S_IFDIR:
            isFolder = true
            var walk = FolderWalk(root: path)
            try walk.visit("", depth: 0)
            (files, leftOut) = try walk.finish()
        default:
            throw .file(path: path, problem: "neither a file nor a folder", hint: nil)
        }
        if let empty = files.first(where: { $0.size == 0 && !isFolder }) {
            throw .file(path: empty.location, problem: "is empty", hint: "was it saved completely?")
        }
    }
}

extension Artifact {
    /// Adds the file at `path` as the version's golden inputs.
    public mutating func add(golden path: String) throws(ClientError) {
        try add(path, as: Self.goldenFile, called: "golden inputs", what: "golden inputs are one JSON file")
    }

    /// Adds the file at `path` as the profile that drift is measured against.
    public mutating func add(reference path: String) throws(ClientError) {
        try add(path, as: Self.referenceFile, called: "reference profile", what: "a reference profile is one file")
    }

    private mutating func add(_ path: String, as name: String, called: String, what: String) throws(ClientError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .file(path: path, problem: errorText(errno), hint: "check the path to the \(called)")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .file(path: path, problem: "is not a file", hint: what)
        }
        guard !files.contains(where: { $0.path == name }) else {
            throw .file(path: path, problem: "the folder has a \(name) already", hint: "leave one of the two out")
        }
        files.append(File(path: name, location: path, size: Int(status.st_size)))
        files.sort { $0.path < $1.path }
    }
}

/// One walk through a folder, and what it has met.
private struct FolderWalk {
    let root: String
    private var files: [Artifact.File] = []
    private var leftOut: [String] = []
    /// How many names each file with several names has, and how many of them were met inside.
    private var names: [FileIdentity: (all: Int, met: Int, location: String)] = [:]

    private struct FileIdentity: Hashable {
        let device: UInt64
        let number: UInt64
    }

    init(root: String) { self.root = root }

    mutating func visit(_ folder: String, depth: Int) throws(ClientError) {
        let location = folder.isEmpty ? root : "\(root)/\(folder)"
        guard depth <= Artifact.deepestFolder else {
            throw .file(
                path: location, problem: "more than \(Artifact.deepestFolder) folders deep",
                hint: "push the folder that holds the model itself")
        }
        let entries: [String]
        do { entries = try FileManager.default.contentsOfDirectory(atPath: location).sorted() } catch {
            throw .file(path: location, problem: "the folder cannot be read", hint: nil)
        }
        for entry in entries {
            let path = folder.isEmpty ? entry : "\(folder)/\(entry)"
            if entry.hasPrefix(".") {
                leftOut.append(path)
            } else {
                try meet(path, depth: depth)
            }
        }
    }

    private mutating func meet(_ path: String, depth: Int) throws(ClientError) {
        let location = "\(root)/\(path)"
        guard !path.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F || $0 == "\\" }) else {
            throw .file(
                path: location, problem: "its name has a backslash or a control character in it", hint: "rename it")
        }
        var status = stat()
        guard lstat(location, &status) == 0 else {
            throw .file(path: location, problem: errorText(errno), hint: nil)
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: try visit(path, depth: depth + 1)
        case S_IFREG: try add(path, status)
        case S_IFLNK:
            throw .file(
                path: location, problem: "is a symbolic link, which could lead out of the folder",
                hint: "put the file itself in its place: cp -rL \(root) COPY makes such a folder")
        default:
            throw .file(
                path: location, problem: "is a device, a pipe or a socket, not a file",
                hint: "remove it from the folder")
        }
    }

    private mutating func add(_ path: String, _ status: stat) throws(ClientError) {
        guard files.count < Artifact.mostFiles else {
            throw .file(
                path: root, problem: "has more than \(Artifact.mostFiles) files in it",
                hint: "push a folder that holds the model's files and nothing else")
        }
        let location = "\(root)/\(path)"
        files.append(.init(path: path, location: location, size: Int(status.st_size)))
        if status.st_nlink > 1 {
            let identity = FileIdentity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
            names[identity, default: (Int(status.st_nlink), 0, location)].met += 1
        }
    }

    func finish() throws(ClientError) -> (files: [Artifact.File], leftOut: [String]) {
        if let outside = names.values.filter({ $0.met < $0.all }).map(\.location).min() {
            throw .file(
                path: outside, problem: "has another name outside of the folder (a hard link)",
                hint: "put a copy in its place: cp -r \(root) COPY makes such a folder")
        }
        guard !files.isEmpty else {
            throw .file(path: root, problem: "has no files in it", hint: "push the folder that holds the model")
        }
        return (files.sorted { $0.path < $1.path }, leftOut)
    }
}
