/// Which indices have been seen: one word for the first 64, which is all that most signatures need.
package struct IndexSet64 {
    private var low: UInt64 = 0
    private var rest: Set<Int> = []
    private(set) var count = 0

    package init() {}

    func contains(_ index: Int) -> Bool {
        index < 64 ? low >> UInt64(index) & 1 == 1 : rest.contains(index)
    }

    /// False when it was there already.
    package mutating func insert(_ index: Int) -> Bool {
        guard !contains(index) else { return false }
        if index < 64 { low |= 1 << UInt64(index) } else { rest.insert(index) }
        count += 1
        return true
    }

    /// How many members are smaller than `index`.
    package func countBelow(_ index: Int) -> Int {
        guard index >= 64 else { return (low & (1 << UInt64(index) - 1)).nonzeroBitCount }
        return low.nonzeroBitCount + rest.count { $0 < index }
    }
}
