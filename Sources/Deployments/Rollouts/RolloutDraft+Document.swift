package import Documents
import Foundation
import Governance
package import Journal
import Serving

/// The rollout as a document: `docs/reference/rollout.md` describes each field. Whatever cannot work with the strategy is
/// refused, never ignored.
extension RolloutDraft {
    /// Throws `invalid` that names the field, what was expected and what came.
    package init(document: DocumentValue) throws(ControlError) {
        var fields = try DocumentFields(document, at: "")
        let words = RolloutStrategy.allCases.map(\.words)
        let word = try fields.word("strategy", among: words) ?? RolloutStrategy.canary.words
        guard let strategy = RolloutStrategy(words: word) else { throw fields.refusal("strategy", "is missing") }
        self.init(strategy: strategy, candidates: try Self.candidates(&fields, strategy))
        reason = try fields.text("reason") ?? ""
        expiresSeconds = try fields.duration("expires", in: 1...31_536_000)
        switch strategy {
        case .canary:
            (steps, promotesItself) = try Self.steps(&fields)
            try readJudgement(&fields)
            metrics = try ExperimentMetric.qualities(&fields)
            try checkQuality()
        case .ab:
            // Variants of an experiment are there to answer otherwise.
            analysis.maxOutputDistance = nil
            try readJudgement(&fields)
            metrics = try ExperimentMetric.list(&fields)
        case .shadow: shadow = try Self.shadow(&fields, variant: candidates.first?.variant ?? "")
        case .blueGreen:
            watchSeconds = try fields.duration("watch", in: 1...86_400) ?? RolloutSpec.defaultWatchSeconds
            watchErrorRate = try fields.share("maxErrorRate") ?? RolloutSpec.defaultWatchErrorRate
        }
        do {
            try fields.finish()
        } catch {
            throw Self.explained(error, strategy)
        }
    }

    /// What decides where a request goes and what it is judged by, where both versions answer callers.
    private mutating func readJudgement(_ fields: inout DocumentFields) throws(ControlError) {
        sticky = try Self.sticky(&fields)
        if let header = try fields.text("header") {
            variantHeader = try Self.headerName(header, at: fields.place("header"))
        }
        if let value = fields.value("analysis") {
            var inner = try DocumentFields(value, at: "analysis")
            analysis = try inner.rest(over: analysis)
            do {
                try analysis.validate()
            } catch {
                throw ControlError(
                    error.code, error.message, field: error.field.map { "analysis.\($0)" }, hint: error.hint)
            }
        }
        checks = try Self.checks(&fields)
    }

    private func checkQuality() throws(ControlError) {
        guard metrics?.isEmpty == false, analysis.maxQualityLossIncrease == nil else { return }
        throw ControlError(
            .invalid, "'metrics' are compared by 'analysis.maxQualityLossIncrease', which is taken away",
            field: "metrics", hint: "leave one of them out")
    }

    /// A field of another strategy is no slip of the pen.
    private static func explained(_ error: ControlError, _ strategy: RolloutStrategy) -> ControlError {
        let homes: [String: [RolloutStrategy]] = [
            "steps": [.canary], "hold": [.canary], "variants": [.ab], "weight": [.ab], "shadow": [.shadow],
            "watch": [.blueGreen], "maxErrorRate": [.blueGreen], "sticky": [.canary, .ab], "header": [.canary, .ab],
            "analysis": [.canary, .ab], "checks": [.canary, .ab], "metrics": [.canary, .ab],
        ]
        guard let field = error.field, let home = homes[field] else { return error }
        return ControlError(
            .invalid, "'\(field)' cannot work with the strategy \(strategy.words)", field: field,
            hint: "it is for \(home.map(\.words).joined(separator: " and "))")
    }
}

// MARK: - Versions

extension RolloutDraft {
    private static func candidates(
        _ fields: inout DocumentFields, _ strategy: RolloutStrategy
    ) throws(ControlError) -> [Candidate] {
        if strategy == .ab, let items = try fields.list("variants", atMost: RolloutSpec.maximumCandidates) {
            return try variants(items)
        }
        guard let value = fields.value("to") else {
            throw fields.refusal("to", "is missing", hint: "the version to go to, as churn:2")
        }
        let (model, version) = try reference(value, at: fields.place("to"))
        let weight = strategy == .ab ? try fields.weight("weight") ?? TrafficPlan.whole / 2 : 0
        let variant =
            switch strategy {
            case .canary, .blueGreen: "canary"
            case .ab: "b"
            case .shadow: "shadow"
            }
        return [Candidate(variant: variant, model: model, version: version, weight: weight)]
    }

