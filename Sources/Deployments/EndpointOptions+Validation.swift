import Foundation
import Journal
import Serving

extension EndpointOptions {
    /// All options as one text, the same for the same options: for the hash of a request, and for the audit.
    var canonical: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // Numbers and words only: encoding them cannot fail.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Throws `invalid` for the first option that is out of its range.
    func validate() throws(ControlError) {
        for option in OptionRange.all {
            guard let value = option.value(self), !option.range.contains(value) else { continue }
            throw ControlError(
                .invalid, "\(option.name) is \(value)", field: option.name,
                hint: "from \(option.range.lowerBound) to \(option.range.upperBound)")
        }
    }
}
