package import Journal

extension ReferenceProfile {
    /// Which column is the reference of which feature.
    ///
    /// A column belongs to the feature that it is named as (`x`, `x[3]`). A model with one input takes its columns by the
    /// names in its metadata, else in the order of the file where there are as many. Outputs have theirs as `output:NAME`;
    /// what has none is held against its first rows.
    ///
    /// - Parameter names: of the columns of a model's one input, where its metadata has them.
    /// - Throws: `invalid`, with the field `reference`.
    package func references(
        for plan: FeaturePlan, names: [String]? = nil
    ) throws(ControlError) -> [(Feature, FeatureReference)] {
        let columns = try columnsByFeature(plan, names)
        var found: [(Feature, FeatureReference)] = []
        for feature in plan.features {
            guard let index = columns[Place(feature)] else { continue }
            found.append(try reference(of: feature, self.columns[index]))
        }
        guard !found.isEmpty else {
            throw Self.refusal(
                "has no column that is an input of the model",
                hint: "name the columns as the inputs are: \(Self.listed(plan.features.map(\.label)))")
        }
        return found
    }

    private struct Place: Hashable {
        var role: Feature.Role
        var tensor: String
        var column: Int

        init(_ feature: Feature) {
            role = feature.role
            tensor = feature.tensor
            column = feature.column
        }
    }

    private func columnsByFeature(_ plan: FeaturePlan, _ names: [String]?) throws(ControlError) -> [Place: Int] {
        let index = Dictionary(columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        var found: [Place: Int] = [:]
        for source in plan.sources {
            let prefix = source.role == .output ? Self.outputPrefix : ""
            for feature in plan.features where feature.role == source.role && feature.tensor == source.name {
                // A row that is taken as a whole is no column.
                guard source.width != nil, feature.aspect != .mean else { continue }
                let called = source.width == 1 ? source.name : "\(source.name)[\(feature.column)]"
                if let column = index[prefix + called] { found[Place(feature)] = column }
            }
        }
        let inputs = plan.sources.filter { $0.role == .input }
        guard let only = inputs.first, inputs.count == 1, let width = only.width, only.form != .mean,
            !found.keys.contains(where: { $0.role == .input })
        else { return found }
        let order = try order(width, of: only.name, names, index)
        for feature in plan.features where feature.role == .input && feature.column < order.count {
            found[Place(feature)] = order[feature.column]
        }
        return found
    }

    /// The columns of a model's one input.
    private func order(
        _ width: Int, of input: String, _ names: [String]?, _ index: [String: Int]
    ) throws(ControlError) -> [Int] {
        if let names, names.count == width {
            let known = names.compactMap { index[$0] }
            if known.count == width { return known }
        }
        let own = columns.indices.filter { !columns[$0].name.hasPrefix(Self.outputPrefix) }
        guard own.count == width else {
            let takes = width == 1 ? "1 column" : "\(width) columns"
            throw Self.refusal(
                "has \(own.count) columns, the input '\(input)' takes \(takes)",
                hint: own.count > width
                    ? "leave out what is no input: the label, an index"
                    : "a row of the file is a row of the input")
        }
        return own
    }

    private func reference(of feature: Feature, _ column: Column) throws(ControlError) -> (Feature, FeatureReference) {
        var feature = feature
        let name =
            column.name.hasPrefix(Self.outputPrefix)
            ? String(column.name.dropFirst(Self.outputPrefix.count)) : column.name
        feature.label = feature.aspect == .length ? name + " (length)" : name
        switch feature.aspect {
        case .text: return (feature, .texts(column.texts))
        case .length: return (feature, .numbers(column.lengths))
        case .number, .mean:
            guard column.unreadable == 0 else {
                throw Self.refusal(
                    "has \(column.unreadable) cells in the column '\(Name.excerpt(of: column.name))' that are no numbers",
                    hint: Name.excerpt(of: column.firstUnreadable))
            }
            return (feature, .numbers(column.numbers))
        }
    }

    private static func refusal(_ what: String, hint: String) -> ControlError {
        ControlError(.invalid, "the reference \(what)", field: "reference", hint: hint)
    }

    private static func listed(_ names: [String]) -> String {
        names.prefix(8).map { Name.excerpt(of: $0) }.joined(separator: ", ") + (names.count > 8 ? ", ..." : "")
    }
}
