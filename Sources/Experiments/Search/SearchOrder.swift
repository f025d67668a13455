package import Journal

/// One entry of an `order_by`: `metrics.acc DESC`.
package struct SearchOrder: Sendable, Hashable {
    package let field: SearchField
    package let isAscending: Bool

    /// Entries of one `order_by`: each is kept for everything that is sorted.
    private static let most = 32

    /// Errors: `invalid` on `field`, for too many entries and for one that cannot be read.
    package static func list(
        _ texts: [String], for dialect: SearchDialect, field: String = "order_by"
    ) throws(ControlError) -> [SearchOrder] {
        guard texts.count <= most else {
            throw ControlError(.invalid, "'\(field)' has \(texts.count) entries, at most \(most)", field: field)
        }
        var orders: [SearchOrder] = []
        for text in texts { orders.append(try SearchOrder(text, for: dialect, field: field)) }
        return orders
    }

    package init(_ field: SearchField, isAscending: Bool = true) {
        self.field = field
        self.isAscending = isAscending
    }

    /// Errors: `invalid` on `field`, with the character where it went wrong.
    package init(_ text: String, for dialect: SearchDialect, field: String = "order_by") throws(ControlError) {
        var scanner = try SearchScanner(text, field: field)
        self.field = try scanner.searchField(of: dialect, isOrder: true)
        guard !scanner.isAtEnd() else {
            isAscending = true
            return
        }
        let place = scanner.position
        let found = scanner.rest()
        let direction = scanner.word().uppercased()
        guard ["ASC", "DESC"].contains(direction), scanner.isAtEnd() else {
            throw scanner.error("is neither ASC nor DESC", at: place, what: found)
        }
        isAscending = direction == "ASC"
    }
}

extension Sequence<SearchOrder> {
    /// Sorts by the first order, then by the second where the first finds no difference, and so on; where none does, things
    /// stay as they came. What has a value comes first in either direction, then numbers that are none, then the rest.
    package func sort<Item>(_ items: [Item], value: (Item, SearchField) -> SearchValue?) -> [Item] {
        let orders = Array(self)
        let keyed = items.enumerated().map { place, item in
            (place: place, keys: orders.map { value(item, $0.field) })
        }
        return keyed.sorted { left, right in
            for (order, (here, there)) in zip(orders, zip(left.keys, right.keys)) {
                if let isFirst = order.isBefore(here, there) { return isFirst }
            }
            return left.place < right.place
        }.map { items[$0.place] }
    }
}

extension SearchOrder {
    /// Whether `left` comes before `right`; `nil` where this order does not tell them apart.
    fileprivate func isBefore(_ left: SearchValue?, _ right: SearchValue?) -> Bool? {
        let (here, there) = (Self.rank(left), Self.rank(right))
        guard here == there else { return here < there }
        switch (left, right) {
        case (.number(let left), .number(let right)):
            if left < right { return isAscending }
            return right < left ? !isAscending : nil
        case (.text(let left), .text(let right)):
            if left.utf8.lexicographicallyPrecedes(right.utf8) { return isAscending }
            return right.utf8.lexicographicallyPrecedes(left.utf8) ? !isAscending : nil
        default: return nil
        }
    }

    private static func rank(_ value: SearchValue?) -> Int {
        switch value {
        case .text: 0
        case .number(let number): number.isNaN ? 1 : 0
        case nil: 2
        }
    }
}
