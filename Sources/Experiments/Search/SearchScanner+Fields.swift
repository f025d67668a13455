import Journal

extension SearchScanner {
    /// `metrics.acc`, `params."x y"`, `` tags.`mlflow.user` ``, `status`: a field that the dialect has.
    ///
    /// - Parameter isOrder: whether it is to order the answer, rather than to choose from it.
    mutating func searchField(of dialect: SearchDialect, isOrder: Bool) throws(ControlError) -> SearchField {
        skipSpace()
        let start = position
        let first = try name()
        guard take(".") else { return try attribute(first, of: dialect, isOrder: isOrder, at: start) }
        guard let kind = dialect.kinds[first] else {
            throw error(
                "is nothing that \(dialect.subject) have", at: start, what: "'\(Name.excerpt(of: first))'",
                hint: "before the dot stands one of \(dialect.kinds.keys.sorted().joined(separator: ", "))")
        }
        let place = position
        let key = try quoted(by: "'\"`") ?? word(and: ".")
        guard !key.isEmpty else {
            throw error(
                "is no key", at: place, what: rest(),
                hint: "put a key with other characters in backticks: \(first).`a b`")
        }
        switch kind {
        case .attribute: return try attribute(key, of: dialect, isOrder: isOrder, at: start)
        case .dataset where !SearchDialect.dataSetKeys.contains(key) || isOrder:
            throw error(
                "is nothing to ask of a data set", at: place, what: "'\(Name.excerpt(of: key))'",
                hint: "name, digest or context, in a filter")
        case .metric, .parameter, .tag, .dataset: break
        }
        if isOrder, !dialect.ordersByValues {
            throw error("orders no \(dialect.subject)", at: start, what: "a \(kind.rawValue)")
        }
        return SearchField(kind, key)
    }

    private mutating func name() throws(ControlError) -> String {
        let found = try quoted(by: "\"`") ?? word()
        guard !found.isEmpty else {
            throw error(
                "is no name of a field", what: rest(), hint: "for example metrics.acc > 0.9 AND tags.team = 'a'")
        }
        return found
    }

    private func attribute(
        _ name: String, of dialect: SearchDialect, isOrder: Bool, at place: Int
    ) throws(ControlError) -> SearchField {
        let key = dialect.aliases[name] ?? name
        let known = isOrder ? dialect.ordering : Set(dialect.attributes.keys)
        guard known.contains(key) else {
            throw error(
                "is no attribute that can \(isOrder ? "order" : "choose") \(dialect.subject)", at: place,
                what: "'\(Name.excerpt(of: name))'", hint: "one of \(known.sorted().joined(separator: ", "))")
        }
        return SearchField(.attribute, key)
    }
}
