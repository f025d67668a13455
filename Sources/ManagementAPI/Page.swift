/// One page of a list, in the order of its keys.
public struct Page<Item: Codable & Sendable>: Codable, Sendable {
    public var items: [Item]
    /// What to pass as `after` for the next page; absent on the last one.
    public var next: String?

    public init(items: [Item], next: String? = nil) {
        self.items = items
        self.next = next
    }
}
