/// Counts by bucket. A list that is shorter has nothing in the buckets that it does not name.
extension Array where Element == UInt64 {
    mutating func add(_ other: [UInt64]) {
        if count < other.count { append(contentsOf: repeatElement(0, count: other.count - count)) }
        for (bucket, value) in other.enumerated() { self[bucket] &+= value }
    }

    /// What lies in the lowest buckets stays there.
    func shifted(down shift: Int) -> [UInt64] {
        guard shift > 0 else { return self }
        var moved = Array(repeating: 0, count: Swift.max(0, count - shift))
        for (bucket, value) in enumerated() where value > 0 {
            if moved.isEmpty { moved = [0] }
            moved[Swift.max(0, bucket - shift)] &+= value
        }
        return moved
    }

    var total: Double { reduce(0.0) { $0 + Double($1) } }

    func above(_ bucket: Int) -> Double {
        dropFirst(bucket + 1).reduce(0.0) { $0 + Double($1) }
    }
}

extension Array where Element == Double {
    mutating func add(_ other: [UInt64], times weight: Double = 1) {
        if count < other.count { append(contentsOf: repeatElement(0, count: other.count - count)) }
        for (bucket, value) in other.enumerated() where value > 0 { self[bucket] += Double(value) * weight }
    }
}
