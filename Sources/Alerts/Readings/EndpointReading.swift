package import Journal

/// What the rules of one endpoint look at. A part that nobody measures is `nil`, and its rules do not judge.
package struct EndpointReading: Sendable {
    package var service: ServiceHistory?
    package var drift: DriftReading?
    package var quality: [QualityReading]?
    /// Whether predictions are written down, so that evidence can point there.
    package var hasLedger: Bool
    /// The version that answers most.
    package var version: Int?

    package init(
        service: ServiceHistory? = nil, drift: DriftReading? = nil, quality: [QualityReading]? = nil,
        hasLedger: Bool = false, version: Int? = nil
    ) {
        self.service = service
        self.drift = drift
        self.quality = quality
        self.hasLedger = hasLedger
        self.version = version
    }
}

/// The last window that the drift watch closed for the version that is live.
package struct DriftReading: Sendable, Hashable {
    package struct Feature: Sendable, Hashable {
        package var name: String
        /// From 0 on, in the measure of the feature's strongest test.
        package var effect: Double
        package var pValue: Double
        /// The test's name.
        package var test: String

        package init(name: String, effect: Double, pValue: Double, test: String) {
            self.name = name
            self.effect = effect
            self.pValue = pValue
            self.test = test
        }
    }

    package var version: Int
    /// 0 while no window of the version has closed.
    package var window: Int
    package var isDrift: Bool
    /// Windows that drifted one after the other, this one included.
    package var inARow: Int
    package var rows: Int
    package var closedAt: Timestamp?
    /// Those that drifted most, strongest first.
    package var features: [Feature]
    /// `profile` or `first rows`.
    package var reference: String

    package init(
        version: Int, window: Int, isDrift: Bool, inARow: Int, rows: Int, closedAt: Timestamp?, features: [Feature],
        reference: String
    ) {
        self.version = version
        self.window = window
        self.isDrift = isDrift
        self.inARow = inARow
        self.rows = rows
        self.closedAt = closedAt
        self.features = features
        self.reference = reference
    }
}

/// One metric of the version that is live, over the window that the monitor names.
package struct QualityReading: Sendable, Hashable {
    package var version: Int
    package var metric: String
    package var value: Double
    /// The interval around it, lower end first.
    package var low: Double
    package var high: Double
    package var rows: Int
    /// What the version had when it was pushed; `nil` where nobody said.
    package var reference: Double?
    package var isHigherBetter: Bool

    package init(
        version: Int, metric: String, value: Double, low: Double, high: Double, rows: Int, reference: Double?,
        isHigherBetter: Bool
    ) {
        self.version = version
        self.metric = metric
        self.value = value
        self.low = low
        self.high = high
        self.rows = rows
        self.reference = reference
        self.isHigherBetter = isHigherBetter
    }
}

/// Where readings come from.
package protocol EndpointReadings: Sendable {
    func reading(space: String, endpoint: String) async -> EndpointReading
}
