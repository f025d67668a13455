import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that comes into being whole or not at all: written beside its place under a name of its own, then renamed.
///
/// What a killed program left under that name is written over by the next; two at once refuse each other.
final class PartialFile: Sendable {
    let path: String
    private let temporary: String
    /// -1 once it is over.
    private let file: Mutex<Int32>

    /// - Parameter path: whatever is there is replaced at the end, and until then stays as it is.
    init(_ path: String) throws(ClientError) {
        self.path = path
        temporary = path + ".partial"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .file(path: temporary, problem: errorText(errno), hint: nil) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .file(path: temporary, problem: "another program is writing it", hint: "wait for it to end")
        }
        guard ftruncate(descriptor, 0) == 0, fchmod(descriptor, 0o600) == 0 else {
            let problem = errorText(errno)
            close(descriptor)
            throw .file(path: temporary, problem: problem, hint: nil)
        }
        file = Mutex(descriptor)
    }

    deinit {
        let descriptor = file.withLock { $0 }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Appends. Blocks.
    func write(_ bytes: UnsafeRawBufferPointer) throws(ClientError) {
        let number = file.withLock { descriptor in
            var done = 0
            while done < bytes.count {
                let count = Self.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return errno }
                done += count
            }
            return 0
        }
        guard number == 0 else { throw failure(number) }
    }

    private static func write(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, start, count)
        #else
            Darwin.write(descriptor, start, count)
        #endif
    }

    /// Makes the file durable and puts it in its place. Blocks.
    func finish() throws(ClientError) {
        let number = file.withLock { descriptor in
            while fsync(descriptor) != 0 {
                guard errno == EINTR else { return errno }
            }
            guard rename(temporary, path) == 0 else { return errno }
            close(descriptor)
            descriptor = -1
            return 0
        }
        guard number == 0 else { throw failure(number) }
        let end = path.lastIndex(of: "/")
        let parent = open(end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".", O_RDONLY | O_CLOEXEC)
        guard parent >= 0 else { return }
        fsync(parent)
        close(parent)
    }

    /// Removes what there is. Blocks.
    func abandon() {
        file.withLock { descriptor in
            guard descriptor >= 0 else { return }
            unlink(temporary)
            close(descriptor)
            descriptor = -1
        }
    }

    private func failure(_ number: Int32) -> ClientError {
        let isFull = number == ENOSPC || number == EDQUOT || number == EFBIG
        return .file(
            path: path, problem: isFull ? "no room left" : errorText(number),
            hint: isFull ? "free some space there, or name another place; nothing was kept" : nil)
    }
}
