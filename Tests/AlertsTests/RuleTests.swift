import Documents
import Journal
import Serving
import Testing

@testable import Alerts

@Suite struct RuleTests {
    /// An hour or more of `perSlot` requests each ten seconds, up to `now`.
    private static func history(
        begun: Int = 0, until now: Int, perSlot: UInt64 = 10, errors: UInt64 = 0, nanoseconds: UInt64 = 5_000_000
    ) -> ServiceHistory {
        var history = ServiceHistory(begun: begun)
        for second in stride(from: begun, to: now, by: ServiceHistory.slotSeconds) {
            history.add(counts(perSlot, errors: errors, nanoseconds: nanoseconds), at: second)
        }
        return history
    }

    private static func counts(_ requests: UInt64, errors: UInt64 = 0, nanoseconds: UInt64 = 5_000_000) -> ServiceCounts
    {
        var latency = [UInt64](repeating: 0, count: LatencyHistogram.size)
        let bucket = LatencyHistogram.bounds.firstIndex { $0 >= nanoseconds } ?? LatencyHistogram.bounds.count
        latency[bucket] = requests - min(requests, errors)
        return ServiceCounts(requests: requests, errors: errors, latency: latency)
    }

    // MARK: errors

    @Test func `errors at fifteen times what the objective allows are beyond the bound, at ten times they are not`() {
        var many = Self.history(until: 7200, perSlot: 1000, errors: 15)
        #expect(ErrorBurn().observe(many, at: 7200).level == .beyond)
        many = Self.history(until: 7200, perSlot: 1000, errors: 10)
        #expect(ErrorBurn().observe(many, at: 7200).level == .between)
        many = Self.history(until: 7200, perSlot: 1000, errors: 5)
        #expect(ErrorBurn().observe(many, at: 7200).level == .clear)
    }

    @Test func `errors that are over are not beyond the bound, whatever the hour had`() {
        var history = Self.history(until: 7200, perSlot: 100, errors: 50)
        for second in stride(from: 7200, to: 7520, by: 10) { history.add(Self.counts(100), at: second) }
        #expect(ErrorBurn().observe(history, at: 7520).level == .clear)
    }

    @Test func `a handful of errors of an endpoint that is hardly asked is no alert`() {
        var history = ServiceHistory(begun: 0)
        history.add(Self.counts(9, errors: 9), at: 5000)
        #expect(ErrorBurn().observe(history, at: 5005).level == .between)
        history.add(Self.counts(1, errors: 1), at: 5001)
        #expect(ErrorBurn().observe(history, at: 5005).level == .beyond)
    }

    // MARK: latency

    @Test func `answers slower than three times what was usual are beyond the bound, until they are clearly faster`() {
        var history = Self.history(until: 20_000, nanoseconds: 40_000_000)
        var held: Double?
        #expect(SlowAnswers().observe(history, at: 20_000, held: &held).level == .clear)
        for second in stride(from: 20_000, to: 20_600, by: 10) {
            history.add(Self.counts(20, nanoseconds: 400_000_000), at: second)
        }
        #expect(SlowAnswers().observe(history, at: 20_600, held: &held).level == .beyond)
        #expect(held == 120)
        // Hours later slowness is what the day had; the bound stays.
        for second in stride(from: 20_600, to: 110_000, by: 10) {
            history.add(Self.counts(20, nanoseconds: 400_000_000), at: second)
        }
        #expect(SlowAnswers().observe(history, at: 110_000, held: &held).level == .beyond)
        for second in stride(from: 110_000, to: 110_400, by: 10) {
            history.add(Self.counts(20, nanoseconds: 40_000_000), at: second)
        }
        #expect(SlowAnswers().observe(history, at: 110_400, held: &held).level == .clear)
        #expect(held == nil)
    }

    @Test func `without enough answers, now or on the day, nothing is said of latency`() {
        var held: Double?
        let few = Self.history(until: 20_000, perSlot: 1)
        #expect(SlowAnswers().observe(few, at: 20_000, held: &held).level == .unknown)
        let young = Self.history(begun: 3600, until: 4200, perSlot: 100)
        #expect(SlowAnswers().observe(young, at: 4200, held: &held).level == .unknown)
        var absolute = SlowAnswers()
        absolute.milliseconds = 1
        #expect(absolute.observe(young, at: 4200, held: &held).level == .beyond)
    }

