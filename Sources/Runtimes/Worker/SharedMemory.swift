import CWorkerMemory
import Glibc

/// Memory that the server and one worker both see. Its size is sealed before anybody else has it, so that reading it can
/// fail for nobody; what it holds can change at any time, and is copied before it is believed.
final class SharedMemory: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let byteCount: Int

    /// Memory that the descriptor stands for, all of it; the descriptor is closed, and no longer needed. `nil`, with
    /// `errno`, when there is no room for it.
    init?(taking descriptor: CInt, byteCount: Int) {
        defer { close(descriptor) }
        guard byteCount > 0,
            let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), base != MAP_FAILED
        else { return nil }
        self.base = base
        self.byteCount = byteCount
    }

    deinit {
        munmap(base, byteCount)
    }

    /// New memory, and a descriptor of it for the other side. `nil`, with `errno`, when the system gives none.
    static func make(byteCount: Int) -> (memory: SharedMemory, descriptor: CInt)? {
        let descriptor = WorkerMemoryCreate(byteCount)
        guard descriptor >= 0 else { return nil }
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else {
            close(descriptor)
            return nil
        }
        guard let memory = SharedMemory(taking: copy, byteCount: byteCount) else {
            close(descriptor)
            return nil
        }
        return (memory, descriptor)
    }

    /// Gives the pages behind the first `kept` bytes back to the system; they read as zeros again.
    func giveBack(beyond kept: Int) {
        guard byteCount > kept else { return }
        let remove: CInt = 9  // MADV_REMOVE
        madvise(base + kept, byteCount - kept, remove)
    }
}

/// Reads memory that another process may be changing, each byte once and never outside.
struct SharedReader {
    private let memory: SharedMemory
    private(set) var offset: Int

    init(_ memory: SharedMemory, at offset: Int) {
        self.memory = memory
        self.offset = offset
    }

    mutating func next<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) throws(WorkerFault) -> Value {
        let size = MemoryLayout<Value>.size
        guard offset >= 0, offset <= memory.byteCount - size else { throw WorkerFault("it ends in the middle") }
        var value: Value = 0
        WorkerCopy(&value, memory.base + offset, size)
        offset += size
        return value
    }

    /// The next `count` bytes.
    mutating func bytes(_ count: Int) throws(WorkerFault) -> [UInt8] {
        guard count >= 0, offset >= 0, offset <= memory.byteCount, count <= memory.byteCount - offset else {
            throw WorkerFault("it ends in the middle")
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            if let target = buffer.baseAddress, count > 0 { WorkerCopy(target, memory.base + offset, count) }
            filled = count
        }
        offset += count
        return bytes
    }

    /// Checks that `count` bytes at `offset` are inside, and aligned for every element.
    func check(offset: UInt64, count: UInt64) throws(WorkerFault) -> (offset: Int, count: Int) {
        guard let start = Int(exactly: offset), let count = Int(exactly: count),
            start.isMultiple(of: SharedLayout.alignment), start <= memory.byteCount, count <= memory.byteCount - start
        else { throw WorkerFault("a tensor lies outside") }
        return (start, count)
    }
}

/// Writes to memory that nobody else writes to now. Whoever uses it has counted the bytes before.
struct SharedWriter {
    private let memory: SharedMemory
    private(set) var offset: Int

    init(_ memory: SharedMemory, at offset: Int) {
        self.memory = memory
        self.offset = offset
    }

    mutating func write<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        guard offset <= memory.byteCount - MemoryLayout<Value>.size else { return }
        memory.base.storeBytes(of: value, toByteOffset: offset, as: Value.self)
        offset += MemoryLayout<Value>.size
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count <= memory.byteCount - offset else { return }
        (memory.base + offset).copyMemory(from: source, byteCount: bytes.count)
        offset += bytes.count
    }

    /// Moves on to where a tensor may lie.
    mutating func align() { offset = SharedLayout.aligned(offset) }
}

/// What another process left where an answer was to be is none.
struct WorkerFault: Error, Sendable, Hashable {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// Where things lie in shared memory.
///
/// Control memory has a block for each slot: words that the server writes, and on a cache line of its own the one that
/// the worker writes. A slot's area holds one call: head, inputs, and behind them the answer.
enum SharedLayout {
    /// Of tensors: a cache line, and enough for every vector instruction.
    static let alignment = 64
    static let blockBytes = 256
    /// Offsets within a block.
    static let asked = 0
    static let command = 4
    static let generation = 8
    static let answered = 128
    /// What a slot's area has at first. Pages that nobody touches cost nothing.
    static let firstAreaBytes = 256 << 10

    static func aligned(_ offset: Int) -> Int { (offset &+ alignment &- 1) & ~(alignment &- 1) }

    /// The sum of `sizes`, each of which begins aligned; `nil` when that overflows.
    static func total(_ start: Int, _ sizes: some Sequence<Int>) -> Int? {
        var total = start
        for size in sizes {
            let (padded, tooFar) = total.addingReportingOverflow(alignment)
            let (sum, overflow) = (padded & ~(alignment - 1)).addingReportingOverflow(size)
            guard !tooFar, !overflow else { return nil }
            total = sum
        }
        return total
    }
}
