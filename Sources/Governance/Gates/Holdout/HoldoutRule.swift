/// What a version must show on rows that it has never seen.
package struct HoldoutRule: Sendable, Hashable {
    /// What must be proven of the difference to the champion, by its interval.
    package enum Proof: String, Sendable, Hashable, Codable, CaseIterable {
        /// The candidate fails when it is proven to be worse by more than allowed: when all of the interval is.
        case worse
        /// The candidate passes only when it is proven not to be: when nothing of the interval is.
        case notWorse
    }

    /// A part of the rows, with limits of its own.
    package struct Segment: Sendable, Hashable {
        package var column: String
        /// The values that must be there; `nil` for each one that is.
        package var values: [String]?
        /// For a column of numbers: the edges between ranges, ascending; each belongs to the range above it.
        package var bins: [Double]?
        /// A segment with fewer rows is not judged.
        package var minimumRows: Int
        package var metrics: [MetricLimit]

        package init(
            column: String, values: [String]? = nil, bins: [Double]? = nil, minimumRows: Int = 30,
            metrics: [MetricLimit]
        ) {
            self.column = column
            self.values = values
            self.bins = bins
            self.minimumRows = minimumRows
            self.metrics = metrics
        }
    }

    package var dataset: DataSetName
    /// The column with the truth.
    package var target: String
    package var mapping: ColumnMapping
    /// The output that holds the predicted class or number; `nil` to find it.
    package var prediction: String?
    /// The output that holds scores or probabilities; `nil` to find it.
    package var scores: String?
    /// The classes in the order of the scores; `nil` to find them.
    package var classes: [String]?
    package var positiveClass: String?
    /// The probability of the positive class from which it is predicted; `nil` for the model's own labels, or else 0.5.
    package var threshold: Double?
    package var metrics: [MetricLimit]
    package var segments: [Segment]
    package var minimumRows: Int
    package var confidence: Double
    package var resamples: Int
    package var proof: Proof
    /// Rows in one run, where the model takes any number.
    package var batchSize: Int
    package var timeoutSeconds: Int

    package init(
        dataset: DataSetName, target: String, mapping: ColumnMapping = ColumnMapping(), prediction: String? = nil,
        scores: String? = nil, classes: [String]? = nil, positiveClass: String? = nil, threshold: Double? = nil,
        metrics: [MetricLimit], segments: [Segment] = [], minimumRows: Int = 1, confidence: Double = 0.95,
        resamples: Int = 1000, proof: Proof = .worse, batchSize: Int = 256, timeoutSeconds: Int = 600
    ) {
        self.dataset = dataset
        self.target = target
        self.mapping = mapping
        self.prediction = prediction
        self.scores = scores
        self.classes = classes
        self.positiveClass = positiveClass
        self.threshold = threshold
        self.metrics = metrics
        self.segments = segments
        self.minimumRows = minimumRows
        self.confidence = confidence
        self.resamples = resamples
        self.proof = proof
        self.batchSize = batchSize
        self.timeoutSeconds = timeoutSeconds
    }

    /// Whether numbers are predicted, and not classes.
    var isRegression: Bool { (metrics + segments.flatMap(\.metrics)).first?.metric.base.isRegression ?? false }

    /// Whether anything is compared with the champion.
    var comparesWithChampion: Bool { (metrics + segments.flatMap(\.metrics)).contains { $0.allowedLoss != nil } }
}
