import Crypto
import Foundation
import Journal

/// Reads a backup's archive from front to back and refuses every byte that is not where it belongs: names, sizes and order
/// are those that the manifest gives, and there is one way to write each header.
struct ArchiveReader: ~Copyable {
    let path: String
    /// Of the whole file.
    let size: Int
    private let descriptor: Int32
    private var position = 0
    private var seal = SHA256()

    init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open '\(path)'") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw Self.refusal(path, "it is not a regular file")
        }
        self.path = path
        self.descriptor = descriptor
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// The first file of the archive, whose size nobody has said before.
    mutating func manifest() throws -> BackupManifest {
        let header = try bytes(TarHeader.block)
        guard let size = Self.statedSize(header), size <= BackupManifest.maximumSize,
            TarHeader.bytes(name: BackupManifest.name, size: size) == header
        else { throw refusal("it does not begin as a backup of Slipway's") }
        let content = try bytes(size)
        try padding(behind: size)
        guard let manifest = try? JSONDecoder().decode(BackupManifest.self, from: Data(content)),
            manifest.format == BackupManifest.form
        else { throw refusal("its list of files cannot be read, or is that of another release") }
        guard let whole = manifest.archiveSize(manifest: size), manifest.files.allSatisfy({ $0.size >= 0 }) else {
            throw refusal("its list of files has sizes that cannot be")
        }
        guard whole == self.size else {
            throw refusal(
                "it has \(self.size) bytes, and should have \(whole): it was cut off, or something was added")
        }
        var seen: Set<String> = []
        // The database and the key, without which an empty folder would pass for a restored one.
        for name in [DataFolder.databaseName, DataFolder.auditKeyName]
        where !manifest.files.contains(where: { $0.path == name }) { throw refusal("it has no '\(name)'") }
        for file in manifest.files where !BackupManifest.isKnown(file) || !seen.insert(file.path).inserted {
            throw refusal("its list of files has '\(Name.excerpt(of: file.path))', which no backup has, or has twice")
        }
        return manifest
    }

    /// The next file of the archive, which has to be this one; `body` gets its bytes, a piece at a time. Its digest is
    /// checked at the end: what was written before belongs to a folder that nobody sees yet.
    mutating func file(_ file: BackupManifest.File, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard try bytes(TarHeader.block) == TarHeader.bytes(name: file.path, size: file.size) else {
            throw refusal("the file that should be '\(file.path)' is another one, or its header is damaged")
        }
        var hasher = SHA256()
        var left = file.size
        while left > 0 {
            let piece = try bytes(min(left, Hashing.chunk))
            hasher.update(data: piece)
            try piece.withUnsafeBytes(body)
            left -= piece.count
        }
        try padding(behind: file.size)
        let sha256 = hasher.finalize().hexadecimal
        guard sha256 == file.sha256 else {
            throw refusal("digest mismatch: '\(file.path)' should have SHA-256 \(file.sha256), and has \(sha256)")
        }
    }

    /// The end: what was read is what was written.
    mutating func end() throws {
        let expected = Array((seal.finalize().hexadecimal + "\n").utf8)
        let header = try bytes(TarHeader.block)
        guard header == TarHeader.bytes(name: BackupManifest.sealName, size: BackupManifest.sealSize),
            try bytes(BackupManifest.sealSize) == expected
        else { throw refusal("its own checksum does not fit: some byte of it was changed") }
        try padding(behind: BackupManifest.sealSize)
        guard try bytes(TarHeader.end.count) == TarHeader.end, position == size else {
            throw refusal("it does not end as a backup of Slipway's")
        }
    }

    private mutating func padding(behind size: Int) throws {
        let filler = try bytes(TarHeader.padding(size))
        guard filler.allSatisfy({ $0 == 0 }) else { throw refusal("there is something between its files") }
    }

    private mutating func bytes(_ count: Int) throws -> [UInt8] {
        guard count <= size - position else { throw refusal("it ends too early") }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        let descriptor = descriptor
        while done < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Foundation.read(descriptor, buffer.baseAddress.map { $0 + done }, count - done)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw SystemError("read '\(path)'") }
            guard got > 0 else { throw refusal("it ends too early") }
            done += got
        }
        position += count
        seal.update(data: bytes)
        return bytes
    }

    /// What the size field of a header says, in octal: the manifest is never so large that it stands there otherwise.
    private static func statedSize(_ header: [UInt8]) -> Int? {
        var size = 0
        for digit in header[124..<135] {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "7") else { return nil }
            size = size << 3 | Int(digit - UInt8(ascii: "0"))
        }
        return size
    }

    private borrowing func refusal(_ why: String) -> ControlError { Self.refusal(path, why) }

    private static func refusal(_ path: String, _ why: String) -> ControlError {
        ControlError(
            .digestMismatch, "the backup '\(path)' cannot be restored: \(why)",
            hint: "nothing was restored; take another copy of the backup")
    }
}
