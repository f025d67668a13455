/// The watch over one version of an endpoint: a machine without clock or file. It takes rows, makes a reference of the
/// first ones where it was given none, fills windows, and judges each as it closes.
package struct DriftWatch: Sendable, Hashable {
    package enum Source: UInt8, Sendable, Hashable, CaseIterable {
        /// A file that was pushed with the version.
        case file = 1
        /// The first rows that were asked for.
        case firstRows = 2
    }

    /// One of the watched features: with the reference that it has, or that is being made.
    struct Item: Sendable, Hashable {
        var feature: Feature
        var source: Source
        var state: State

        enum State: Sendable, Hashable {
            case collecting(ReferenceBuilder)
            case watching(FeatureReference, FeatureCounts)
            /// Another feature says the same better: of texts either which they are, or how long.
            case unused
        }
    }

    package var rules: DriftRules
    var items: [Item]
    /// Rows seen while references are made of them.
    var collected = 0
    /// Of the window that is open.
    package var rows = 0
    package var seconds = 0.0
    /// The number of the window that is open.
    package var number = 1
    /// What the last window said.
    package var last: WindowFinding?

    /// - Parameter references: of those features that have one.
    package init(_ features: [Feature], references: [(Feature, FeatureReference)], rules: DriftRules = DriftRules()) {
        self.rules = rules
        items = features.map { feature in
            if let (named, reference) = references.first(where: { $0.0.isSame(as: feature) }) {
                return Item(feature: named, source: .file, state: .watching(reference, reference.counts))
            }
            let builder = ReferenceBuilder(isText: feature.isText, capacity: 1024)
            return Item(feature: feature, source: .firstRows, state: .collecting(builder))
        }
        choose()
    }

    init(rules: DriftRules, items: [Item]) {
        self.rules = rules
        self.items = items
    }

    package var features: [Feature] { items.map(\.feature) }

    /// Rows that are still to come until each feature has a reference.
    package var missingRows: Int { isCollecting ? max(0, rules.referenceRows - collected) : 0 }
    var isCollecting: Bool {
        items.contains { if case .collecting = $0.state { true } else { false } }
    }
    private var isWatching: Bool {
        items.contains { if case .watching = $0.state { true } else { false } }
    }

    /// Where the reference of a feature comes from, and its rows; no rows while it is being made.
    package func reference(at index: Int) -> (source: Source, rows: Int) {
        guard case .watching(let reference, _) = items[index].state else { return (items[index].source, 0) }
        return (items[index].source, Int(reference.rows))
    }

    package mutating func add(_ number: Double, at index: Int) {
        items[index].state.change {
            $0.add(number)
        } watching: {
            $0.add(number, against: $1)
        }
    }

    package mutating func add(_ text: String, at index: Int) {
        items[index].state.change {
            $0.add(text)
        } watching: {
            $0.add(text, against: $1)
        }
    }

    /// After every feature has got its value of a row.
    package mutating func endRow() {
        if isWatching { rows += 1 }
        guard isCollecting else { return }
        collected += 1
        guard collected >= rules.referenceRows else { return }
        for index in items.indices {
            guard case .collecting(let builder) = items[index].state else { continue }
            let reference = builder.reference
            items[index].state = .watching(reference, reference.counts)
        }
        choose()
        // One window for all: it begins with the last reference.
        openWindow()
    }

    /// Whether something is said of this feature.
    package func isUsed(_ index: Int) -> Bool { if case .unused = items[index].state { false } else { true } }

    /// Of a column of texts either the text is watched or its length: the text where the reference tells most of them
    /// apart, which it does not with names, numbers or sentences.
    private mutating func choose() {
        for index in items.indices where items[index].feature.aspect == .text {
            guard case .watching(.texts(let texts), _) = items[index].state,
                let length = items.firstIndex(where: { $0.feature.isLength(of: items[index].feature) }),
                case .watching = items[length].state
            else { continue }
            items[texts.tellsMost ? length : index].state = .unused
        }
    }

    /// Time goes on.
    ///
    /// - Parameters:
    ///   - seconds: since this was last called, by a clock that nobody sets.
    ///   - now: microseconds since 1970, for people.
    /// - Returns: what the window says that is over with this.
    package mutating func pass(seconds passed: Double, now: Int) -> WindowFinding? {
        guard isWatching, passed >= 0, passed.isFinite else { return nil }
        seconds += passed
        guard rules.isOver(rows: rows, seconds: seconds) else { return nil }
        var (features, references, counts) = ([Feature](), [FeatureReference](), [FeatureCounts]())
        for item in items {
            guard case .watching(let reference, let count) = item.state else { continue }
            features.append(item.feature)
            references.append(reference)
            counts.append(count)
        }
        var finding = WindowFinding(
            number: number, rows: rows, seconds: seconds, closedAt: now, alpha: rules.alpha(seconds: seconds),
            features: DriftJudge(rules).judge(features, references, counts, seconds: seconds), inARow: 0)
        finding.inARow = finding.verdict == .drift ? (last?.inARow ?? 0) + 1 : 0
        last = finding
        number += 1
        openWindow()
        return finding
    }

    /// Opens a window of this number, with nothing in it.
    mutating func begin(window number: Int) {
        self.number = number
        openWindow()
    }

    private mutating func openWindow() {
        rows = 0
        seconds = 0
        for index in items.indices {
            guard case .watching(let reference, _) = items[index].state else { continue }
            items[index].state = .watching(reference, reference.counts)
        }
    }

    /// Of memory, about.
    package var byteCount: Int {
        items.reduce(MemoryLayout<Self>.size + (last?.byteCount ?? 0)) {
            $0 + $1.feature.byteCount + $1.state.byteCount
        }
    }
}

extension DriftWatch.Item.State {
    private static let nothing = Self.collecting(ReferenceBuilder(isText: false, capacity: 8))

    /// Changes what it holds in its place: nothing is copied.
    mutating func change(
        _ collecting: (inout ReferenceBuilder) -> Void,
        watching: (inout FeatureCounts, FeatureReference) -> Void
    ) {
        switch self {
        case .collecting(var builder):
            self = Self.nothing
            collecting(&builder)
            self = .collecting(builder)
        case .watching(let reference, var counts):
            self = Self.nothing
            watching(&counts, reference)
            self = .watching(reference, counts)
        case .unused: return
        }
    }

    fileprivate var byteCount: Int {
        switch self {
        case .collecting(let builder): builder.byteCount
        case .watching(let reference, let counts): reference.byteCount + counts.byteCount
        case .unused: 0
        }
    }
}
