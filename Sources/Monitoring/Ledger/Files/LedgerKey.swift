import Crypto
import Serving
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `ledger/.key`: 32 random bytes that hashes of values are made with, for their owner's eyes alone. Made when it is first
/// needed.
final class LedgerKey: Sendable {
    private let folder: String
    private let calls: FileCalls
    private let known = Mutex<SymmetricKey?>(nil)

    init(folder: String, calls: FileCalls) {
        self.folder = folder
        self.calls = calls
    }

    func value() throws(FileFailure) -> SymmetricKey {
        let result = known.withLock { known -> Result<SymmetricKey, FileFailure> in
            if let known { return .success(known) }
            do throws(FileFailure) {
                if let key = try read() {
                    known = key
                    return .success(key)
                }
                let key = try make()
                known = key
                return .success(key)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private var path: String { folder + "/.key" }

    private func read() throws(FileFailure) -> SymmetricKey? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if file < 0, errno == ENOENT { return nil }
        guard file >= 0 else { throw FileFailure("open '\(path)'") }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 33)
        let count = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, 0) }
        guard count == 32 else { throw FileFailure(number: EINVAL, "use '\(path)', which is no key of 32 bytes") }
        return SymmetricKey(data: bytes.prefix(32))
    }

    /// Whole or not at all: another key would make other hashes of the same values.
    private func make() throws(FileFailure) -> SymmetricKey {
        try LedgerFolder.make(folder)
        let key = SymmetricKey(size: .bits256)
        let temporary = path + SegmentName.newSuffix
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw FileFailure("make '\(temporary)'") }
        defer { close(file) }
        let written = key.withUnsafeBytes { bytes -> Result<Void, FileFailure> in
            do throws(FileFailure) {
                return .success(try calls.writeAll(bytes, to: file, path: temporary))
            } catch {
                return .failure(error)
            }
        }
        try written.get()
        guard fsync(file) == 0 else { throw FileFailure("sync '\(temporary)'") }
        guard rename(temporary, path) == 0 else { throw FileFailure("make '\(path)'") }
        try LedgerFolder.sync(folder)
        return key
    }
}
