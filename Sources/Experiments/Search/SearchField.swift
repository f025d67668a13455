/// What a clause or an order looks at: the metric `acc`, the tag `mlflow.user`, the attribute `start_time`.
package struct SearchField: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case metric
        case parameter
        case tag
        case attribute
        case dataset
    }

    package let kind: Kind
    /// For an attribute the name that its dialect gives it, whichever of its other names was written.
    package let key: String

    package init(_ kind: Kind, _ key: String) {
        self.kind = kind
        self.key = key
    }
}

/// What something has at a field. Times are milliseconds since 1970, as MLflow counts them.
package enum SearchValue: Sendable, Hashable {
    case number(Double)
    case text(String)
}

/// One of `=`, `!=`, `<`, `<=`, `>`, `>=`.
package enum SearchComparator: String, Sendable, Hashable, CaseIterable {
    case equal = "="
    case unequal = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
}

/// What a clause asks of its field. A field that is not there meets `isMissing` only.
package enum SearchCondition: Sendable, Hashable {
    case number(SearchComparator, Double)
    /// `=` and `!=` only, byte by byte.
    case text(SearchComparator, String)
    case like(SearchPattern)
    case oneOf([String])
    case noneOf([String])
    /// `IS NULL`
    case isMissing
    /// `IS NOT NULL`
    case isPresent
}

/// `metrics.acc > 0.9`
package struct SearchClause: Sendable, Hashable {
    package let field: SearchField
    package let condition: SearchCondition

    package init(_ field: SearchField, _ condition: SearchCondition) {
        self.field = field
        self.condition = condition
    }
}
