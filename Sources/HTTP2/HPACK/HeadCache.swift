/// Heads by the bytes they were decoded from: clients ask for the same thing again and again, and from the second time
/// on their header blocks are the same few bytes.
///
/// Only blocks that leave the table as it was are kept, and only until the table changes.
struct HeadCache {
    private struct Entry {
        var block: [UInt8]
        var head: HTTP2RequestHead
    }

    private static let capacity = 4
    private static let longest = 1024

    private var entries: [Entry] = []
    private var next = 0
    private var generation = 0

    func find(_ block: UnsafeRawBufferPointer, generation: Int) -> HTTP2RequestHead? {
        guard generation == self.generation else { return nil }
        for entry in entries where entry.block.count == block.count && entry.block.elementsEqual(block) {
            return entry.head
        }
        return nil
    }

    mutating func keep(_ head: HTTP2RequestHead, for block: UnsafeRawBufferPointer, generation: Int) {
        guard block.count <= Self.longest else { return }
        if generation != self.generation {
            self.generation = generation
            entries.removeAll()
            next = 0
        }
        let entry = Entry(block: Array(block), head: head)
        if entries.count < Self.capacity {
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % Self.capacity
        }
    }
}