    @Test func `a fast endpoint that becomes a little slower is no alert`() {
        var history = Self.history(until: 20_000, perSlot: 100, nanoseconds: 200_000)
        for second in stride(from: 20_000, to: 20_400, by: 10) {
            history.add(Self.counts(100, nanoseconds: 10_000_000), at: second)
        }
        var held: Double?
        #expect(SlowAnswers().observe(history, at: 20_400, held: &held).level == .clear)
    }

    // MARK: traffic

    @Test func `traffic that came all the time and stops is beyond the bound, and stays so until it comes again`() {
        var history = Self.history(until: 7200)
        #expect(TrafficStop().observe(history, at: 7200, isFiring: false).level == .clear)
        #expect(TrafficStop().observe(history, at: 7510, isFiring: false).level == .beyond)
        // A day later nothing of the past is left.
        #expect(TrafficStop().observe(history, at: 100_000, isFiring: true).level == .beyond)
        history.add(Self.counts(1), at: 100_000)
        #expect(TrafficStop().observe(history, at: 100_001, isFiring: true).level == .clear)
    }

    @Test func `a nightly batch that ends is no stop of traffic`() {
        var history = ServiceHistory(begun: 0)
        for second in stride(from: 6000, to: 6600, by: 10) { history.add(Self.counts(1000), at: second) }
        for now in stride(from: 6600, to: 10_000, by: 10) {
            #expect(TrafficStop().observe(history, at: now, isFiring: false).level != .beyond)
        }
    }

    @Test func `an endpoint that nobody ever asked is not silent, and neither is a server that just began`() {
        #expect(TrafficStop().observe(ServiceHistory(begun: 0), at: 90_000, isFiring: false).level == .clear)
        var seeded = ServiceHistory(begun: 10_000)
        for second in stride(from: 6400, to: 10_000, by: 60) {
            seeded.seed(Self.counts(60), at: second, intoHours: false)
        }
        #expect(TrafficStop().observe(seeded, at: 10_100, isFiring: false).level == .unknown)
    }

    // MARK: drift and quality

    private static func drift(
        _ window: Int, _ isDrift: Bool, inARow: Int = 1, version: Int = 1, effect: Double = 0.4
    ) -> DriftReading {
        DriftReading(
            version: version, window: window, isDrift: isDrift, inARow: isDrift ? inARow : 0, rows: 2000, closedAt: nil,
            features: [.init(name: "age", effect: effect, pValue: 1e-9, test: "psi")], reference: "profile")
    }

    @Test func `a window that drifted is beyond the bound; two that did not end it`() {
        var memory = DriftSeen.Memory()
        let rule = DriftSeen()
        #expect(rule.observe(Self.drift(0, false), &memory).level == .unknown)
        #expect(rule.observe(Self.drift(1, true), &memory).level == .beyond)
        #expect(rule.observe(Self.drift(2, false), &memory).level == .between)
        // The same reading again is the same window.
        #expect(rule.observe(Self.drift(2, false), &memory).level == .between)
        #expect(rule.observe(Self.drift(3, false), &memory).level == .clear)
    }

    @Test func `drift of one version says nothing of the next`() {
        var memory = DriftSeen.Memory()
        #expect(DriftSeen().observe(Self.drift(4, true), &memory).level == .beyond)
        #expect(DriftSeen().observe(Self.drift(0, false, version: 2), &memory).level == .clear)
        #expect(DriftSeen().observe(Self.drift(1, true, version: 2), &memory).level == .beyond)
    }

    @Test func `windows in a row and the effect are bounds of their own`() {
        var memory = DriftSeen.Memory()
        var rule = DriftSeen()
        rule.windows = 2
        rule.effect = 0.3
        #expect(rule.observe(Self.drift(1, true), &memory).level == .between)
        #expect(rule.observe(Self.drift(2, true, inARow: 2), &memory).level == .beyond)
        #expect(rule.observe(Self.drift(3, true, inARow: 3, effect: 0.2), &memory).level == .between)
    }

    private static func quality(
        _ value: Double, _ low: Double, _ high: Double, rows: Int = 1000, reference: Double? = 0.95, higher: Bool = true
    ) -> QualityReading {
        QualityReading(
            version: 1, metric: "accuracy", value: value, low: low, high: high, rows: rows, reference: reference,
            isHigherBetter: higher)
    }

