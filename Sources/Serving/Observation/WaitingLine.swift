/// Things that wait for another thread, in the order in which they came: small ones as bytes, large ones as they are. What
/// a small one was made of goes back to the allocator on the thread that it came from, where that costs least, and is not
/// read by two processors. For one thread at a time.
///
/// Large ones are with whoever has the line, in a list of their own; here it is only noted when they come.
package struct WaitingLine: ~Copyable {
    package enum Item {
        /// Valid only while it is looked at.
        case record(UnsafeRawBufferPointer)
        /// The next of the list.
        case whole
    }

    /// Bytes of memory that are held on to while nothing waits.
    private let keptCapacity: Int

    /// Things that wait.
    package private(set) var count = 0
    /// What they take.
    package private(set) var bytes = 0
    /// How many records follow each other; 0 for a large thing.
    private var parts: [Int] = []
    /// Each with its length before it.
    private var records = RecordBytes(capacity: 4096)

    /// - Parameter kept: bytes of memory that are held on to while nothing waits.
    package init(kept: Int = 1 << 20) { keptCapacity = kept }

    package mutating func appendWhole(bytes size: Int) {
        parts.append(0)
        count += 1
        bytes &+= size
    }

    /// - Parameter write: puts it into bytes, behind those that are there.
    package mutating func append(record write: (RecordBytes) -> Void) {
        let start = records.count
        records.write(UInt32(0))
        write(records)
        let length = records.count - start
        records.set(UInt32(truncatingIfNeeded: length - 4), at: start)
        count += 1
        bytes &+= length
        if let last = parts.last, last > 0 {
            parts[parts.count - 1] = last + 1
        } else {
            parts.append(1)
        }
    }

    package func forEach(_ body: (Item) -> Void) {
        var offset = 0
        for part in parts {
            if part == 0 { body(.whole) }
            for _ in 0..<part {
                let all = records.bytes
                let length = Int(UInt32(littleEndian: all.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                offset += 4
                body(.record(UnsafeRawBufferPointer(rebasing: all[offset..<offset + length])))
                offset += length
            }
        }
    }

    /// Leaves memory for as many again, unless that is very much.
    package mutating func removeAll() {
        (count, bytes) = (0, 0)
        parts.removeAll(keepingCapacity: true)
        if records.capacity > keptCapacity { records = RecordBytes(capacity: 4096) }
        records.cut(to: 0)
    }
}

/// It cannot be copied, so whoever has it has its memory alone.
extension WaitingLine: @unchecked Sendable {}
