/// Which experiments are searched for.
package struct ExperimentQuery: Sendable, Hashable {
    package let space: String
    package let view: LifecycleView
    package let filter: SearchFilter
    /// In their order; then those made last come first.
    package let order: [SearchOrder]

    package init(space: String, view: LifecycleView, filter: SearchFilter, order: [SearchOrder]) {
        self.space = space
        self.view = view
        self.filter = filter
        self.order = order
    }
}

/// Which runs are searched for.
package struct RunQuery: Sendable, Hashable {
    package let space: String
    package let experiments: [ExperimentID]
    package let view: LifecycleView
    package let filter: SearchFilter
    /// In their order; then those begun last come first.
    package let order: [SearchOrder]

    package init(
        space: String, experiments: [ExperimentID], view: LifecycleView, filter: SearchFilter, order: [SearchOrder]
    ) {
        self.space = space
        self.experiments = experiments
        self.view = view
        self.filter = filter
        self.order = order
    }
}

/// Which logged models are searched for; deleted ones never are.
package struct LoggedModelQuery: Sendable, Hashable {
    /// The data sets that metrics may be about; any, where none is named.
    package struct DataSet: Sendable, Hashable {
        package let name: String
        package let digest: String?

        package init(name: String, digest: String?) {
            self.name = name
            self.digest = digest
        }

        package func holds(for point: MetricPoint) -> Bool {
            point.dataSet == name && (digest == nil || point.dataSetDigest == digest)
        }
    }

    /// One entry of an order: a metric's may be that about one data set.
    package struct Order: Sendable, Hashable {
        package let order: SearchOrder
        package let dataSet: DataSet?

        package init(_ order: SearchOrder, dataSet: DataSet? = nil) {
            self.order = order
            self.dataSet = dataSet
        }
    }

    package let space: String
    package let experiments: [ExperimentID]
    package let filter: SearchFilter
    package let dataSets: [DataSet]
    package let order: [Order]

    package init(
        space: String, experiments: [ExperimentID], filter: SearchFilter, dataSets: [DataSet], order: [Order]
    ) {
        self.space = space
        self.experiments = experiments
        self.filter = filter
        self.dataSets = dataSets
        self.order = order
    }
}

/// One page of a search, and how many came before the next one; `nil` on the last.
package struct SearchPage<Item: Sendable>: Sendable {
    package let items: [Item]
    package let next: Int?

    package init(items: [Item], next: Int?) {
        self.items = items
        self.next = next
    }

    /// Of up to `limit + 1` items that were found behind `offset`.
    init(found: [Item], offset: Int, limit: Int) {
        items = found.count > limit ? Array(found.prefix(limit)) : found
        next = found.count > limit ? offset + limit : nil
    }
}
