/// What a metric came to over some rows.
package struct MetricValue: Sendable, Hashable {
    /// `nil` where the metric is not defined for these rows; never infinite and never not-a-number.
    package let value: Double?
    /// Why it is not defined, or by which convention it has its value; `nil` where there is nothing to say.
    package let remark: String?

    /// A number that is none, as an overflow leaves it, is no value.
    package init(_ value: Double, remark: String? = nil) {
        self.value = value.isFinite ? value : nil
        self.remark = value.isFinite ? remark : "it is too large to be computed"
    }

    private init(undefined reason: String) {
        value = nil
        remark = reason
    }

    package static func undefined(_ reason: String) -> MetricValue { MetricValue(undefined: reason) }

    static let noRows = undefined("there are no rows")
}
