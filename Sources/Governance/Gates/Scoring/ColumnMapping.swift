/// Which columns of a data set go into which inputs of a model.
package struct ColumnMapping: Sendable, Hashable {
    /// For a model with one input: its columns, in order. `nil` for all columns that are not the target, in the order of
    /// the data set.
    package var features: [String]?
    /// For each input by name: its columns, in order. `nil` for `features`, or for columns named as the inputs are.
    package var inputs: [String: [String]]?

    package init(features: [String]? = nil, inputs: [String: [String]]? = nil) {
        self.features = features
        self.inputs = inputs
    }
}
