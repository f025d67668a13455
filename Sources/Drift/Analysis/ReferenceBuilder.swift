/// Makes the reference of one feature out of its rows, in memory that does not grow with them.
package struct ReferenceBuilder: Sendable, Hashable {
    package let isText: Bool
    private(set) var sketch: QuantileSketch
    private(set) var texts: FrequentTexts
    private(set) var missing = 0
    private(set) var infinite = 0

    /// - Parameter capacity: numbers that are kept as they are; beyond that see `QuantileSketch`.
    package init(isText: Bool, capacity: Int = 1024) {
        self.isText = isText
        sketch = QuantileSketch(capacity: capacity)
        texts = FrequentTexts(capacity: isText ? 4 * TextReference.mostCategories : 1)
    }

    /// As it was once.
    init(isText: Bool, sketch: QuantileSketch, texts: FrequentTexts, missing: Int, infinite: Int) {
        self.isText = isText
        self.sketch = sketch
        self.texts = texts
        self.missing = missing
        self.infinite = infinite
    }

    package mutating func add(_ number: Double) {
        if number.isNaN {
            missing += 1
        } else if number.isInfinite {
            infinite += 1
        } else {
            sketch.add(number)
        }
    }

    package mutating func add(_ text: String) {
        if text.isEmpty { missing += 1 } else { texts.add(text) }
    }

    package var reference: FeatureReference {
        isText
            ? .texts(TextReference(texts, missing: Double(missing)))
            : .numbers(NumberReference(sketch.values, missing: Double(missing), infinite: Double(infinite)))
    }

    package var byteCount: Int { sketch.byteCount + texts.byteCount + 16 }
}
