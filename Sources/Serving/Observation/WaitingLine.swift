/// Things that wait for another thread, in the order in which they came: small ones as bytes, large ones as they are. What
/// a small one was made of goes back to the allocator on the thread that it came from, where that costs least, and is not
/// read by two processors. For one thread at a time.
package struct WaitingLine<Whole>: ~Copyable {
    package enum Item {
        /// Valid only while it is looked at.
        case record(UnsafeRawBufferPointer)
        case whole(Whole)
    }

    private enum Part {
        case records(Int)
        case whole(Whole)
    }

    /// Bytes of memory that are held on to while nothing waits.
    private static var keptCapacity: Int { 1 << 20 }

    /// Things that wait.
    package private(set) var count = 0
    /// What they take.
    package private(set) var bytes = 0
    private var parts: [Part] = []
    /// Each with its length before it.
    private var records = RecordBytes(capacity: 4096)

    package init() {}

    package mutating func append(_ whole: Whole, bytes size: Int) {
        parts.append(.whole(whole))
        count += 1
        bytes &+= size
    }

    /// - Parameter write: puts it into bytes, behind those that are there.
    @inline(__always)
    package mutating func append(record write: (RecordBytes) -> Void) {
        let start = records.count
        records.write(UInt32(0))
        write(records)
        let length = records.count - start
        records.set(UInt32(truncatingIfNeeded: length - 4), at: start)
        count += 1
        bytes &+= length
        if let last = parts.indices.last, case .records(let number) = parts[last] {
            parts[last] = .records(number + 1)
        } else {
            parts.append(.records(1))
        }
    }

    package func forEach(_ body: (Item) -> Void) {
        var offset = 0
        for part in parts {
            switch part {
            case .whole(let whole): body(.whole(whole))
            case .records(let number):
                for _ in 0..<number {
                    let all = records.bytes
                    let length = Int(UInt32(littleEndian: all.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                    offset += 4
                    body(.record(UnsafeRawBufferPointer(rebasing: all[offset..<offset + length])))
                    offset += length
                }
            }
        }
    }

    /// Leaves memory for as many again, unless that is very much.
    package mutating func removeAll() {
        (count, bytes) = (0, 0)
        parts.removeAll(keepingCapacity: true)
        if records.capacity > Self.keptCapacity { records = RecordBytes(capacity: 4096) }
        records.cut(to: 0)
    }
}

/// It cannot be copied, so whoever has it has its memory alone.
extension WaitingLine: @unchecked Sendable where Whole: Sendable {}
