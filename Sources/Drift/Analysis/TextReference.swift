/// What the texts of one feature are held against: the categories that make up the reference.
package struct TextReference: Sendable, Hashable {
    /// So many are told apart.
    package static let mostCategories = 64
    /// In a reference with more texts than fit, one is a category when it makes up this share.
    private static let leastShare = 0.02

    /// The most frequent first.
    package let categories: [String]
    /// As many.
    package let counts: [Double]
    /// Rows with other texts.
    package let rest: Double
    /// Rows with an empty text.
    package let missing: Double
    /// Whether these were all: what is not among them is new.
    package let isComplete: Bool
    private let places: [String: Int]

    package init(_ texts: FrequentTexts, missing: Double) {
        let least = texts.isExact ? 0 : Int(Double(texts.count) * Self.leastShare)
        let sorted = texts.entries.filter { $0.value.count - $0.value.error > least }
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        let kept = sorted.prefix(Self.mostCategories)
        let counts = kept.map { Double($0.value.count - $0.value.error) }
        self.init(
            categories: kept.map(\.key), counts: counts, rest: Double(texts.count) - counts.reduce(0, +),
            missing: missing, isComplete: texts.isExact && kept.count == texts.entries.count)
    }

    /// As it was once made.
    init(categories: [String], counts: [Double], rest: Double, missing: Double, isComplete: Bool) {
        self.categories = categories
        self.counts = counts
        self.rest = rest
        self.missing = missing
        self.isComplete = isComplete
        places = Dictionary(categories.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func place(of text: String) -> Int? { places[text] }

    package var total: Double { counts.reduce(0, +) + rest }
    package var rows: Double { total + missing }
    /// Whether at least half of all texts are among the categories, and these are fewer than the texts.
    var tellsMost: Bool {
        let told = counts.reduce(0, +)
        return told >= rest && (Double(categories.count) < 0.5 * total || total < 8)
    }

    package var byteCount: Int {
        categories.reduce(MemoryLayout<Self>.size + counts.count * 8) { $0 + 2 * ($1.utf8.count + 48) }
    }
}

/// What came of the texts of one feature, counted by the categories of its reference.
package struct TextCounts: Sendable, Hashable {
    /// Texts that the reference does not have and that are told apart.
    private static let newcomers = 16

    package internal(set) var categories: [UInt64]
    package internal(set) var missing: UInt64 = 0
    /// What is none of the categories.
    package internal(set) var others = FrequentTexts(capacity: TextCounts.newcomers)

    package init(_ reference: TextReference) { categories = Array(repeating: 0, count: reference.categories.count) }

    init(categories: [UInt64], missing: UInt64, others: FrequentTexts) {
        self.categories = categories
        self.missing = missing
        self.others = others
    }

    package mutating func add(_ text: String, against reference: TextReference) {
        if text.isEmpty {
            missing += 1
        } else if let place = reference.place(of: text) {
            categories[place] += 1
        } else {
            others.add(text)
        }
    }

    /// What both have counted, against the same reference.
    package mutating func merge(_ other: TextCounts) {
        guard categories.count == other.categories.count else { return }
        for place in categories.indices { categories[place] += other.categories[place] }
        missing += other.missing
        others.merge(other.others)
    }

    package var total: UInt64 { categories.reduce(0, +) + UInt64(others.count) }
    package var rows: UInt64 { total + missing }
    /// The most frequent of those that are in none of the categories, with the least that it can have come.
    package var newcomer: (text: String, count: Int)? {
        others.entries.map { ($0.key, $0.value.count - $0.value.error) }
            .max { ($0.1, $1.0) < ($1.1, $0.0) }.map { (text: $0.0, count: $0.1) }
    }

    package var byteCount: Int { MemoryLayout<Self>.size + categories.count * 8 + 32 + others.byteCount }
}

extension TextReference {
    /// How far what was counted is from the reference.
    package func distances(to current: TextCounts) -> Distances {
        let before = counts + [rest]
        let after = current.categories.map { Double($0) } + [Double(current.others.count)]
        let kept = before.indices.filter { before[$0] + after[$0] > 0 }
        return Distances(reference: kept.map { before[$0] }, current: kept.map { after[$0] })
    }
}
