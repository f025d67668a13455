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

// For the C structures: which module they belong to depends on what the compiler met first.
#if canImport(CoreFoundation)
    import CoreFoundation
#endif

/// The keys and tokens that `slipway login` remembers, by server; only their owner may read the file.
struct CredentialFile: Sendable {
    let path: String

    /// `$XDG_CONFIG_HOME/slipway/credentials.json`, else below `~/.config`; `nil` where there is no home.
    init?(environment: [String: String]) {
        func folder(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
        guard let base = folder("XDG_CONFIG_HOME") ?? folder("HOME").map({ $0 + "/.config" }) else { return nil }
        path = base + "/slipway/credentials.json"
    }

    private struct Contents: Codable {
        var servers: [String: String] = [:]
    }

    /// What is remembered for a server; a key is sent to the very server that it was stored for, and no other.
    func token(for server: String) throws(Failure) -> String? { try read().servers[Self.name(server)] }

    /// Remembers a token, or forgets with `nil`.
    func store(_ token: String?, for server: String) throws(Failure) {
        var contents = try read()
        contents.servers[Self.name(server)] = token
        try write(contents)
    }

    /// The same server has one name, however its address is written.
    private static func name(_ server: String) -> String {
        var name = server.lowercased()
        while name.hasSuffix("/") { name.removeLast() }
        return name
    }

    private func read() throws(Failure) -> Contents {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            guard errno == ENOENT || errno == ENOTDIR else { throw failure("cannot be read") }
            return Contents()
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure("cannot be read") }
        guard status.st_mode & 0o077 == 0 else {
            throw Failure(
                "\(path) may be read by others, and there are keys in it", hint: "chmod 600 \(path)",
                code: .configuration)
        }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = readBytes(file, &piece, piece.count)
            guard count >= 0, bytes.count < 1 << 20 else { throw failure("cannot be read") }
            if count == 0 { break }
            bytes += piece.prefix(count)
        }
        do {
            return try JSONDecoder().decode(Contents.self, from: Data(bytes))
        } catch {
            throw Failure(
                "\(path) is not what `slipway login` writes", hint: "remove it and log in again", code: .configuration)
        }
    }

    /// A new file takes the old one's place, so that there is always a whole one.
    private func write(_ contents: Contents) throws(Failure) {
        let folder = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex))
        makeFolders(folder)
        let new = "\(path).\(getpid())"
        unlink(new)
        let file = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("cannot be written") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = Array((try? encoder.encode(contents)) ?? Data()) + [UInt8(ascii: "\n")]
        let isWritten = bytes.withUnsafeBytes { writeBytes(file, $0.baseAddress, $0.count) } == bytes.count
        guard isWritten, fsync(file) == 0, close(file) == 0, rename(new, path) == 0 else {
            unlink(new)
            throw failure("cannot be written")
        }
    }

    /// Each that is missing, for their owner alone.
    private func makeFolders(_ folder: String) {
        var path = ""
        for name in folder.split(separator: "/") {
            path += "/" + name
            mkdir(path, 0o700)
        }
    }

    private func failure(_ what: String) -> Failure {
        Failure("\(path) \(what): \(String(cString: strerror(errno)))", code: .configuration)
    }
}

private func readBytes(_ file: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(file, bytes, count)
}

private func writeBytes(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
