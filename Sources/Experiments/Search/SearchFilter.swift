package import Journal

/// A `filter_string` of MLflow's: clauses that all have to hold.
///
///     metrics.acc > 0.9 AND params."x y" = 'a' AND tags.`mlflow.user` ILIKE '%b%' AND run_id IN ('1', '2')
///
/// Comparators and `AND` may be in any case, there is no `OR`, and nothing nests.
package struct SearchFilter: Sendable, Hashable {
    package static let maximumClauses = 256

    package let clauses: [SearchClause]

    package init(_ clauses: [SearchClause]) {
        self.clauses = clauses
    }

    /// An empty text lets everything through.
    ///
    /// Errors: `invalid` on `field`, with the character where it went wrong.
    package init(_ text: String, for dialect: SearchDialect, field: String = "filter") throws(ControlError) {
        var scanner = try SearchScanner(text, field: field)
        var clauses: [SearchClause] = []
        if !scanner.isAtEnd() {
            repeat {
                clauses.append(try Self.clause(&scanner, dialect))
                guard clauses.count <= Self.maximumClauses else {
                    throw scanner.error("are too many clauses", what: "more than \(Self.maximumClauses)")
                }
            } while try Self.goesOn(&scanner)
        }
        self.clauses = clauses
    }

    /// Steps over `AND`; false at the end.
    private static func goesOn(_ scanner: inout SearchScanner) throws(ControlError) -> Bool {
        guard !scanner.isAtEnd() else { return false }
        let place = scanner.position
        let found = scanner.rest()
        guard scanner.word().uppercased() == "AND" else {
            throw scanner.error(
                "is no clause", at: place, what: found, hint: "clauses are joined by AND; there is no OR, nothing nests"
            )
        }
        return true
    }

    private static func clause(
        _ scanner: inout SearchScanner, _ dialect: SearchDialect
    ) throws(ControlError) -> SearchClause {
        let field = try scanner.searchField(of: dialect, isOrder: false)
        scanner.skipSpace()
        let place = scanner.position
        let signs = scanner.signs()
        if !signs.isEmpty {
            guard let comparator = SearchComparator(rawValue: signs) else {
                throw scanner.error("is no comparator", at: place, what: "'\(signs)'", hint: "=, !=, <, <=, > or >=")
            }
            return SearchClause(field, try comparison(comparator, field, &scanner, dialect, place))
        }
        let condition: SearchCondition =
            switch try words(&scanner) {
            case "LIKE": .like(try pattern(field, &scanner, dialect, place, ignoresCase: false))
            case "ILIKE": .like(try pattern(field, &scanner, dialect, place, ignoresCase: true))
            case "IN": .oneOf(try list(field, &scanner, dialect, place))
            case "NOT IN": .noneOf(try list(field, &scanner, dialect, place))
            case let isNull: try missing(isNull == "IS NULL", field, scanner, dialect, place)
            }
        return SearchClause(field, condition)
    }

    /// A comparator of letters, in capitals.
    private static func words(_ scanner: inout SearchScanner) throws(ControlError) -> String {
        let place = scanner.position
        let found = scanner.rest()
        var words: [String] = []
        while true {
            scanner.skipSpace()
            words.append(scanner.word().uppercased())
            switch words {
            case ["LIKE"], ["ILIKE"], ["IN"], ["NOT", "IN"], ["IS", "NULL"], ["IS", "NOT", "NULL"]:
                return words.joined(separator: " ")
            case ["NOT"], ["IS"], ["IS", "NOT"]: continue
            default:
                throw scanner.error(
                    "is no comparator", at: place, what: found,
                    hint: "=, !=, <, <=, >, >=, LIKE, ILIKE, IN, NOT IN, IS NULL or IS NOT NULL")
            }
        }
    }
}

