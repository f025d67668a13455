/// One thing that is watched: a column of an input or output, or what is made of a whole row of it.
package struct Feature: Sendable, Hashable {
    package enum Role: UInt8, Sendable, Hashable, CaseIterable { case input = 1, output = 2 }

    package enum Aspect: UInt8, Sendable, Hashable, CaseIterable {
        /// The number itself.
        case number = 1
        /// The text itself, as a category.
        case text = 2
        /// The bytes of the text.
        case length = 3
        /// The mean of all numbers of a row: of an image, its brightness.
        case mean = 4
    }

    package var role: Role
    package var tensor: String
    /// Within a row; 0 where a row has one value, or is taken as a whole.
    package var column: Int
    package var aspect: Aspect
    /// What people call it.
    package var label: String

    package init(role: Role, tensor: String, column: Int, aspect: Aspect, label: String) {
        self.role = role
        self.tensor = tensor
        self.column = column
        self.aspect = aspect
        self.label = label
    }

    package var isText: Bool { aspect == .text }

    /// Whether both are the same thing, whatever it is called.
    package func isSame(as other: Feature) -> Bool {
        role == other.role && tensor == other.tensor && column == other.column && aspect == other.aspect
    }

    func isLength(of other: Feature) -> Bool {
        aspect == .length && role == other.role && tensor == other.tensor && column == other.column
    }

    package var byteCount: Int { MemoryLayout<Self>.size + tensor.utf8.count + label.utf8.count }
}

/// What one feature is held against.
package enum FeatureReference: Sendable, Hashable {
    case numbers(NumberReference)
    case texts(TextReference)

    package var rows: Double {
        switch self {
        case .numbers(let numbers): numbers.rows
        case .texts(let texts): texts.rows
        }
    }

    package var byteCount: Int {
        switch self {
        case .numbers(let numbers): numbers.byteCount
        case .texts(let texts): texts.byteCount
        }
    }

    /// Nothing counted yet.
    package var counts: FeatureCounts {
        switch self {
        case .numbers(let numbers): .numbers(NumberCounts(numbers))
        case .texts(let texts): .texts(TextCounts(texts))
        }
    }
}

/// What came of one feature in a window.
package enum FeatureCounts: Sendable, Hashable {
    case numbers(NumberCounts)
    case texts(TextCounts)

    package mutating func add(_ number: Double, against reference: FeatureReference) {
        guard case .numbers(let reference) = reference, case .numbers(var counts) = self else { return }
        // Out of the enumeration while it is changed: else its arrays would be copied.
        self = .texts(Self.nothing)
        counts.add(number, against: reference)
        self = .numbers(counts)
    }

    package mutating func add(_ text: String, against reference: FeatureReference) {
        guard case .texts(let reference) = reference, case .texts(var counts) = self else { return }
        self = .texts(Self.nothing)
        counts.add(text, against: reference)
        self = .texts(counts)
    }

    private static let nothing = TextCounts(categories: [], missing: 0, others: FrequentTexts(capacity: 1))

    /// What both have counted, against the same reference.
    package mutating func merge(_ other: FeatureCounts) {
        switch (self, other) {
        case (.numbers(var own), .numbers(let other)):
            own.merge(other)
            self = .numbers(own)
        case (.texts(var own), .texts(let other)):
            own.merge(other)
            self = .texts(own)
        default: return
        }
    }

    package var byteCount: Int {
        switch self {
        case .numbers(let numbers): numbers.byteCount
        case .texts(let texts): texts.byteCount
        }
    }
}
