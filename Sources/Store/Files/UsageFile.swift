import Foundation
import Identity
import Journal
import Synchronization

/// What keys used this month, in a file that is mapped into memory: to count costs two stores, and what was counted is in
/// the system's hands at once. So it is exact through any end of the process, `kill -9` included; of a power cut it may
/// lose what came in the last second or so, for the system writes the page when it likes.
///
/// A header of 64 bytes, then cells of 64: 32 bytes of the row's name, then month, requests and rows as 64-bit numbers of
/// the machine's own order. All of the file is allocated when it is made, so that a full disk cannot end a store.
final class UsageFile: UsageLedger {
    private static let magic: UInt64 = 0x3145_4741_5355_4C53
    private static let cellSize = 64
    private static let nameSize = 32
    /// With the header a file of 1 MiB.
    private static let cells = 16_383
    private static let size = (cells + 1) * cellSize

    private let memory: Mapping
    private let state: Mutex<State>

    private struct State {
        var places: [String: Int] = [:]
        var free: [Int] = []
    }

    /// Opens the file, or makes it. Cells of earlier months are free again.
    init(path: String, now: Timestamp) throws {
        memory = try Mapping(path: path, size: Self.size)
        let month = CalendarMonth(of: now)
        var state = State()
        if memory.word(0) != Self.magic {
            memory.clear()
            memory.setWord(0, Self.magic)
        }
        for place in (1...Self.cells).reversed() {
            let cell = Cell(memory: memory, offset: place * Self.cellSize)
            if let name = cell.name, cell.read().month >= month, state.places[name] == nil {
                state.places[name] = place
            } else {
                state.free.append(place)
            }
        }
        self.state = Mutex(state)
    }

    func cell(of lineage: String) -> (any UsageCell)? {
        guard (1...Self.nameSize).contains(lineage.utf8.count) else { return nil }
        return state.withLock { state in
            if let place = state.places[lineage] { return Cell(memory: memory, offset: place * Self.cellSize) }
            guard let place = state.free.popLast() else { return nil }
            state.places[lineage] = place
            let cell = Cell(memory: memory, offset: place * Self.cellSize)
            cell.claim(for: lineage)
            return cell
        }
    }

    /// Has the system write what was counted, for a stop of the machine that may follow.
    func sync() { memory.sync() }

    private final class Cell: UsageCell {
        private let memory: Mapping
        private let offset: Int

        init(memory: Mapping, offset: Int) {
            self.memory = memory
            self.offset = offset
        }

        var name: String? {
            let bytes = memory.bytes(offset, count: UsageFile.nameSize)
            let text = bytes.prefix { $0 != 0 }
            return text.isEmpty ? nil : String(validating: text, as: UTF8.self)
        }

        func claim(for lineage: String) {
            memory.setWord(offset + 32, 0)
            memory.setWord(offset + 40, 0)
            memory.setWord(offset + 48, 0)
            var name = Array(lineage.utf8)
            name += [UInt8](repeating: 0, count: UsageFile.nameSize - name.count)
            memory.setBytes(offset, name)
        }

        func read() -> UsageCount {
            UsageCount(
                month: CalendarMonth(index: number(32)), requests: max(0, number(40)), rows: max(0, number(48)))
        }

        /// A new month's counts come before its name: whatever of them is there when the process ends, is no more than
        /// what was used.
        func write(_ count: UsageCount) {
            memory.setWord(offset + 40, UInt64(bitPattern: Int64(count.requests)))
            memory.setWord(offset + 48, UInt64(bitPattern: Int64(count.rows)))
            memory.setWord(offset + 32, UInt64(bitPattern: Int64(count.month.index)))
        }

        private func number(_ at: Int) -> Int { Int(truncatingIfNeeded: Int64(bitPattern: memory.word(offset + at))) }
    }
}

/// A file of fixed size in memory, shared with the system.
private final class Mapping: @unchecked Sendable {
    // Words are aligned, so none is ever half written; who uses which is for `UsageFile` and its callers to say.
    private let base: UnsafeMutableRawPointer
    private let size: Int

    init(path: String, size: Int) throws {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw SystemError("open '\(path)'") }
        defer { close(file) }
        let code = posix_fallocate(file, 0, off_t(size))
        guard code == 0 else { throw SystemError(number: code, "make room for '\(path)'") }
        guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), base != MAP_FAILED else {
            throw SystemError("map '\(path)'")
        }
        self.base = base
        self.size = size
    }

    deinit { munmap(base, size) }

    func word(_ offset: Int) -> UInt64 { base.load(fromByteOffset: offset, as: UInt64.self) }

    func setWord(_ offset: Int, _ value: UInt64) { base.storeBytes(of: value, toByteOffset: offset, as: UInt64.self) }

    func bytes(_ offset: Int, count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + offset, count: count)
    }

    func setBytes(_ offset: Int, _ bytes: [UInt8]) {
        UnsafeMutableRawBufferPointer(start: base + offset, count: bytes.count).copyBytes(from: bytes)
    }

    func clear() { memset(base, 0, size) }

    func sync() { msync(base, size, MS_SYNC) }
}
