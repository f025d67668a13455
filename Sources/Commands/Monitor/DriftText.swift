import ManagementAPI

/// Drift for people.
enum DriftText {
    static func facts(_ version: DriftVersionInfo, isEnabled: Bool) -> Facts {
        var facts = Facts()
        facts.add("reference", reference(version.reference))
        facts.add("last window", version.latest.map(summary) ?? "none is closed yet")
        facts.add("open window", open(version, isEnabled: isEnabled))
        facts.add("left out", version.leftOut.isEmpty ? nil : version.leftOut.joined(separator: ", "))
        facts.add("dropped", version.dropped == 0 ? nil : "\(NumberText.count(version.dropped)) rows found no room")
        return facts
    }

    /// One line for `monitor show`; `nil` where nothing is known.
    static func line(_ info: DriftInfo) -> String? {
        guard info.enabled else { return "not watched" }
        guard let live = info.versions.first(where: { $0.version == info.live }) else { return nil }
        return live.latest.map(summary) ?? waiting(live.reference) ?? "no window is closed yet"
    }

    private static func reference(_ reference: DriftReferenceInfo) -> String {
        if let waiting = waiting(reference) { return waiting }
        let rows = "\(NumberText.count(reference.rows)) rows"
        return switch reference.kind {
        case .file: "\(rows) of the file that was pushed with the version"
        case .firstRows: "the first \(rows) that were asked for: none was pushed with the version"
        case .mixed:
            "of the file that was pushed with the version for \(reference.fromFile) features, of the first rows for "
                + "\(reference.fromFirstRows); \(rows)"
        }
    }

    private static func waiting(_ reference: DriftReferenceInfo) -> String? {
        guard reference.missingRows > 0 else { return nil }
        let rows = "\(NumberText.count(reference.missingRows)) more rows"
        return reference.kind == .firstRows
            ? "being made of the first rows: \(rows) to come"
            : "of the file for \(reference.fromFile) features, being made of the first rows for "
                + "\(reference.fromFirstRows): \(rows) to come"
    }

    private static func summary(_ window: DriftWindowInfo) -> String {
        let drifted = window.features.filter { $0.verdict == .drift }
        let what =
            switch window.verdict {
            case .stable: "stable"
            case .suspicious: "suspicious"
            case .drift:
                "drift in \(drifted.count) of \(window.features.count) features ("
                    + drifted.prefix(3).map(\.feature).joined(separator: ", ") + (drifted.count > 3 ? ", …)" : ")")
            }
        let row = window.inARow > 1 ? ", \(window.inARow) windows in a row" : ""
        return "\(what)\(row): \(NumberText.count(window.rows)) rows in "
            + "\(NumberText.duration(seconds: window.seconds)), closed \(Age.text(window.closedAt))"
    }

    private static func open(_ version: DriftVersionInfo, isEnabled: Bool) -> String {
        guard isEnabled else { return "not watched: its monitor has drift switched off" }
        guard version.watched else { return "not watched: nobody is asked for this version" }
        return "\(NumberText.count(version.open.rows)) rows in \(NumberText.duration(seconds: version.open.seconds))"
    }

    static func table(_ features: [DriftFeatureInfo]) -> Table {
        func figure(_ value: Double?) -> String { value.map { NumberText.fixed($0, 3) } ?? "" }
        return Table(
            columns: [
                .init(title: "FEATURE", mayShrink: true), .init(title: "VERDICT"), .init(title: "TEST"),
                .init(title: "EFFECT", isNumber: true), .init(title: "P", isNumber: true),
                .init(title: "PSI", isNumber: true), .init(title: "KS", isNumber: true),
                .init(title: "MEAN WAS", isNumber: true), .init(title: "IS", isNumber: true),
                .init(title: "MISSING", isNumber: true),
            ],
            rows: features.map { feature in
                [
                    feature.feature, feature.verdict.rawValue, feature.test, figure(feature.effect),
                    probability(feature.adjusted), figure(feature.stabilityIndex), figure(feature.kolmogorovSmirnov),
                    feature.referenceMean.map(NumberText.significant) ?? "",
                    feature.mean.map(NumberText.significant) ?? "", percent(feature.missing),
                ]
            })
    }

    static func table(_ windows: [DriftWindowInfo]) -> Table {
        Table(
            columns: [
                .init(title: "WINDOW", isNumber: true), .init(title: "VERDICT"), .init(title: "ROWS", isNumber: true),
                .init(title: "LASTED", isNumber: true), .init(title: "CLOSED"),
                .init(title: "WORST FEATURE", mayShrink: true), .init(title: "EFFECT", isNumber: true),
                .init(title: "P", isNumber: true),
            ],
            rows: windows.map { window in
                let worst = window.features.first
                return [
                    String(window.number), window.verdict.rawValue, NumberText.count(window.rows),
                    NumberText.duration(seconds: window.seconds), Age.text(window.closedAt), worst?.feature ?? "",
                    worst.map { NumberText.fixed($0.effect, 3) } ?? "", worst.map { probability($0.adjusted) } ?? "",
                ]
            })
    }

    /// `1`, `0.034`, `2.1e-09`
    private static func probability(_ value: Double) -> String {
        value >= 0.001 ? NumberText.fixed(value, 3) : value < 1e-300 ? "0" : NumberText.significant(rounded(value))
    }

    /// Two digits that matter.
    private static func rounded(_ value: Double) -> Double {
        var (scale, left) = (1.0, value)
        while left < 10, scale < 1e300 {
            left *= 10
            scale *= 10
        }
        return left.rounded() / scale
    }

    private static func percent(_ share: Double) -> String {
        share == 0 ? "" : NumberText.fixed(100 * share, 1) + "%"
    }
}
