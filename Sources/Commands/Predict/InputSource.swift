#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where `predict` reads from.
enum InputSource: Sendable, Hashable {
    case file(String)
    case standardInput
    case text(String)

    static let dataName = "--data"

    /// What messages call it.
    var name: String {
        switch self {
        case .file(let path): path
        case .standardInput: "standard input"
        case .text: Self.dataName
        }
    }

    /// All of it. Blocks.
    func read() throws(Failure) -> [UInt8] {
        switch self {
        case .text(let text): return Array(text.utf8)
        case .standardInput: return try drain(STDIN_FILENO)
        case .file(let path):
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw Failure(
                    "\(path): \(errno == ENOENT ? "no such file" : String(cString: strerror(errno)).lowercased())")
            }
            defer { close(descriptor) }
            return try drain(descriptor)
        }
    }

    private func drain(_ descriptor: Int32) throws(Failure) -> [UInt8] {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, &chunk, chunk.count)
            #else
                let count = Darwin.read(descriptor, &chunk, chunk.count)
            #endif
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure("\(name): \(String(cString: strerror(errno)).lowercased())") }
            if count == 0 { return all }
            all += chunk.prefix(count)
        }
    }
}
