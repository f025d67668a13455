import Journal
package import Logging
import Serving
import Synchronization
package import Webhooks

/// An endpoint, by its name in its space.
package struct AlertPlace: Sendable, Hashable {
    package var space: String
    package var endpoint: String

    package init(space: String, endpoint: String) {
        self.space = space
        self.endpoint = endpoint
    }
}

/// What a rule says at one endpoint just now.
package struct RuleStatus: Sendable, Hashable {
    package var rule: AlertRule
    /// `ok`, `pending`, `firing`; `unknown` where there is nothing to judge by.
    package var state: String
    package var alert: Int?
    package var summary: String
}

/// Holds every rule of every endpoint against what is measured, every other second; keeps what changes, and has it told.
package actor AlertWatch {
    /// Milliseconds between two looks.
    private static let pause = 2000

    let store: AlertUnitOfWork
    let deliveries: DeliveryService
    let newID: @Sendable () -> String
    private let readings: any EndpointReadings
    private let places: @Sendable () -> [AlertPlace]
    private let defaults: [DeliveryTarget]
    private let logger: Logger
    private let monotonic: @Sendable () -> Int
    private let settings = Mutex<[AlertPlace: AlertSettings]>([:])
    private let firingNow = Mutex<[AlertPlace: [String: Int]]>([:])

    private var watches: [AlertPlace: [RuleWatch]] = [:]
    /// Alerts of before a restart whose endpoints have not been looked at yet.
    private var inherited: [Alert]?
    /// Firing alerts that nobody was told of: silenced, or without a target.
    private var untold: Set<Told> = []
    private var loop: Task<Void, Never>?
    private var isStopped = false

    struct Told: Hashable {
        var place: AlertPlace
        var alert: Int
    }

    /// - Parameters:
    ///   - places: the endpoints that are deployed.
    ///   - defaults: who is told where no monitor says who.
    ///   - newID: unique in the world.
    ///   - monotonic: milliseconds that only ever grow.
    package init(
        store: AlertUnitOfWork, readings: any EndpointReadings, deliveries: DeliveryService,
        places: @escaping @Sendable () -> [AlertPlace], defaults: [DeliveryTarget] = [], logger: Logger,
        newID: @escaping @Sendable () -> String,
        monotonic: @escaping @Sendable () -> Int = { Int(clamping: MonotonicClock.nanoseconds() / 1_000_000) }
    ) {
        self.store = store
        self.readings = readings
        self.deliveries = deliveries
        self.places = places
        self.defaults = defaults
        self.logger = logger
        self.newID = newID
        self.monotonic = monotonic
    }

    /// What the monitor of an endpoint says holds from the next look on; `nil` for the defaults.
    package nonisolated func configure(space: String, endpoint: String, settings: AlertSettings?) {
        self.settings.withLock { $0[AlertPlace(space: space, endpoint: endpoint)] = settings }
    }

    /// Who is told of an endpoint's alerts.
    package nonisolated func targets(of place: AlertPlace) -> [DeliveryTarget] {
        settings.withLock { $0[place] }?.notify ?? defaults
    }

    /// The alerts that fire, by rule.
    package nonisolated var firing: [(place: AlertPlace, rule: String, alert: Int)] {
        firingNow.withLock { all in
            all.flatMap { place, rules in rules.map { (place, $0.key, $0.value) } }
        }.sorted { ($0.0.space, $0.0.endpoint, $0.1) < ($1.0.space, $1.0.endpoint, $1.1) }
    }

    /// What each rule of an endpoint says; empty before the first look at it.
    package func rules(space: String, endpoint: String) -> [RuleStatus] {
        (watches[AlertPlace(space: space, endpoint: endpoint)] ?? []).map { watch in
            let isUnknown = watch.last?.level == .unknown && watch.machine.alert == nil
            return RuleStatus(
                rule: watch.rule, state: isUnknown ? "unknown" : watch.machine.word, alert: watch.machine.alert,
                summary: watch.last?.evidence.summary ?? "")
        }
    }

    // MARK: the loop

    /// Begins to look. What monitors say must have been told to `configure` before.
    package func start() {
        guard loop == nil, !isStopped else { return }
        loop = Task { [weak self] in
            repeat {
                guard let self else { return }
                await self.tick()
            } while (try? await Task.sleep(for: .milliseconds(Self.pause))) != nil
        }
    }

    package func stop() async {
        isStopped = true
        loop?.cancel()
        await loop?.value
        loop = nil
    }

    /// One look at everything. What fails at one endpoint keeps no other from its own.
    package func tick() async {
        if inherited == nil {
            do {
                let alerts = try await store.read { try $0.firingAlerts() }
                inherited = alerts
                for alert in alerts {
                    let place = AlertPlace(space: alert.space, endpoint: alert.endpoint)
                    note(place, alert.rule, alert.number)
                    if !alert.isNotified { untold.insert(Told(place: place, alert: alert.number)) }
                }
            } catch {
                return report("the alerts that fire could not be read", nil, error)
            }
        }
        let present = places()
        for place in present { await look(at: place) }
        let gone = Set(watches.keys).union((inherited ?? []).map { AlertPlace(space: $0.space, endpoint: $0.endpoint) })
            .subtracting(present)
        for place in gone { await forget(place) }
        for told in untold { await tellLater(told) }
    }

    private func look(at place: AlertPlace) async {
        await arrange(place)
        let reading = await readings.reading(space: place.space, endpoint: place.endpoint)
        let now = monotonic()
        for index in (watches[place] ?? []).indices {
            guard var watch = watches[place]?[index] else { return }
            let transition = watch.handle(reading, at: now)
            do {
                switch transition {
                case .fire:
                    let evidence = (watch.last?.evidence ?? AlertEvidence("", [])).linked(
                        watch.rule.kind, space: place.space, endpoint: place.endpoint, hasLedger: reading.hasLedger)
                    watch.fired(try await fire(watch.rule, at: place, evidence))
                case .resolve(let alert):
                    try await resolve(alert, at: place, watch.rule.name, why: watch.last?.evidence.summary ?? "")
                    watch.resolved()
                case nil: break
                }
            } catch {
                // It stays as it was, and comes again with the next look.
                report("an alert could not be kept", place, error)
            }
            watches[place]?[index] = watch
        }
    }

    /// Sees that the rules at work are those of the settings; rules that stay keep what they know.
    private func arrange(_ place: AlertPlace) async {
        let wanted = (settings.withLock { $0[place] } ?? AlertSettings()).effective
        let have = watches[place] ?? []
        guard wanted != have.map(\.rule) || inherited?.isEmpty == false else { return }
        let known = (inherited ?? []).filter { $0.space == place.space && $0.endpoint == place.endpoint }
        var next: [RuleWatch] = []
        for rule in wanted {
            if let same = have.first(where: { $0.rule == rule }) {
                next.append(same)
            } else if let alert = have.first(where: { $0.rule.name == rule.name && $0.rule.kind == rule.kind })?
                .machine.alert
            {
                next.append(RuleWatch(rule, firing: alert))
            } else if let alert = known.first(where: { $0.rule == rule.name && $0.kind == rule.kind }) {
                next.append(RuleWatch(rule, firing: alert.number, version: alert.evidence.version))
            } else {
                next.append(RuleWatch(rule))
            }
        }
        let kept = Set(next.compactMap(\.machine.alert))
        let firing =
            have.compactMap { watch in watch.machine.alert.map { (watch.rule.name, $0) } }
            + known.map { ($0.rule, $0.number) }
        for (rule, alert) in firing where !kept.contains(alert) {
            do {
                try await resolve(alert, at: place, rule, why: "the rule is not at work any more")
            } catch { return report("an alert could not be ended", place, error) }
        }
        inherited?.removeAll { $0.space == place.space && $0.endpoint == place.endpoint }
        watches[place] = next
    }

    /// Nothing is deployed there any more.
    private func forget(_ place: AlertPlace) async {
        let known = (inherited ?? []).filter { $0.space == place.space && $0.endpoint == place.endpoint }
        let firing =
            (watches[place] ?? []).compactMap { watch in watch.machine.alert.map { (watch.rule.name, $0) } }
            + known.map { ($0.rule, $0.number) }
        for (rule, alert) in firing {
            do {
                try await resolve(alert, at: place, rule, why: "the endpoint is not deployed any more")
            } catch  where error.code == .notFound {
                // Its space is gone too, and with it whom to tell.
                note(place, rule, nil)
                untold.remove(Told(place: place, alert: alert))
            } catch { return report("an alert could not be ended", place, error) }
        }
        inherited?.removeAll { $0.space == place.space && $0.endpoint == place.endpoint }
        watches[place] = nil
    }

    // MARK: what changed

    private func fire(_ rule: AlertRule, at place: AlertPlace, _ evidence: AlertEvidence) async throws(ControlError)
        -> Int
    {
        let news = AlertNews(place: place, targets: targets(of: place), newID: newID)
        let committed = try await store.commit(news.mutation) { transaction in
            try news.fire(rule, evidence, in: transaction)
        }
        let answer = committed.answer
        note(place, rule.name, answer.alert)
        if !answer.isTold { untold.insert(Told(place: place, alert: answer.alert)) }
        logger.warning("an alert fires", metadata: about(place, rule.name, answer.alert, evidence.summary))
        await deliveries.begin(
            news.begun(answer), subject: "alerts/\(answer.alert)", space: place.space)
        return answer.alert
    }

    private func resolve(
        _ alert: Int, at place: AlertPlace, _ rule: String, why: String
    ) async throws(ControlError) {
        let news = AlertNews(place: place, targets: targets(of: place), newID: newID)
        let committed = try await store.commit(news.mutation) { transaction in
            try news.resolve(alert, why: why, in: transaction)
        }
        note(place, rule, nil)
        untold.remove(Told(place: place, alert: alert))
        logger.notice("an alert has ended", metadata: about(place, rule, alert, why))
        await deliveries.begin(news.begun(committed.answer), subject: "alerts/\(alert)", space: place.space)
    }

    /// Tells of an alert that still fires once nothing keeps it back any more.
    private func tellLater(_ told: Told) async {
        let news = AlertNews(place: told.place, targets: targets(of: told.place), newID: newID)
        guard !news.targets.isEmpty else { return }
        do {
            guard try await store.read({ try news.mayTell(told.alert, in: $0) }) else { return }
            let committed = try await store.commit(news.mutation) { try news.tell(told.alert, in: $0) }
            if committed.answer.isTold { untold.remove(told) }
            await deliveries.begin(
                news.begun(committed.answer), subject: "alerts/\(told.alert)", space: told.place.space)
        } catch {
            report("an alert could not be told of", told.place, error)
        }
    }

    private func note(_ place: AlertPlace, _ rule: String, _ alert: Int?) {
        firingNow.withLock { firing in
            firing[place, default: [:]][rule] = alert
            if firing[place]?.isEmpty == true { firing[place] = nil }
        }
    }

    private func about(_ place: AlertPlace, _ rule: String, _ alert: Int, _ summary: String) -> Logger.Metadata {
        [
            "endpoint.space": "\(place.space)", "endpoint.name": "\(place.endpoint)", "alert.rule": "\(rule)",
            "alert.number": "\(alert)", "alert.summary": "\(summary)",
        ]
    }

    private func report(_ what: Logger.Message, _ place: AlertPlace?, _ error: ControlError) {
        var about: Logger.Metadata = ["error.message": "\(error.message)"]
        if let place {
            about["endpoint.space"] = "\(place.space)"
            about["endpoint.name"] = "\(place.endpoint)"
        }
        logger.error(what, metadata: about)
    }
}