    @Test func `an alert about the quality of one version ends when another answers, of which too little is known`() {
        var watch = RuleWatch(AlertRule(.quality))
        #expect(watch.handle(EndpointReading(quality: [Self.quality(0.5, 0.4, 0.6)], version: 1), at: 0) == .fire)
        watch.fired(7)
        #expect(watch.handle(EndpointReading(quality: nil, version: 1), at: 100_000) == nil)
        #expect(watch.handle(EndpointReading(quality: nil, version: 2), at: 200_000) == nil)
        #expect(watch.handle(EndpointReading(quality: [], version: 2), at: 261_000) == .resolve(alert: 7))
        // As it was before a restart.
        var again = RuleWatch(AlertRule(.quality), firing: 7, version: 1)
        #expect(again.handle(EndpointReading(version: 2), at: 0) == nil)
        #expect(again.handle(EndpointReading(version: 2), at: 61_000) == .resolve(alert: 7))
    }

    @Test func `only an interval that is wholly worse than the reference by the margin is beyond the bound`() {
        let rule = QualityDrop()
        #expect(rule.observe([Self.quality(0.90, 0.88, 0.92)]).level == .beyond)
        #expect(rule.observe([Self.quality(0.90, 0.86, 0.94)]).level == .between)
        #expect(rule.observe([Self.quality(0.94, 0.92, 0.96)]).level == .clear)
        #expect(rule.observe([Self.quality(0.5, 0.4, 0.6, rows: 100)]).level == .unknown)
        #expect(rule.observe([Self.quality(0.5, 0.4, 0.6, reference: nil)]).level == .unknown)
        let loss = Self.quality(0.5, 0.4, 0.6, reference: 0.2, higher: false)
        #expect(rule.observe([loss]).level == .beyond)
        #expect(rule.observe([Self.quality(0.1, 0.05, 0.15, reference: 0.2, higher: false)]).level == .clear)
    }

    @Test func `a ledger that loses more than a hundredth is beyond the bound`() {
        var history = ServiceHistory(begun: 0)
        history.add(ServiceCounts(recorded: 9_000, dropped: 1000), at: 1000)
        #expect(LedgerLoss().observe(history, at: 1005).level == .beyond)
        history.add(ServiceCounts(recorded: 500_000), at: 1005)
        #expect(LedgerLoss().observe(history, at: 1006).level == .clear)
        #expect(LedgerLoss().observe(ServiceHistory(begun: 0), at: 1006).level == .clear)
    }

    // MARK: a whole rule

    /// Hours of steady work with a burst of errors in it: one alert, one end, whatever the wall clock does, for no rule
    /// knows of it.
    @Test func `a burst of errors is one alert`() {
        var watch = RuleWatch(AlertRule(.errors))
        var history = ServiceHistory(begun: 0)
        var transitions: [(second: Int, AlertMachine.Transition)] = []
        for second in 0..<20_000 {
            let isBurst = (10_000..<10_300).contains(second)
            history.add(Self.counts(50, errors: isBurst ? 25 : 0), at: second)
            guard second.isMultiple(of: 2) else { continue }
            switch watch.handle(EndpointReading(service: history), at: second * 1000) {
            case .fire?:
                watch.fired(1)
                transitions.append((second, .fire))
            case .resolve(let alert)?:
                watch.resolved()
                transitions.append((second, .resolve(alert: alert)))
            case nil: break
            }
        }
        #expect(transitions.map(\.1) == [.fire, .resolve(alert: 1)])
        #expect((10_000..<10_200).contains(transitions.first?.second ?? 0))
        #expect((10_300..<11_000).contains(transitions.last?.second ?? 0))
    }

    /// What the history says of its last hour is what a list of everything says.
    @Test(arguments: 0..<50)
    func `sums over a window are those of all that was counted in its slots`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var history = ServiceHistory(begun: 0)
        var all: [(slot: Int, requests: UInt64)] = []
        var second = 0
        for _ in 0..<3000 {
            second += Int.random(in: 0...30, using: &random)
            let requests = UInt64.random(in: 0...9, using: &random)
            history.add(ServiceCounts(requests: requests), at: second)
            all.append((second / ServiceHistory.slotSeconds, requests))
        }
        for window in [10, 60, 300, 3600] {
            let first = (second - window) / ServiceHistory.slotSeconds
            let wanted = all.filter { $0.slot > first }.reduce(0) { $0 + $1.requests }
            #expect(history.total(last: window, before: second).requests == wanted)
        }
    }
}
