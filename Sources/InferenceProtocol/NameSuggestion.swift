/// The name that somebody probably meant.
package enum NameSuggestion {
    /// The nearest of `names` by edit distance, letter case aside, when at most a third of it would have to change.
    package static func nearest(to name: String, among names: [String]) -> String? {
        // Comparing takes the product of the lengths: not for names nobody typed.
        guard name.utf8.count <= 128 else { return nil }
        let wanted = Array(name.lowercased().utf8)
        var best: (name: String, distance: Int)?
        for candidate in names.prefix(256) where candidate.utf8.count <= 128 {
            let letters = Array(candidate.lowercased().utf8)
            let changes = distance(wanted, letters)
            guard changes <= max(1, max(letters.count, wanted.count) / 3), changes < max(letters.count, 1) else {
                continue
            }
            if changes < best?.distance ?? .max { best = (candidate, changes) }
        }
        return best?.name
    }

    /// Levenshtein distance, row by row.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let changed = diagonal + (letter == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(changed, diagonal + 1, row[j] + 1)
            }
        }
        return row[right.count]
    }
}
