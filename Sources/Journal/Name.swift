/// The names of spaces, models and endpoints: `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`.
package enum Name {
    /// In bytes, which are characters here: names are ASCII.
    package static let maximumLength = 128
    /// As a regular expression that the whole name must match, for schemas and documentation.
    package static let pattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}"

    /// Whether `name` fits the pattern.
    package static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, isLetterOrDigit(first), bytes.count <= maximumLength else { return false }
        return bytes.allSatisfy {
            isLetterOrDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
                || $0 == UInt8(ascii: "-")
        }
    }

    /// Throws `invalid`, with the rule in the hint, unless `isValid`.
    ///
    /// - Parameter field: what the name is called where it came from, for the message.
    package static func validate(_ name: String, field: String) throws(ControlError) {
        guard isValid(name) else {
            throw ControlError(
                .invalid, "\(field) '\(excerpt(of: name))' is not a valid name", field: field,
                hint: "names start with a letter or digit, go on with letters, digits, '.', '_' or '-', "
                    + "and have at most \(maximumLength) characters")
        }
    }

    /// What came, cut to a length that a message can carry, with control characters made visible.
    package static func excerpt(of text: String, limit: Int = 64) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            if scalar.value < 0x20 || scalar.value == 0x7F {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return text.unicodeScalars.count > limit ? result + "..." : result
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
