package import Documents
package import Journal

extension QualitySettings {
    /// Reads the section `quality` of a monitor. Throws `invalid` with the place of what is wrong.
    package init(_ fields: inout DocumentFields) throws(ControlError) {
        self.init()
        task = try fields.word("task", among: Task.allCases.map(\.rawValue)).flatMap(Task.init)
        prediction = try fields.text("prediction")
        scores = try fields.text("scores")
        classes = try Self.classes(&fields)
        positive = try Self.word(fields.value("positive"), at: fields.place("positive"))
        key = try fields.text("key")
        metrics = try Self.metrics(&fields)
        segments = try fields.texts("segments", atMost: Self.mostSegments) ?? []
        if let window = fields.value("window") {
            var members = try DocumentFields(window, at: fields.place("window"))
            self.window.rows = try members.whole("rows", in: Window.rowRange) ?? self.window.rows
            self.window.hours = try members.whole("hours", in: Window.hourRange) ?? self.window.hours
            try members.finish()
        }
        try fields.finish()
        try validate(fields)
    }

    /// Of the section as a value of its own.
    package init(document: DocumentValue, at place: String = "quality") throws(ControlError) {
        var fields = try DocumentFields(document, at: place)
        try self.init(&fields)
    }

    private func validate(_ fields: DocumentFields) throws(ControlError) {
        for (index, segment) in segments.enumerated() where segments[..<index].contains(segment) {
            throw ControlError(
                .invalid, "'\(fields.place("segments"))[\(index)]' is '\(Name.excerpt(of: segment))' a second time",
                field: "\(fields.place("segments"))[\(index)]")
        }
        if let classes, let positive, !classes.contains(positive) {
            throw fields.refusal(
                "positive", "is '\(Name.excerpt(of: positive))', which is none of the classes",
                hint: "there are \(classes.joined(separator: ", "))")
        }
        guard let metrics, let task else { return }
        let isRegression = task == .regression
        if let other = metrics.first(where: { $0.base.isRegression != isRegression }) {
            throw fields.refusal("metrics", "has \(other), which is no metric of \(task.rawValue)")
        }
    }

    private static func classes(_ fields: inout DocumentFields) throws(ControlError) -> [String]? {
        guard let items = try fields.list("classes", atMost: 10_000) else { return nil }
        var classes: [String] = []
        for item in items {
            let place = "\(fields.place("classes"))[\(classes.count)]"
            guard let name = try word(item, at: place) else {
                throw ControlError(.invalid, "'\(place)' is empty", field: place)
            }
            guard !classes.contains(name) else {
                throw ControlError(.invalid, "'\(place)' is '\(Name.excerpt(of: name))' a second time", field: place)
            }
            classes.append(name)
        }
        return classes
    }

    private static func metrics(_ fields: inout DocumentFields) throws(ControlError) -> [QualityMetric]? {
        guard let names = try fields.texts("metrics") else { return nil }
        var metrics: [QualityMetric] = []
        for (index, name) in names.enumerated() {
            let metric = try QualityMetric(parsing: name, field: "\(fields.place("metrics"))[\(index)]")
            guard !metrics.contains(metric) else {
                throw fields.refusal("metrics", "has \(metric) twice")
            }
            if let first = metrics.first, first.base.isRegression != metric.base.isRegression {
                throw fields.refusal("metrics", "has both metrics of classes and of numbers")
            }
            metrics.append(metric)
        }
        return metrics
    }

    /// The name of a class, which may be written as a number or as true and false.
    private static func word(_ value: DocumentValue?, at place: String) throws(ControlError) -> String? {
        switch value {
        case nil, .null: return nil
        case .text(let text): return text
        case .flag(let flag): return flag ? "true" : "false"
        case .whole(let number): return String(number)
        case .number(let number): return TruthText.name(number)
        case .list(_), .mapping(_):
            throw ControlError(.invalid, "'\(place)' must be the name of a class", field: place)
        }
    }

    /// The section, with what was said only.
    package var document: DocumentValue {
        var members: [String: DocumentValue] = [:]
        members["task"] = task.map { .text($0.rawValue) }
        for (name, value) in [
            ("prediction", prediction), ("scores", scores), ("positive", positive), ("key", key),
        ] {
            members[name] = value.map { .text($0) }
        }
        members["classes"] = classes.map { .list($0.map { .text($0) }) }
        members["metrics"] = metrics.map { .list($0.map { .text($0.description) }) }
        if !segments.isEmpty { members["segments"] = .list(segments.map { .text($0) }) }
        members["window"] = .mapping(["rows": .whole(window.rows), "hours": .whole(window.hours)])
        return .mapping(members)
    }
}
