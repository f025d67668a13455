import Journal

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A CSV file on its way (RFC 4180), which takes its name once it is whole.
final class LabelledFile {
    private let path: String
    private let temporary: String
    private let file: Int32
    private var pending: [UInt8] = []
    private var rows = 0
    private var isDone = false

    /// - Parameter inputs: the names of the columns before `prediction` and `truth`.
    init(_ path: String, inputs: [String]) throws(ControlError) {
        self.path = path
        temporary = path + ".part"
        unlink(temporary)
        file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Self.failure("make '\(path)'") }
        try write(inputs + ["prediction", "truth"])
    }

    deinit {
        close(file)
        if !isDone { unlink(temporary) }
    }

    func append(_ cells: [String]) throws(ControlError) {
        rows += 1
        try write(cells)
    }

    private func write(_ cells: [String]) throws(ControlError) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { pending.append(UInt8(ascii: ",")) }
            let utf8 = cell.utf8
            let mustQuote = utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }
            pending += mustQuote ? Array(("\"" + cell.replacing("\"", with: "\"\"") + "\"").utf8) : Array(utf8)
        }
        pending += [13, 10]
        if pending.count >= 256 << 10 { try flush() }
    }

    private func flush() throws(ControlError) {
        var done = 0
        while done < pending.count {
            let count = pending[done...].withUnsafeBytes { bytes in
                #if canImport(Glibc)
                    Glibc.write(file, bytes.baseAddress, bytes.count)
                #elseif canImport(Musl)
                    Musl.write(file, bytes.baseAddress, bytes.count)
                #else
                    Darwin.write(file, bytes.baseAddress, bytes.count)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write '\(path)'") }
            done += count
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// How many rows there are in it.
    func finish() throws(ControlError) -> Int {
        try flush()
        guard rename(temporary, path) == 0 else { throw Self.failure("replace '\(path)'") }
        isDone = true
        return rows
    }

    private static func failure(_ what: String) -> ControlError {
        let reason = String(cString: strerror(errno))
        return ControlError(
            errno == ENOSPC || errno == EDQUOT ? .storageFull : .internalFailure, "cannot \(what): \(reason)")
    }
}
