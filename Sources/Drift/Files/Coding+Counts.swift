import Serving

extension FeatureCounts {
    func write(into bytes: RecordBytes) {
        switch self {
        case .numbers(let numbers):
            bytes.writeCount(numbers.cells.count)
            for cell in numbers.cells { bytes.writeVarint(cell) }
            bytes.writeVarint(numbers.missing)
            bytes.writeVarint(numbers.infinite)
            for mean in [numbers.below, numbers.above, numbers.all] {
                bytes.writeVarint(mean.count)
                bytes.write(mean.mean)
            }
        case .texts(let texts):
            bytes.writeCount(texts.categories.count)
            for count in texts.categories { bytes.writeVarint(count) }
            bytes.writeVarint(texts.missing)
            texts.others.write(into: bytes)
        }
    }

    /// Counts against `reference`, in whose cells they must be.
    init(_ cursor: inout RecordCursor, against reference: FeatureReference) throws(MalformedRecord) {
        let expected =
            switch reference {
            case .numbers(let numbers): numbers.counts.count
            case .texts(let texts): texts.categories.count
            }
        guard try cursor.count(atMost: 1 << 10) == expected else {
            throw MalformedRecord("counts of another reference")
        }
        var cells: [UInt64] = []
        for _ in 0..<expected { cells.append(UInt64(try cursor.tally())) }
        let missing = UInt64(try cursor.tally())
        switch reference {
        case .numbers:
            let infinite = UInt64(try cursor.tally())
            self = .numbers(
                NumberCounts(
                    cells: cells, missing: missing, infinite: infinite, below: try RunningMean(&cursor),
                    above: try RunningMean(&cursor), all: try RunningMean(&cursor)))
        case .texts:
            self = .texts(TextCounts(categories: cells, missing: missing, others: try FrequentTexts(&cursor)))
        }
    }
}

extension RunningMean {
    init(_ cursor: inout RecordCursor) throws(MalformedRecord) {
        self.init()
        count = UInt64(try cursor.tally())
        mean = try cursor.finite()
    }
}

extension FrequentTexts {
    func write(into bytes: RecordBytes) {
        bytes.writeCount(capacity)
        bytes.writeCount(count)
        bytes.writeFlag(isExact)
        bytes.writeCount(entries.count)
        for (text, entry) in entries.sorted(by: { $0.key < $1.key }) {
            bytes.writeShort(text)
            bytes.writeCount(entry.count)
            bytes.writeCount(entry.error)
        }
    }

    init(_ cursor: inout RecordCursor) throws(MalformedRecord) {
        let capacity = try cursor.count(atMost: 1 << 12)
        let count = try cursor.tally()
        let isExact = try cursor.flag()
        var entries: [String: Entry] = [:]
        for _ in 0..<(try cursor.count(atMost: capacity)) {
            let text = try cursor.text(atMost: 4 * TextKey.whole)
            let entry = Entry(count: try cursor.tally(), error: try cursor.tally())
            guard entry.error <= entry.count, entry.count <= count else { throw MalformedRecord("a text too often") }
            entries[text] = entry
        }
        self.init(capacity: capacity, count: count, isExact: isExact, entries: entries)
    }
}

extension ReferenceBuilder {
    func write(into bytes: RecordBytes) {
        bytes.writeFlag(isText)
        bytes.writeCount(missing)
        bytes.writeCount(infinite)
        guard !isText else { return texts.write(into: bytes) }
        bytes.writeCount(sketch.capacity)
        bytes.writeCount(sketch.levels.count)
        for level in sketch.levels { bytes.writeList(level) }
    }

    init(_ cursor: inout RecordCursor) throws(MalformedRecord) {
        let isText = try cursor.flag()
        let (missing, infinite) = (try cursor.tally(), try cursor.tally())
        if isText {
            self.init(
                isText: true, sketch: QuantileSketch(capacity: 8), texts: try FrequentTexts(&cursor), missing: missing,
                infinite: infinite)
        } else {
            let capacity = try cursor.count(atMost: 1 << 14)
            var levels: [[Double]] = []
            for _ in 0..<(try cursor.count(atMost: 32)) { levels.append(try cursor.finites(atMost: 1 << 14)) }
            self.init(
                isText: false, sketch: QuantileSketch(capacity: capacity, levels: levels.isEmpty ? [[]] : levels),
                texts: FrequentTexts(capacity: 1), missing: missing, infinite: infinite)
        }
    }
}
