/// The concrete shape of one tensor: non-negative dimensions whose product is known not to overflow.
///
/// A scalar has no dimensions and one element.
package struct Shape: Sendable, Hashable {
    /// Outermost first; empty for a scalar.
    package let dimensions: [Int]
    /// The product of the dimensions: 0 when one of them is 0, 1 for a scalar.
    package let elementCount: Int

    /// Fails when a dimension is negative or when the number of elements does not fit an `Int`.
    package init(_ dimensions: [Int]) throws(ShapeError) {
        var count = 1
        var hasZero = false
        for dimension in dimensions {
            guard dimension >= 0 else { throw .negativeDimension(dimensions) }
            if dimension == 0 { hasZero = true }
        }
        if hasZero {
            count = 0
        } else {
            for dimension in dimensions {
                let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
                guard !overflow else { throw .tooManyElements(dimensions) }
                count = product
            }
        }
        self.dimensions = dimensions
        self.elementCount = count
    }

    package static let scalar = Shape(unchecked: [], elementCount: 1)

    /// For dimensions whose product somebody else has already checked.
    private init(unchecked dimensions: [Int], elementCount: Int) {
        self.dimensions = dimensions
        self.elementCount = elementCount
    }

    /// A vector of `count` elements; negative counts become empty.
    package static func vector(_ count: Int) -> Shape {
        Shape(unchecked: [max(0, count)], elementCount: max(0, count))
    }

    /// The bytes that `type` needs for this shape; `nil` when that overflows, or for `bytes`.
    package func byteCount(of type: ElementType) -> Int? {
        guard let width = type.byteWidth else { return nil }
        let (product, overflow) = elementCount.multipliedReportingOverflow(by: width)
        return overflow ? nil : product
    }
}

/// What can be wrong with the dimensions that a caller or a model file gives.
package enum ShapeError: Error, Sendable, Hashable {
    case negativeDimension([Int])
    case tooManyElements([Int])
}

extension ShapeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .negativeDimension(let dimensions): "shape \(dimensions) has a negative dimension"
        case .tooManyElements(let dimensions): "shape \(dimensions) has more elements than can be counted"
        }
    }
}
