import HTTP2

/// What the last few heads of a connection mean as calls.
struct HeadMemory {
    private static let capacity = 4

    private var known: [(head: HTTP2RequestHead, call: CallHead)] = []
    private var next = 0

    mutating func call(
        _ head: HTTP2RequestHead, methods: [String: GRPCMethod]
    ) throws(CallHead.Refusal) -> CallHead {
        for entry in known where entry.head === head { return entry.call }
        let call = try CallHead(head, methods: methods)
        if known.count < Self.capacity {
            known.append((head, call))
        } else {
            known[next] = (head, call)
            next = (next + 1) % Self.capacity
        }
        return call
    }
}
