import Runtimes
package import Serving

/// A deployment's option that is a number: what it is called where people set it, what it may be, and what it is when
/// nobody does. Validation, the OpenAPI document and the reference page all follow this one list.
package struct OptionRange: Sendable {
    /// As in the management interface; a dot leads into an object.
    package let name: String
    package let range: ClosedRange<Int>
    /// `nil` where the server's own settings decide.
    package let standard: Int?
    /// `nil` where it is not set.
    package let value: @Sendable (EndpointOptions) -> Int?

    package static let all: [OptionRange] = [
        OptionRange(name: "instances", range: 1...256, standard: nil) { $0.instances },
        OptionRange(name: "minInstances", range: 0...1, standard: 1) { $0.minInstances },
        // Up to 30 days.
        OptionRange(name: "idleSeconds", range: 1...2_592_000, standard: EndpointOptions.defaultIdleSeconds) {
            $0.idleSeconds
        },
        OptionRange(name: "queueLimit", range: 1...1_000_000, standard: nil) { $0.queueLimit },
        OptionRange(name: "intraOpThreads", range: 1...256, standard: 1) { $0.runtime.intraOpThreads },
        // Up to a day.
        OptionRange(
            name: "deadlineMilliseconds", range: 1...86_400_000, standard: EndpointOptions.defaultDeadlineMilliseconds
        ) { $0.deadlineMilliseconds },
        // Up to 2 GiB: a body is one buffer, and those end at 4.
        OptionRange(name: "maxBodyBytes", range: 1...(2 << 30), standard: EndpointOptions.defaultMaxBodyBytes) {
            $0.maxBodyBytes
        },
        OptionRange(name: "batching.maxBatchSize", range: 2...65_536, standard: nil) { $0.batching?.maxBatchSize },
        // Up to a second.
        OptionRange(
            name: "batching.maxDelayMicroseconds", range: 0...1_000_000,
            standard: BatchingOptions.defaultMaxDelayMicroseconds
        ) { $0.batching?.maxDelayMicroseconds },
        // Up to ten years.
        OptionRange(
            name: "ledger.retentionDays", range: 1...3650, standard: LedgerOptions.defaultRetentionDays
        ) { $0.ledger?.retentionDays },
        // From sixteen of the smallest files up to 1 TiB.
        OptionRange(
            name: "ledger.retentionBytes", range: (16 << 20)...(1 << 40), standard: LedgerOptions.defaultRetentionBytes
        ) { $0.ledger?.retentionBytes },
        // From what a runtime needs for itself up to 1 TiB.
        OptionRange(name: "workerMemoryBytes", range: (64 << 20)...(1 << 40), standard: nil) { $0.workerMemoryBytes },
    ]
}
