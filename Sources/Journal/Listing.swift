/// One page of a list, and what to pass as `after` for the next one (`nil` on the last).
package typealias Listing<Item> = (items: [Item], next: String?)

/// How many items a page of a list may have.
package enum PageLimit {
    package static let standard = 100
    package static let maximum = 1000

    /// What callers ask for, brought into the range that a page may have.
    package static func clamp(_ limit: Int) -> Int { min(max(1, limit), maximum) }
}

/// Cuts lists into pages.
package enum Page {
    /// Turns the first `limit + 1` items of a list into its first page.
    package static func cut<Item>(_ found: [Item], limit: Int, key: (Item) -> String) -> Listing<Item> {
        guard found.count > limit else { return (found, nil) }
        let items = Array(found.prefix(limit))
        return (items, items.last.map(key))
    }
}
