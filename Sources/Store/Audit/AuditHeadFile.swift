import Foundation
import Journal

/// Signed heads, one line of JSON each, oldest first. Lines are only ever appended; what a crash left of one is cut off
/// before the next is written.
struct AuditHeadFile: Sendable {
    let path: String
    private let calls: FileCalls
    /// Longer than any line of ours.
    private static let longestLine = 4096

    init(_ path: String, calls: FileCalls) {
        self.path = path
        self.calls = calls
    }

    var hasHeads: Bool {
        get throws { try size() > 0 }
    }

    /// Bytes; 0 where there is no file.
    private func size() throws -> Int {
        var status = stat()
        if lstat(path, &status) == 0 { return Int(status.st_size) }
        guard errno == ENOENT else { throw SystemError("look at '\(path)'") }
        return 0
    }

    /// The head of the last whole line; `nil` where there is none. Throws a `ControlError` where it cannot be read as one.
    func last() throws -> AuditHead? {
        let size = try size()
        guard size > 0 else { return nil }
        let file = try open(O_RDONLY)
        defer { close(file) }
        let start = max(0, size - 2 * Self.longestLine)
        var bytes = [UInt8](repeating: 0, count: size - start)
        let count = pread(file, &bytes, bytes.count, off_t(start))
        guard count >= 0 else { throw SystemError("read '\(path)'") }
        let whole = bytes.prefix(count).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .dropLast()
        guard let line = whole.last else { return nil }
        guard let head = Self.head(line) else {
            throw ControlError(.internalFailure, "the last line of '\(path)' is no signed head")
        }
        return head
    }

    /// Every head, and what else stands there.
    func read() throws -> (heads: [AuditHead], problems: [String]) {
        guard try size() > 0 else { return ([], []) }
        var content: [UInt8] = []
        _ = try Hashing.read(path) { content += $0 }
        var heads: [AuditHead] = []
        var problems: [String] = []
        // Behind the last line end there is nothing, or what a crash left.
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        for (index, line) in lines.enumerated() {
            if let head = Self.head(line) {
                heads.append(head)
            } else {
                problems.append("line \(index + 1) of '\(path)' is no signed head")
            }
        }
        return (heads, problems)
    }

    /// Appends a head; it is on disk when this returns.
    func append(_ head: AuditHead) throws {
        let isNew = try size() == 0
        let file = try open(O_RDWR | O_CREAT)
        defer { close(file) }
        let end = try wholeLines(file)
        guard ftruncate(file, off_t(end)) == 0, lseek(file, off_t(end), SEEK_SET) >= 0 else {
            throw SystemError("write '\(path)'")
        }
        let line = Array((try StoredTransaction.json(head) + "\n").utf8)
        do {
            try line.withUnsafeBytes { try calls.writeAll($0, to: file, path: path) }
            try calls.sync(file, path: path)
        } catch {
            // Half a line is no line; should this fail too, the next one to append sees to it.
            _ = ftruncate(file, off_t(end))
            throw error
        }
        if isNew { try calls.syncFolder((path as NSString).deletingLastPathComponent) }
    }

    /// Where the last whole line ends.
    private func wholeLines(_ file: Int32) throws -> Int {
        let size = try size()
        let start = max(0, size - Self.longestLine)
        var bytes = [UInt8](repeating: 0, count: size - start)
        let count = pread(file, &bytes, bytes.count, off_t(start))
        guard count >= 0 else { throw SystemError("read '\(path)'") }
        guard let end = bytes.prefix(count).lastIndex(of: UInt8(ascii: "\n")) else { return start }
        return start + end + 1
    }

    private func open(_ flags: Int32) throws -> Int32 {
        let file = Foundation.open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw SystemError("open '\(path)'") }
        return file
    }

    private static func head(_ line: some Collection<UInt8>) -> AuditHead? {
        try? JSONDecoder().decode(AuditHead.self, from: Data(line))
    }
}