extension SearchFilter {
    private static func comparison(
        _ comparator: SearchComparator, _ field: SearchField, _ scanner: inout SearchScanner, _ dialect: SearchDialect,
        _ place: Int
    ) throws(ControlError) -> SearchCondition {
        if dialect.holding(field) == .number {
            scanner.skipSpace()
            guard let value = try scanner.number() else {
                throw scanner.error("is no number, which \(field.phrase) is compared with", what: scanner.rest())
            }
            return .number(comparator, value)
        }
        guard comparator == .equal || comparator == .unequal else {
            throw scanner.error(
                "compares numbers, and \(field.phrase) is a text", at: place, what: "'\(comparator.rawValue)'",
                hint: "=, !=, LIKE or ILIKE")
        }
        return .text(comparator, try text(field, &scanner))
    }

    private static func pattern(
        _ field: SearchField, _ scanner: inout SearchScanner, _ dialect: SearchDialect, _ place: Int, ignoresCase: Bool
    ) throws(ControlError) -> SearchPattern {
        guard dialect.holding(field) == .text else {
            throw scanner.error("compares texts, and \(field.phrase) is a number", at: place, what: "LIKE")
        }
        let pattern = try text(field, &scanner)
        guard pattern.utf8.count <= SearchPattern.mostBytes else {
            throw scanner.error(
                "has a pattern of \(pattern.utf8.count) bytes, at most \(SearchPattern.mostBytes)", at: place,
                what: "LIKE")
        }
        return SearchPattern(pattern, ignoresCase: ignoresCase)
    }

    private static func text(_ field: SearchField, _ scanner: inout SearchScanner) throws(ControlError) -> String {
        scanner.skipSpace()
        guard let value = try scanner.quoted(by: "'\"") else {
            throw scanner.error(
                "is no text in quotes, which \(field.phrase) is compared with", what: scanner.rest(),
                hint: "put it in single or double quotes: 'a'")
        }
        return value
    }

    /// `('a', "b")`; a comma may follow the last one.
    private static func list(
        _ field: SearchField, _ scanner: inout SearchScanner, _ dialect: SearchDialect, _ place: Int
    ) throws(ControlError) -> [String] {
        guard field.kind == .dataset || (field.kind == .attribute && dialect.listed.contains(field.key)) else {
            let known = dialect.listed.sorted().joined(separator: ", ")
            throw scanner.error("cannot ask about \(field.phrase)", at: place, what: "IN", hint: "only about \(known)")
        }
        scanner.skipSpace()
        guard scanner.take("(") else {
            throw scanner.error("is no list", what: scanner.rest(), hint: "for example IN ('a', 'b')")
        }
        var items: [String] = []
        while true {
            scanner.skipSpace()
            if !items.isEmpty, scanner.take(")") { return items }
            items.append(try text(field, &scanner))
            scanner.skipSpace()
            guard !scanner.take(",") else { continue }
            guard scanner.take(")") else { throw scanner.error("is neither ',' nor ')'", what: scanner.rest()) }
            return items
        }
    }

    private static func missing(
        _ isNull: Bool, _ field: SearchField, _ scanner: SearchScanner, _ dialect: SearchDialect, _ place: Int
    ) throws(ControlError) -> SearchCondition {
        guard dialect.nullable.contains(field.kind) else {
            let known = dialect.nullable.map { "\($0.rawValue)s" }.sorted().joined(separator: " and ")
            throw scanner.error(
                "cannot ask about \(field.phrase)", at: place, what: "IS NULL",
                hint: known.isEmpty ? nil : "only about \(known)")
        }
        return isNull ? .isMissing : .isPresent
    }
}

extension SearchDialect {
    /// What a field of this dialect holds.
    package func holding(_ field: SearchField) -> Holding {
        switch field.kind {
        case .metric: .number
        case .parameter, .tag, .dataset: .text
        case .attribute: attributes[field.key] ?? .number
        }
    }
}

extension SearchField {
    /// `the tag 'a'`, for messages.
    var phrase: String { "the \(kind.rawValue) '\(Name.excerpt(of: key))'" }
}
