/// The number of mutations that the control plane has made; each unit of work that changes something adds one.
package struct Generation: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    package let number: Int

    package init(_ number: Int) {
        self.number = number
    }

    package static func < (left: Generation, right: Generation) -> Bool { left.number < right.number }

    package var description: String { String(number) }
}
