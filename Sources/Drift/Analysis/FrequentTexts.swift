/// The texts that come most often in a stream, in bounded memory: each that makes up more than 1 / `capacity` of it is
/// there, with a count that is too large by at most `error`. Metwally, Agrawal and El Abbadi, "Efficient Computation of
/// Frequent and Top-k Elements in Data Streams" (2005), known as space-saving.
package struct FrequentTexts: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package var count: Int
        /// By how much `count` may be too large.
        package var error: Int
    }

    /// Bytes of a text by which it is told from others; a longer one is known by its beginning and a checksum of all.
    static let longest = 64

    package let capacity: Int
    package private(set) var entries: [String: Entry] = [:]
    package private(set) var count = 0
    /// Whether each text that came is there, with its true count.
    package private(set) var isExact = true

    package init(capacity: Int) { self.capacity = max(1, capacity) }

    /// As it was once.
    init(capacity: Int, count: Int, isExact: Bool, entries: [String: Entry]) {
        self.init(capacity: capacity)
        self.count = count
        self.isExact = isExact
        self.entries = entries
    }

    package mutating func add(_ text: String, count added: Int = 1) {
        count += added
        if entries[text] != nil {
            entries[text]?.count += added
        } else if entries.count < capacity {
            entries[text] = Entry(count: added, error: 0)
        } else if let least = entries.min(by: { ($0.value.count, $0.key) < ($1.value.count, $1.key) }) {
            isExact = false
            entries[least.key] = nil
            entries[text] = Entry(count: least.value.count + added, error: least.value.count)
        }
    }

    /// What both have seen: a text that one of them does not have may have been let go of there, and counts with the least
    /// that is there.
    package mutating func merge(_ other: FrequentTexts) {
        let (own, others) = (floor, other.floor)
        var merged = entries.mapValues { Entry(count: $0.count + others, error: $0.error + others) }
        for (text, entry) in other.entries {
            if let known = entries[text] {
                merged[text] = Entry(count: known.count + entry.count, error: known.error + entry.error)
            } else {
                merged[text] = Entry(count: entry.count + own, error: entry.error + own)
            }
        }
        isExact = isExact && other.isExact && merged.count <= capacity
        count += other.count
        let most = merged.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(capacity)
        entries = Dictionary(uniqueKeysWithValues: most.map { ($0.key, $0.value) })
    }

    /// How often a text that is not there may have come.
    private var floor: Int { isExact ? 0 : entries.values.map(\.count).min() ?? 0 }

    /// Of memory, about.
    package var byteCount: Int {
        entries.reduce(MemoryLayout<Self>.size) { $0 + $1.key.utf8.count + 64 }
    }
}

/// As texts are told from each other, whatever their length: a long one by its beginning, its length and a checksum of
/// what comes first. So a row can be put aside without its texts.
package struct TextKey: Sendable, Hashable {
    /// Bytes of a text that are kept as they are; of a longer one, bytes that are kept of its beginning.
    package static let whole = FrequentTexts.longest
    package static let beginning = whole - 20
    /// Bytes that the checksum is over at most.
    private static let summed = 4096

    /// FNV-1a, 64 bits, over the length and the first bytes.
    package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for shift in stride(from: 0, to: 64, by: 8) {
            hash = mixed(hash, UInt8(truncatingIfNeeded: bytes.count >> shift))
        }
        for byte in bytes.prefix(summed) { hash = mixed(hash, byte) }
        return hash
    }

    private static func mixed(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }

    /// - Parameters:
    ///   - bytes: the text, or the first `beginning` bytes of a long one.
    ///   - checksum: of a long one.
    package static func text(_ bytes: UnsafeRawBufferPointer, checksum: UInt64?) -> String {
        guard let checksum else { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: bytes, as: UTF8.self) + "..." + String(checksum, radix: 16)
    }

    /// Of a whole text.
    package static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        guard bytes.count > whole else { return text(bytes, checksum: nil) }
        return text(UnsafeRawBufferPointer(rebasing: bytes[..<beginning]), checksum: checksum(bytes))
    }
}
