/// What tells one caller from another where a rollout shares callers among versions: a hash of the text that a request
/// gives for it. A whole number counts as its decimal digits, so that every protocol says the same.
///
/// The hash is part of what users notice (who gets which version), so it never changes: FNV-1a over 64 bits, whose
/// weak upper bits whoever uses it mixes.
package struct RoutingKey: Sendable, Hashable {
    package let hash: UInt64

    package init(_ text: UnsafeRawBufferPointer) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        self.hash = hash
    }

    package init(_ text: String) {
        var text = text
        self = text.withUTF8 { RoutingKey(UnsafeRawBufferPointer($0)) }
    }

    package init(_ number: Int64) {
        self.init(digitsOf: number.magnitude, isNegative: number < 0)
    }

    package init(_ number: UInt64) {
        self.init(digitsOf: number, isNegative: false)
    }

    private init(digitsOf magnitude: UInt64, isNegative: Bool) {
        self = withUnsafeTemporaryAllocation(byteCount: 24, alignment: 1) { place in
            var start = place.count
            var rest = magnitude
            repeat {
                start -= 1
                place[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if isNegative {
                start -= 1
                place[start] = UInt8(ascii: "-")
            }
            return RoutingKey(UnsafeRawBufferPointer(rebasing: place[start...]))
        }
    }
}
