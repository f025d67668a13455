import Journal

/// What names and values may be: the limits of MLflow's own server, so that what a client sends to one it can send to the
/// other. Lengths are in characters (Unicode scalars), as there.
package enum TrackingLimits {
    package static let keyLength = 250
    package static let paramLength = 6000
    package static let tagLength = 8000
    package static let experimentNameLength = 500
    package static let experimentTagLength = 20_000
    package static let metricsPerBatch = 1000
    package static let paramsPerBatch = 100
    package static let tagsPerBatch = 100
    package static let itemsPerBatch = 1000
    package static let dataSetsPerBatch = 1000
    /// `mlflow.log-model.history`, which a client reads and writes as one text.
    package static let noteLength = 64_000

    /// A key of a metric, parameter or tag: letters, digits, `_`, `-`, `.`, space, `:` and `/`, and no other spelling of
    /// another key when it is taken for a path.
    static func checkKey(_ key: String, field: String) throws(ControlError) {
        guard !key.isEmpty else {
            throw ControlError(.invalid, "'\(field)' is missing: a key must be given", field: field)
        }
        guard key.unicodeScalars.count <= keyLength else {
            throw tooLong(field, keyLength, key)
        }
        guard key.unicodeScalars.allSatisfy(isOfKey) else {
            throw ControlError(
                .invalid,
                "'\(field)' is '\(Name.excerpt(of: key))': keys may only have letters, digits, '_', '-', '.', ' ', ':' and "
                    + "'/'", field: field)
        }
        guard isPlainPath(key) else {
            throw ControlError(
                .invalid, "'\(field)' is '\(Name.excerpt(of: key))', which as a path would be another key", field: field
            )
        }
    }

    static func check(_ value: String, field: String, limit: Int) throws(ControlError) {
        guard value.utf8.count > limit, value.unicodeScalars.count > limit else { return }
        throw tooLong(field, limit, value)
    }

    /// The beginning of a value that is too long: MLflow's server cuts what runs log, and its clients rely on it.
    static func cut(_ value: String, to limit: Int) -> String {
        guard value.utf8.count > limit, value.unicodeScalars.count > limit else { return value }
        return String(String.UnicodeScalarView(value.unicodeScalars.prefix(limit)))
    }

    static func checkExperimentName(_ name: String, field: String = "name") throws(ControlError) {
        guard !name.isEmpty else {
            throw ControlError(.invalid, "'\(field)' is missing: an experiment needs a name", field: field)
        }
        try check(name, field: field, limit: experimentNameLength)
        guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw ControlError(.invalid, "'\(field)' has control characters in it", field: field)
        }
    }

    private static func tooLong(_ field: String, _ limit: Int, _ value: String) -> ControlError {
        ControlError(
            .invalid, "'\(field)' is too long: \(value.unicodeScalars.count) characters, at most \(limit)", field: field
        )
    }

    private static func isOfKey(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "_", "-", ".", " ", ":", "/": true
        default: scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
    }

    /// Whether nothing changes when the text is read as a path: no empty piece, no `.` and no `..`.
    private static func isPlainPath(_ key: String) -> Bool {
        key.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && $0 != "." && $0 != ".."
        }
    }
}
