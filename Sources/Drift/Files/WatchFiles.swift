import Serving

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What is on disk of the watch over one version, in the folder of its endpoint:
///
///     VERSION.reference         what is held against: written when it is made
///     VERSION.window            what came since the last window closed: written twice a second while something comes
///     VERSION.window.previous   the one before it
///     VERSION.findings          what closed windows said
struct WatchFiles: Sendable {
    let folder: String
    let version: Int
    let calls: RecordFileCalls

    private var base: String { folder + "/\(version)" }
    private var reference: String { base + ".reference" }
    private var window: String { base + ".window" }
    var findings: FindingLog { FindingLog(path: base + ".findings", calls: calls) }

    /// The version that a file belongs to; `nil` for one that is none of ours.
    static func version(ofFile name: String) -> Int? {
        name.split(separator: ".").first.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    // MARK: writing

    /// Returns the mark that windows against this reference carry.
    func put(referenceOf watch: DriftWatch, digest: String, using bytes: RecordBytes) throws(FileFailure) -> UInt32 {
        try RecordFolder.make(folder)
        bytes.cut(to: 0)
        let mark = CheckedFile.write(.reference, into: bytes) { bytes in
            bytes.writeShort(digest)
            bytes.writeCount(watch.items.count)
            for item in watch.items { item.writeReference(into: bytes) }
        }
        try CheckedFile.put(bytes.bytes, at: reference, previous: nil, calls: calls)
        return mark
    }

    func put(windowOf watch: DriftWatch, mark: UInt32, using bytes: RecordBytes) throws(FileFailure) {
        bytes.cut(to: 0)
        CheckedFile.write(.window, into: bytes) { bytes in
            bytes.write(mark)
            bytes.writeCount(watch.number)
            bytes.writeCount(watch.rows)
            bytes.writeCount(watch.collected)
            bytes.write(watch.seconds)
            for item in watch.items { item.writeCounts(into: bytes) }
        }
        try CheckedFile.put(bytes.bytes, at: window, previous: window + ".previous", calls: calls)
    }

    // MARK: reading

    /// The watch as it was last, with the mark of its reference; `nil` where there is none over this digest and these
    /// features.
    ///
    /// - Parameter plan: `nil` for whatever features there are, of whatever digest.
    func read(_ plan: FeaturePlan?, digest: String, rules: DriftRules) -> (watch: DriftWatch, mark: UInt32)? {
        guard let found = readReference(plan, digest: digest, rules: rules) else { return nil }
        var watch = found.watch
        let last = findings.last
        for path in [window, window + ".previous"] {
            guard let bytes = CheckedFile.bytes(at: path) else { continue }
            let counted = bytes.withUnsafeBytes { Self.window(UnsafeRawBufferPointer($0), found.mark, found.watch) }
            if let counted {
                watch = counted
                break
            }
            // It must not take the place of the one before it, which may be whole.
            if plan != nil { unlink(path) }
        }
        // The window that it counts may have been closed before it was written again.
        if let last, last.number >= watch.number { watch.begin(window: last.number + 1) }
        watch.last = last
        return (watch, found.mark)
    }

    private func readReference(
        _ plan: FeaturePlan?, digest: String, rules: DriftRules
    ) -> (watch: DriftWatch, mark: UInt32)? {
        guard let bytes = CheckedFile.bytes(at: reference) else { return nil }
        return bytes.withUnsafeBytes { bytes in
            guard let (payload, mark) = CheckedFile.payload(.reference, of: UnsafeRawBufferPointer(bytes)) else {
                return nil
            }
            do throws(MalformedRecord) {
                var cursor = RecordCursor(payload)
                let found = try cursor.text(atMost: 256)
                var items: [DriftWatch.Item] = []
                for _ in 0..<(try cursor.count(atMost: 1 << 10)) {
                    items.append(try DriftWatch.Item(reference: &cursor))
                }
                if let plan {
                    guard found == digest, items.count == plan.features.count,
                        zip(items, plan.features).allSatisfy({ $0.feature.isSame(as: $1) })
                    else { return nil }
                }
                return (DriftWatch(rules: rules, items: items), mark)
            } catch { return nil }
        }
    }

    private static func window(_ bytes: UnsafeRawBufferPointer, _ mark: UInt32, _ watch: DriftWatch) -> DriftWatch? {
        guard let (payload, _) = CheckedFile.payload(.window, of: bytes) else { return nil }
        var watch = watch
        do throws(MalformedRecord) {
            var cursor = RecordCursor(payload)
            guard try cursor.next(UInt32.self) == mark else { return nil }
            watch.number = try cursor.tally()
            watch.rows = try cursor.tally()
            watch.collected = try cursor.tally()
            watch.seconds = try cursor.amount()
            for index in watch.items.indices { try watch.items[index].readCounts(&cursor) }
            guard cursor.isAtEnd else { return nil }
            return watch
        } catch { return nil }
    }

    func removeAll() {
        for end in [
            ".reference", ".reference.new", ".window", ".window.new", ".window.previous", ".findings", ".findings.new",
        ] {
            unlink(base + end)
        }
    }
}

extension DriftWatch.Item {
    private enum Kind: UInt8 { case collecting = 1, watching = 2, unused = 3 }

    fileprivate func writeReference(into bytes: RecordBytes) {
        feature.write(into: bytes)
        bytes.write(source.rawValue)
        switch state {
        case .collecting: bytes.write(Kind.collecting.rawValue)
        case .unused: bytes.write(Kind.unused.rawValue)
        case .watching(let reference, _):
            bytes.write(Kind.watching.rawValue)
            reference.write(into: bytes)
        }
    }

    fileprivate init(reference cursor: inout RecordCursor) throws(MalformedRecord) {
        let feature = try Feature(&cursor)
        let source = try cursor.one(of: DriftWatch.Source.self)
        switch try cursor.one(of: Kind.self) {
        case .collecting:
            let builder = ReferenceBuilder(isText: feature.isText, capacity: 1024)
            self.init(feature: feature, source: source, state: .collecting(builder))
        case .unused: self.init(feature: feature, source: source, state: .unused)
        case .watching:
            let reference = try FeatureReference(&cursor)
            self.init(feature: feature, source: source, state: .watching(reference, reference.counts))
        }
    }

    fileprivate func writeCounts(into bytes: RecordBytes) {
        switch state {
        case .collecting(let builder): builder.write(into: bytes)
        case .watching(_, let counts): counts.write(into: bytes)
        case .unused: return
        }
    }

    fileprivate mutating func readCounts(_ cursor: inout RecordCursor) throws(MalformedRecord) {
        switch state {
        case .collecting: state = .collecting(try ReferenceBuilder(&cursor))
        case .watching(let reference, _):
            state = .watching(reference, try FeatureCounts(&cursor, against: reference))
        case .unused: return
        }
    }
}
