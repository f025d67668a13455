import Journal
import Runtimes
import Serving

extension EndpointOptions {
    static let intraOpThreadsRange = 1...256
    /// Up to a day.
    static let deadlineRange = 1...86_400_000
    /// Up to 2 GiB: a body is one buffer, and those end at 4.
    static let maxBodyRange = 1...(2 << 30)

    func validate() throws(ControlError) {
        try Self.check(runtime.intraOpThreads, Self.intraOpThreadsRange, field: "intraOpThreads")
        try Self.check(deadlineMilliseconds, Self.deadlineRange, field: "deadlineMilliseconds")
        try Self.check(maxBodyBytes, Self.maxBodyRange, field: "maxBodyBytes")
    }

    private static func check(_ value: Int, _ range: ClosedRange<Int>, field: String) throws(ControlError) {
        guard range.contains(value) else {
            throw ControlError(
                .invalid, "\(field) is \(value)", field: field,
                hint: "from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
