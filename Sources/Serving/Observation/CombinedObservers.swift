/// Two sources as one. An endpoint that only one of them observes has that one's observer, as if there were no other.
package struct CombinedObservers: PredictionObserverSource {
    private let first: any PredictionObserverSource
    private let second: any PredictionObserverSource

    /// - Parameters:
    ///   - first: whose counts are shown.
    ///   - second: who is told after it.
    package init(_ first: any PredictionObserverSource, _ second: any PredictionObserverSource) {
        self.first = first
        self.second = second
    }

    package func observer(of entry: EndpointEntry, as variant: String?) -> (any PredictionObserver)? {
        switch (first.observer(of: entry, as: variant), second.observer(of: entry, as: variant)) {
        case (let first?, let second?): CombinedObserver(first, second)
        case (let only?, nil), (nil, let only?): only
        case (nil, nil): nil
        }
    }
}

/// Two observers as one: each is told of what it listens to.
final class CombinedObserver: PredictionObserver {
    private let first: any PredictionObserver
    private let second: any PredictionObserver

    init(_ first: any PredictionObserver, _ second: any PredictionObserver) {
        self.first = first
        self.second = second
    }

    var isListening: Bool { first.isListening || second.isListening }

    func observe(_ prediction: ObservedPrediction) {
        if first.isListening { first.observe(prediction) }
        if second.isListening { second.observe(prediction) }
    }

    /// The first one's.
    var counts: ObserverCounts { first.counts }
}
