import NIOCore

/// Names one stream of a connection. One that is over stays a name of nothing: its place may have a new stream by then.
package struct StreamReference: Sendable, Hashable {
    package let id: UInt32
    /// Its place in the table, from 0 up to the limit of concurrent streams: callers may keep tables of their own by it.
    package let slot: Int
}

/// One open stream.
struct HTTP2Stream {
    /// Bytes that we may still send; negative after the peer has made its windows smaller.
    var sendWindow: Int
    /// Bytes that the peer may still send.
    var receiveWindow: Int
    /// Bytes that were taken in and for which the peer has no new room yet.
    var consumed = 0
    /// When it was opened, in nanoseconds.
    var opened: UInt64
    /// The peer has sent all it will.
    var isRemoteEnded = false
    /// Bytes of DATA so far, and how many the head promised; -1 for no promise.
    var received = 0
    var expected = -1
    /// What waits for the peer's window, and the trailers behind it.
    var unsent: [ByteBuffer] = []
    var trailers: ByteBuffer?
}

/// The open streams of one connection, in a flat table: there are few, and the one asked for is mostly the one before.
struct StreamTable {
    /// By slot; 0 where there is none.
    private var ids: [UInt32] = []
    private var streams: [HTTP2Stream] = []
    private var free: [Int] = []
    private var last = 0
    private(set) var count = 0

    subscript(_ slot: Int) -> HTTP2Stream {
        _read { yield streams[slot] }
        _modify { yield &streams[slot] }
    }

    /// One more than the largest slot in use so far.
    var slots: Range<Int> { ids.indices }

    /// Whether the stream is still open.
    func holds(_ reference: StreamReference) -> Bool {
        reference.slot < ids.count && ids[reference.slot] == reference.id
    }

    mutating func find(_ id: UInt32) -> StreamReference? {
        if last < ids.count, ids[last] == id { return StreamReference(id: id, slot: last) }
        guard count > 0, let slot = ids.firstIndex(of: id) else { return nil }
        last = slot
        return StreamReference(id: id, slot: slot)
    }

    /// The stream in that slot.
    func reference(_ slot: Int) -> StreamReference? {
        ids[slot] == 0 ? nil : StreamReference(id: ids[slot], slot: slot)
    }

    mutating func open(_ id: UInt32, _ stream: HTTP2Stream) -> StreamReference {
        count += 1
        if let slot = free.popLast() {
            ids[slot] = id
            streams[slot] = stream
            last = slot
        } else {
            last = ids.count
            ids.append(id)
            streams.append(stream)
        }
        return StreamReference(id: id, slot: last)
    }

    mutating func close(_ reference: StreamReference) {
        guard holds(reference) else { return }
        ids[reference.slot] = 0
        if !streams[reference.slot].unsent.isEmpty { streams[reference.slot].unsent = [] }
        streams[reference.slot].trailers = nil
        free.append(reference.slot)
        count -= 1
    }
}