    private static func variants(_ items: [DocumentValue]) throws(ControlError) -> [Candidate] {
        var candidates: [Candidate] = []
        for item in items {
            var fields = try DocumentFields(item, at: "variants[\(candidates.count)]")
            let name = try fields.required("name")
            try checkVariant(name, at: fields.place("name"))
            guard let value = fields.value("to") else { throw fields.refusal("to", "is missing") }
            let (model, version) = try reference(value, at: fields.place("to"))
            guard let weight = try fields.weight("weight") else { throw fields.refusal("weight", "is missing") }
            try fields.finish()
            guard !candidates.contains(where: { $0.variant == name || $0.version == version }) else {
                throw fields.refusal(
                    "name", "is there twice, or its version is", hint: "each variant is its own version")
            }
            candidates.append(Candidate(variant: name, model: model, version: version, weight: weight))
        }
        guard !candidates.isEmpty else {
            throw ControlError(.invalid, "'variants' is an empty list", field: "variants")
        }
        let sum = candidates.reduce(0) { $0 + $1.weight }
        guard sum <= TrafficPlan.whole else {
            throw ControlError(
                .invalid, "the weights of the variants come to \(Double(sum) / 100)%", field: "variants",
                hint: "what is missing to 100 goes to the version that serves now, 'stable'")
        }
        return candidates
    }

    /// A variant is addressed where a version is: neither a number nor a word that means something there.
    private static func checkVariant(_ name: String, at place: String) throws(ControlError) {
        try Name.validate(name, field: place)
        guard Int(name) == nil, name != RolloutProgress.stable, name != "latest" else {
            throw ControlError(
                .invalid, "'\(place)' is '\(name)', which means something else already", field: place,
                hint: "a name that is no number, and neither 'stable' nor 'latest'")
        }
    }

    /// `churn:2`, or `2`.
    private static func reference(
        _ value: DocumentValue, at place: String
    ) throws(ControlError) -> (model: String?, version: Int) {
        let wrong = ControlError(
            .invalid, "'\(place)' must name a version, as churn:2 or 2", field: place)
        switch value {
        case .whole(let number) where number > 0: return (nil, number)
        case .text(let text):
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard let number = parts.last.flatMap({ Int($0) }), number > 0, parts.count <= 2 else { throw wrong }
            guard parts.count == 2 else { return (nil, number) }
            try Name.validate(parts[0], field: place)
            return (parts[0], number)
        default: throw wrong
        }
    }
}

// MARK: - Steps

extension RolloutDraft {
    private static let longestHold = 2_592_000

    /// `[1, 5, 25, 50, 100]`, or `[{weight: 1, hold: 10m}, ...]`; a last step of 100 is the promotion.
    private static func steps(
        _ fields: inout DocumentFields
    ) throws(ControlError) -> (steps: [RolloutStep], promotes: Bool) {
        let hold = try fields.duration("hold", in: 1...longestHold) ?? RolloutSpec.defaultHoldSeconds
        let items =
            try fields.list("steps", atMost: RolloutSpec.maximumSteps)
            ?? [1, 5, 25, 50, 100].map { DocumentValue.whole($0) }
        var steps: [RolloutStep] = []
        for (index, item) in items.enumerated() {
            let place = "steps[\(index)]"
            let step = try Self.step(item, at: place, hold: hold)
            guard step.weight > steps.last?.weight ?? 0 else {
                throw ControlError(.invalid, "'\(place)' is not more than the step before", field: place)
            }
            steps.append(step)
        }
        let promotes = steps.last?.weight == TrafficPlan.whole
        if promotes { steps.removeLast() }
        guard !steps.isEmpty else {
            throw ControlError(
                .invalid, "'steps' has none below 100: that is no canary", field: "steps",
                hint: "--strategy blue-green switches at once")
        }
        return (steps, promotes)
    }

    private static func step(_ item: DocumentValue, at place: String, hold: Int) throws(ControlError) -> RolloutStep {
        if case .mapping = item {
            var fields = try DocumentFields(item, at: place)
            guard let weight = try fields.weight("weight") else { throw fields.refusal("weight", "is missing") }
            let own = try fields.duration("hold", in: 1...longestHold)
            try fields.finish()
            return RolloutStep(weight: weight, holdSeconds: own ?? hold)
        }
        return RolloutStep(weight: try DocumentFields.weight(item, at: place), holdSeconds: hold)
    }
}

// MARK: - Where requests go

