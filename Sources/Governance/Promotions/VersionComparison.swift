package import Registry
import Tensors

/// One thing that tells a version from the one that is live: what it is here and there.
package struct ComparedFact: Sendable, Hashable {
    /// `accuracy`, `size`, `input x` ...
    package var name: String
    /// `nil` where it has none.
    package var champion: String?
    package var candidate: String?
    /// Candidate less champion, where both are numbers.
    package var difference: Double?

    package init(name: String, champion: String?, candidate: String?, difference: Double? = nil) {
        self.name = name
        self.champion = champion
        self.candidate = candidate
        self.difference = difference
    }
}

/// What has changed from the champion to a candidate: all metrics, and of the rest what differs. Without a champion, what
/// the candidate brings.
package enum VersionComparison {
    package static func facts(candidate: ModelVersion, champion: ModelVersion?) -> [ComparedFact] {
        metrics(candidate, champion)
            + [number("bytes", Double(candidate.size), champion.map { Double($0.size) })]
            + tensors("input", candidate.description.signature.inputs, champion?.description.signature.inputs)
            + tensors("output", candidate.description.signature.outputs, champion?.description.signature.outputs)
            + provenance(candidate, champion)
    }

    private static func metrics(_ candidate: ModelVersion, _ champion: ModelVersion?) -> [ComparedFact] {
        let new = candidate.provenance.metrics
        let old = champion?.provenance.metrics ?? [:]
        return Set(new.keys).union(old.keys).sorted().map { number("metric \($0)", new[$0], old[$0]) }
    }

    private static func number(_ name: String, _ new: Double?, _ old: Double?) -> ComparedFact {
        ComparedFact(
            name: name, champion: old.map(text), candidate: new.map(text),
            difference: new.flatMap { new in old.map { new - $0 } })
    }

    /// Whole numbers without their fraction.
    private static func text(_ value: Double) -> String {
        if let whole = Int(exactly: value) { return String(whole) }
        return value.description
    }

    /// Those that are not the same on both sides; all where there is no other side.
    private static func tensors(_ word: String, _ new: [TensorSpec], _ old: [TensorSpec]?) -> [ComparedFact] {
        var names = new.map(\.name)
        for spec in old ?? [] where !names.contains(spec.name) { names.append(spec.name) }
        return names.compactMap { name in
            let here = new.first { $0.name == name }.map(text)
            let there = old?.first { $0.name == name }.map(text)
            if old != nil, here == there { return nil }
            return ComparedFact(name: "\(word) \(name)", champion: there, candidate: here)
        }
    }

    private static func text(_ spec: TensorSpec) -> String {
        let dimensions = spec.shape.map { dimension in
            switch dimension {
            case .fixed(let size): String(size)
            case .symbolic(let name): name
            case .unknown: "?"
            }
        }
        return "\(spec.elementType.rawValue)[\(dimensions.joined(separator: ", "))]"
            + (spec.isOptional ? " optional" : "")
    }

    private static func provenance(_ candidate: ModelVersion, _ champion: ModelVersion?) -> [ComparedFact] {
        var facts: [ComparedFact] = []
        func add(_ name: String, _ new: String?, _ old: String?) {
            let (new, old) = (new ?? "", old ?? "")
            guard new != old else { return }
            facts.append(
                ComparedFact(name: name, champion: old.isEmpty ? nil : old, candidate: new.isEmpty ? nil : new))
        }
        let (here, there) = (candidate.provenance, champion?.provenance)
        add("git commit", here.gitCommit, there?.gitCommit)
        add("dataset", here.dataset, there?.dataset)
        for tag in Set(here.tags.keys).union(there?.tags.keys ?? [:].keys).sorted() {
            add("tag \(tag)", here.tags[tag], there?.tags[tag])
        }
        add("producer", producer(candidate), champion.map(producer))
        add("pushed by", candidate.createdBy, champion?.createdBy)
        return facts
    }

    private static func producer(_ version: ModelVersion) -> String {
        [version.description.producer, version.description.producerVersion].filter { !$0.isEmpty }
            .joined(separator: " ")
    }
}
