/// The two tables that header blocks refer to by number (RFC 7541 section 2.3): 1 to 61 never change, and those behind
/// them are what the peer has put there, newest first.
struct HeaderTable {
    /// One header line, its name and value in one piece.
    struct Entry {
        var bytes: [UInt8]
        var nameLength: Int

        /// What it counts for (RFC 7541 section 4.1).
        var size: Int { bytes.count + HeaderTable.overhead }
    }

    /// Bytes that each entry counts for besides its own.
    static let overhead = 32

    /// Bytes that our SETTINGS let the peer use.
    let allowed: Int
    /// Changes whenever what numbers mean may have changed.
    private(set) var generation = 0
    private(set) var size = 0
    /// What the peer uses of `allowed`.
    private var capacity: Int
    /// Oldest first.
    private var entries: [Entry] = []

    init(allowed: Int) {
        self.allowed = allowed
        self.capacity = allowed
    }

    /// The entry with this number; `nil` when there is none.
    subscript(_ index: Int) -> Entry? {
        if index >= 1, index <= Self.fixed.count { return Self.fixed[index - 1] }
        let age = index - Self.fixed.count - 1
        guard age >= 0, age < entries.count else { return nil }
        return entries[entries.count - 1 - age]
    }

    /// Adds an entry, for which old ones leave; one that is larger than the table empties it.
    mutating func insert(_ entry: Entry) {
        generation &+= 1
        evict(until: capacity - entry.size)
        guard entry.size <= capacity else { return }
        entries.append(entry)
        size += entry.size
    }

    /// The peer changes how much it uses; false when that is more than it may.
    mutating func resize(_ capacity: Int) -> Bool {
        guard capacity <= allowed else { return false }
        generation &+= 1
        self.capacity = capacity
        evict(until: capacity)
        return true
    }

    private mutating func evict(until limit: Int) {
        var leaving = 0
        while size > limit, leaving < entries.count {
            size -= entries[leaving].size
            leaving += 1
        }
        entries.removeFirst(leaving)
    }

    /// RFC 7541 appendix A.
    private static let fixed: [Entry] = lines.map { name, value in
        Entry(bytes: Array(name.utf8) + Array(value.utf8), nameLength: name.utf8.count)
    }

    private static let lines: [(String, String)] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""),
        ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""),
        ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""),
        ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""),
        ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""),
        ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""),
        ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""),
        ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ]
}
