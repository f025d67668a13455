import Foundation
package import Journal
package import Serving
import Tensors

extension EndpointOptions {
    /// All options as one text, the same for the same options: for the hash of a request, and for the audit.
    var canonical: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // Numbers and words only: encoding them cannot fail.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Throws `invalid` for the first option that is out of its range.
    package func validate() throws(ControlError) {
        for option in OptionRange.all {
            guard let value = option.value(self), !option.range.contains(value) else { continue }
            throw ControlError(
                .invalid, "\(option.name) is \(value)", field: option.name,
                hint: "from \(option.range.lowerBound) to \(option.range.upperBound)")
        }
        try ledger?.validate()
    }
}

extension LedgerOptions {
    /// Most names that may be left out, or hashed.
    private static let mostFields = 1000

    fileprivate func validate() throws(ControlError) {
        guard share >= 0, share <= 1 else {
            throw ControlError(
                .invalid, "ledger.share is \(share)", field: "ledger.share",
                hint: "from 0 (only predictions that fail) to 1 (all)")
        }
        for (field, names) in [("ledger.exclude", exclude), ("ledger.hash", hash)] {
            guard names.count <= Self.mostFields else {
                throw ControlError(
                    .invalid, "\(field) has \(names.count) names, at most \(Self.mostFields)", field: field)
            }
        }
        if let both = hash.first(where: { exclude.contains($0) }) {
            throw ControlError(
                .invalid, "ledger.hash has '\(Name.excerpt(of: both))', which ledger.exclude has too",
                field: "ledger.hash", hint: "what is left out cannot be hashed as well: name it in one of them")
        }
    }

    /// Throws `invalid` for the first name that is no input and no output of `version`: one that is misspelt would be
    /// written down in silence.
    func check(against signature: Signature, of version: String) throws(ControlError) {
        let known = signature.inputs.map(\.name) + signature.outputs.map(\.name)
        for (field, names) in [("ledger.exclude", exclude), ("ledger.hash", hash)] {
            for (index, name) in names.enumerated() where !known.contains(name) {
                throw ControlError(
                    .invalid, "\(field)[\(index)] is '\(Name.excerpt(of: name))', no input or output of \(version)",
                    field: "\(field)[\(index)]", hint: "there are \(known.joined(separator: ", "))")
            }
        }
    }
}
