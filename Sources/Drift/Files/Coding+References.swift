import Serving

extension Feature {
    func write(into bytes: RecordBytes) {
        bytes.write(role.rawValue)
        bytes.write(aspect.rawValue)
        bytes.writeCount(column)
        bytes.writeShort(tensor)
        bytes.writeShort(label)
    }

    init(_ cursor: inout RecordCursor) throws(MalformedRecord) {
        let role = try cursor.one(of: Role.self)
        let aspect = try cursor.one(of: Aspect.self)
        self.init(
            role: role, tensor: "", column: try cursor.count(atMost: 1 << 30), aspect: aspect, label: "")
        tensor = try cursor.text(atMost: 1 << 16)
        label = try cursor.text(atMost: 1 << 16)
    }
}

extension FeatureReference {
    func write(into bytes: RecordBytes) {
        switch self {
        case .numbers(let numbers):
            bytes.writeFlag(false)
            numbers.write(into: bytes)
        case .texts(let texts):
            bytes.writeFlag(true)
            texts.write(into: bytes)
        }
    }

    init(_ cursor: inout RecordCursor) throws(MalformedRecord) {
        self = try cursor.flag() ? .texts(TextReference(&cursor)) : .numbers(NumberReference(&cursor))
    }
}

extension NumberReference {
    func write(into bytes: RecordBytes) {
        bytes.writeList(edges)
        bytes.writeList(counts)
        bytes.write(missing)
        bytes.write(infinite)
        bytes.write(mean)
        bytes.write(deviation)
        bytes.writeFlag(isDiscrete)
        bytes.writeList(cuts)
    }

    init(_ cursor: inout RecordCursor) throws(MalformedRecord) {
        let edges = try cursor.finites(atMost: Self.mostEdges)
        let counts = try cursor.amounts(atMost: 2 * Self.mostEdges + 1)
        guard counts.count == 2 * edges.count + 1 else { throw MalformedRecord("cells that do not fit their edges") }
        guard zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else { throw MalformedRecord("edges in disorder") }
        let (missing, infinite) = (try cursor.amount(), try cursor.amount())
        let mean = try cursor.finite()
        // The squares of large numbers may be beyond all numbers.
        let deviation = try cursor.double()
        guard deviation >= 0 else { throw MalformedRecord("a deviation below 0") }
        let isDiscrete = try cursor.flag()
        let cuts = try cursor.finites(atMost: Self.parts)
        self.init(
            edges: edges, counts: counts, missing: missing, infinite: infinite, mean: mean, deviation: deviation,
            isDiscrete: isDiscrete, cuts: cuts)
    }
}

extension TextReference {
    func write(into bytes: RecordBytes) {
        bytes.writeCount(categories.count)
        for category in categories { bytes.writeShort(category) }
        bytes.writeList(counts)
        bytes.write(rest)
        bytes.write(missing)
        bytes.writeFlag(isComplete)
    }

    init(_ cursor: inout RecordCursor) throws(MalformedRecord) {
        var categories: [String] = []
        for _ in 0..<(try cursor.count(atMost: Self.mostCategories)) {
            categories.append(try cursor.text(atMost: 4 * TextKey.whole))
        }
        let counts = try cursor.amounts(atMost: Self.mostCategories)
        guard counts.count == categories.count, Set(categories).count == categories.count else {
            throw MalformedRecord("categories that do not fit their counts")
        }
        self.init(
            categories: categories, counts: counts, rest: try cursor.amount(), missing: try cursor.amount(),
            isComplete: try cursor.flag())
    }
}