extension RolloutDraft {
    /// `{header: x-user}`, `{parameter: user}` or `{input: user_id}`.
    private static func sticky(_ fields: inout DocumentFields) throws(ControlError) -> StickyKey? {
        guard let value = fields.value("sticky") else { return nil }
        var inner = try DocumentFields(value, at: "sticky")
        let header = try inner.text("header")
        let parameter = try inner.text("parameter")
        let input = try inner.text("input")
        try inner.finish()
        let found = [header, parameter, input].compactMap { $0 }
        guard found.count == 1, let name = found.first, !name.isEmpty, name.utf8.count <= 128 else {
            throw ControlError(
                .invalid, "'sticky' must name one of header, parameter and input", field: "sticky",
                hint: "as {header: x-user}")
        }
        if header != nil { return .header(try headerName(name, at: "sticky.header")) }
        return parameter != nil ? .parameter(name) : .input(name)
    }

    private static func headerName(_ text: String, at place: String) throws(ControlError) -> String {
        let name = text.lowercased()
        let isToken = name.utf8.allSatisfy { byte in
            (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z"))
                || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
        }
        guard isToken, !name.isEmpty, name.utf8.count <= 128 else {
            throw ControlError(
                .invalid, "'\(place)' is no name of a header", field: place,
                hint: "letters, digits, '-', '_' and '.', 128 at most")
        }
        return name
    }

    private static func shadow(_ fields: inout DocumentFields, variant: String) throws(ControlError) -> ShadowPlan {
        var plan = ShadowPlan(variant: variant, share: TrafficPlan.whole)
        guard let value = fields.value("shadow") else { return plan }
        var inner = try DocumentFields(value, at: "shadow")
        if let share = try inner.weight("share") { plan.share = share }
        if let limit = try inner.whole("queue", in: 1...65_536) { plan.queueLimit = limit }
        plan.tolerance = try tolerance(&inner) ?? plan.tolerance
        plan.segmentInput = try inner.text("segment")
        if case .mapping(let outputs)? = inner.value("outputs") {
            for (name, value) in outputs {
                var output = try DocumentFields(value, at: "shadow.outputs.\(Name.excerpt(of: name))")
                plan.tolerances[name] = try tolerance(&output) ?? plan.tolerance
                try output.finish()
            }
        }
        try inner.finish()
        return plan
    }

    private static func tolerance(_ fields: inout DocumentFields) throws(ControlError) -> ShadowPlan.Tolerance? {
        let relative = try fields.tolerance("relative")
        let absolute = try fields.tolerance("absolute")
        guard relative != nil || absolute != nil else { return nil }
        return ShadowPlan.Tolerance(relative: relative ?? 0, absolute: absolute ?? 0)
    }
}

// MARK: - Checks

extension RolloutDraft {
    private static func checks(_ fields: inout DocumentFields) throws(ControlError) -> [RolloutCheck] {
        var checks: [RolloutCheck] = []
        for item in try fields.list("checks", atMost: RolloutCheck.maximum) ?? [] {
            var inner = try DocumentFields(item, at: "checks[\(checks.count)]")
            let name = try inner.required("name")
            try Name.validate(name, field: inner.place("name"))
            guard !checks.contains(where: { $0.name == name }) else {
                throw inner.refusal("name", "is there twice", hint: "each check has a name of its own")
            }
            let question = try question(&inner)
            let check = RolloutCheck(
                name: name, question: question,
                everySeconds: try inner.duration("every", in: 1...86_400) ?? RolloutCheck.defaultEverySeconds,
                timeoutSeconds: try inner.duration("timeout", in: 1...60) ?? RolloutCheck.defaultTimeoutSeconds)
            try inner.finish()
            checks.append(check)
        }
        return checks
    }

    private static func question(_ fields: inout DocumentFields) throws(ControlError) -> RolloutCheck.Question {
        let server = try fields.text("prometheus")
        let hook = try fields.text("webhook")
        switch (server, hook) {
        case (let server?, nil):
            let query = try fields.required("query")
            guard query.utf8.count <= 4096 else { throw fields.refusal("query", "has more than 4096 bytes") }
            let (minimum, maximum) = (try fields.number("min"), try fields.number("max"))
            guard minimum != nil || maximum != nil else {
                throw fields.refusal("max", "is missing", hint: "say what the answer may be: min, max or both")
            }
            return .prometheus(
                url: try url(server, at: fields.place("prometheus")), query: query, minimum: minimum, maximum: maximum)
        case (nil, let hook?): return .webhook(url: try url(hook, at: fields.place("webhook")))
        default:
            throw fields.refusal("prometheus", "or webhook is needed, one of them", hint: "docs/reference/rollout.md")
        }
    }

    private static func url(_ text: String, at place: String) throws(ControlError) -> String {
        guard text.utf8.count <= 2048, let url = URL(string: text),
            ["http", "https"].contains(url.scheme?.lowercased()),
            let host = url.host(), !host.isEmpty, url.user() == nil
        else {
            throw ControlError(
                .invalid, "'\(place)' is no http or https address", field: place,
                hint: "as http://prometheus.internal:9090, without a user in it")
        }
        return text
    }
}
