package import Journal
package import Monitoring
import Serving
import Synchronization

/// Which figures are wanted.
package struct QualityQuery: Sendable, Hashable {
    package var windows: [QualityWindow.Kind]
    /// In place of the settings'.
    package var rows: Int?
    package var hours: Int?
    package var version: Int?
    package var withSegments: Bool

    package init(
        windows: [QualityWindow.Kind] = QualityWindow.Kind.allCases, rows: Int? = nil, hours: Int? = nil,
        version: Int? = nil, withSegments: Bool = true
    ) {
        self.windows = windows
        self.rows = rows
        self.hours = hours
        self.version = version
        self.withSegments = withSegments
    }
}

extension QualityService {
    /// Joins truth to predictions; what has returned stays, whatever becomes of the process.
    ///
    /// - Throws: `conflict` where no predictions are written down.
    package func accept(
        _ items: [FeedbackItem], space: String, endpoint: String
    ) async throws(ControlError) -> FeedbackReceipt {
        guard ledger.isKept(space: space, endpoint: endpoint) else {
            throw ControlError(
                .conflict,
                "no predictions of '\(endpoint)' are written down: there is nothing that truth could be joined to",
                hint: "switch the ledger on: slipway deploy MODEL --as \(endpoint) --ledger-share 1")
        }
        let book = makeBook(space: space, endpoint: endpoint)
        return try await threads.run { () throws(ControlError) in
            try self.catchUp(book)
            let receipt = try book.use(now: MonotonicClock.nanoseconds()) { (index) throws(ControlError) in
                try index.accept(items, now: self.clock.now)
            }
            if receipt.joined + receipt.changed > 0 { book.state.withLock { $0.isStale = true } }
            return receipt
        }
    }

    /// All that is known, as of now.
    package func report(
        space: String, endpoint: String, _ query: QualityQuery = QualityQuery()
    ) async throws(ControlError) -> QualityReport {
        guard let book = book(space: space, endpoint: endpoint) else {
            return QualityReport(
                settings: QualitySettings(), isConfigured: false, versions: [], waiting: 0, unusable: 0)
        }
        let state = try await threads.run { () throws(ControlError) in
            try self.catchUp(book)
            return try book.use(now: MonotonicClock.nanoseconds()) { (index) throws(ControlError) in
                try index.state()
            }
        }
        return QualityReport(
            settings: book.settings, isConfigured: book.state.withLock { $0.settings != nil },
            versions: try await figures(book, query), waiting: state.waiting, unusable: state.unusable)
    }

    /// The figures of the newest rows of each version, as they were last made: some seconds old at most. Cheap.
    package func latest(space: String, endpoint: String) -> [VersionQuality] {
        book(space: space, endpoint: endpoint)?.state.withLock(\.latest) ?? []
    }

    /// Rows that got their first truth since a moment, to the second.
    package func labelledCount(space: String, endpoint: String, since: Timestamp) async throws(ControlError) -> Int {
        guard let book = book(space: space, endpoint: endpoint) else { return 0 }
        return try await threads.run { () throws(ControlError) in
            try book.use(now: MonotonicClock.nanoseconds()) { (index) throws(ControlError) in
                try index.joined(since: since.microseconds)
            }
        }
    }

    /// Deletes the predictions of one subject from the ledger, with all that was joined to them.
    package func forget(
        space: String, endpoint: String, field: String, value: String
    ) async throws(ControlError) -> Forgotten {
        guard let book = book(space: space, endpoint: endpoint) else {
            return try await ledger.forget(space: space, endpoint: endpoint, field: field, value: value)
        }
        book.state.withLock { $0.pauses += 1 }
        defer {
            book.state.withLock { state in
                state.pauses -= 1
                state.growth = nil
                state.isStale = true
            }
        }
        // Whoever reads the ledger now has ended before the first row goes.
        try await threads.run { () throws(ControlError) in
            try book.use(now: MonotonicClock.nanoseconds()) { (index) throws(ControlError) in
                if book.settings.key == field { try index.forget(waitingFor: value) }
            }
        }
        return try await ledger.forget(
            space: space, endpoint: endpoint, field: field, value: value,
            before: { (predictions) throws(ControlError) in
                try book.use(now: MonotonicClock.nanoseconds()) { (index) throws(ControlError) in
                    try index.forget(predictions)
                }
            })
    }

    // MARK: - Figures

    /// Of the newest versions, the newest first.
    func figures(_ book: QualityBook, _ query: QualityQuery) async throws(ControlError) -> [VersionQuality] {
        let state = try await threads.run { () throws(ControlError) in
            try book.use(now: MonotonicClock.nanoseconds()) { (index) throws(ControlError) in try index.state() }
        }
        var versions: [VersionQuality] = []
        let wanted = state.versions.filter { query.version == nil || $0.number == query.version }
        for version in wanted.reversed().prefix(QualityBounds.versions) {
            let facts = await facts(version.number, book)
            versions.append(
                try await threads.run { () throws(ControlError) in
                    try self.figures(of: version, facts, book, query)
                })
        }
        return versions
    }

    private func figures(
        of version: IndexState.Version, _ facts: VersionFacts, _ book: QualityBook, _ query: QualityQuery
    ) throws(ControlError) -> VersionQuality {
        let settings = book.settings
        let judge = WindowJudge(settings: settings, facts: facts)
        var quality = VersionQuality(
            version: version.number, predictions: version.predictions, rows: version.rows,
            labelled: version.labelled, windows: [])
        guard version.labelled > 0 else { return quality }
        for kind in query.windows {
            let hours = query.hours ?? settings.window.hours
            let size = kind == .rows ? query.rows ?? settings.window.rows : hours
            var rows = JoinedRows(
                limit: kind == .rows ? size : QualitySettings.Window.rowRange.upperBound,
                segments: settings.segments.count)
            let since = kind == .hours ? clock.now - hours * 3_600_000_000 : nil
            let index = try book.use(now: MonotonicClock.nanoseconds()) { $0 }
            // Outside the turn: who joins truth need not wait for figures.
            try index.labelled(version: version.number, since: since) { prediction in
                rows.add(prediction)
                return !rows.isFull
            }
            let made = judge.window(kind, size: size, rows, withSegments: query.withSegments)
            quality.windows.append(made.window)
            quality.task = quality.task ?? made.task
        }
        return quality
    }
}
