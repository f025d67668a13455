extension SearchFilter {
    /// Whether something fits.
    ///
    /// - Parameter values: what it has at a field: nothing where it has no such metric, parameter or tag; more than one only
    ///   where it may, as a run has data sets: then one of them has to fit.
    package func matches(_ values: (SearchField) -> [SearchValue]) -> Bool {
        clauses.allSatisfy { clause in clause.condition.holds(for: values(clause.field)) }
    }
}

extension SearchCondition {
    /// Whether one of the values of a field meets it; `isMissing` is met where there are none.
    package func holds(for values: [SearchValue]) -> Bool {
        switch self {
        case .isMissing: values.isEmpty
        case .isPresent: !values.isEmpty
        case .number, .text, .like, .oneOf, .noneOf: values.contains { holds(for: $0) }
        }
    }

    private func holds(for value: SearchValue) -> Bool {
        switch (self, value) {
        case (.number(let comparator, let wanted), .number(let found)): comparator.holds(found, wanted)
        case (.text(.equal, let wanted), .text(let found)): wanted.isIdentical(to: found)
        case (.text(_, let wanted), .text(let found)): !wanted.isIdentical(to: found)
        case (.like(let pattern), .text(let found)): pattern.matches(found)
        case (.oneOf(let wanted), .text(let found)): wanted.contains { $0.isIdentical(to: found) }
        case (.noneOf(let unwanted), .text(let found)): !unwanted.contains { $0.isIdentical(to: found) }
        default: false
        }
    }
}

extension SearchComparator {
    /// With a number that is none, only `!=` holds.
    func holds(_ found: Double, _ wanted: Double) -> Bool {
        switch self {
        case .equal: found == wanted
        case .unequal: found != wanted
        case .less: found < wanted
        case .lessOrEqual: found <= wanted
        case .greater: found > wanted
        case .greaterOrEqual: found >= wanted
        }
    }
}

extension String {
    /// The same characters written in the same way: to Swift, an e with an accent is the same however it is written.
    func isIdentical(to other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
