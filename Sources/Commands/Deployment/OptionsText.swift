import ManagementAPI

/// A deployment's options in words, those that are not the default.
enum OptionsText {
    /// `2 threads, deadline 500 ms`; `defaults` when nothing is set.
    static func full(_ options: DeploymentOptions) -> String {
        let parts = parts(options)
        return parts.isEmpty ? "defaults" : parts.joined(separator: ", ")
    }

    /// `batches of 64, worker isolation`; empty when nothing is set.
    ///
    /// - Parameter isolation: where the model runs now, when that is known.
    static func short(_ options: DeploymentOptions, isolation: IsolationMode? = nil) -> String {
        var parts = parts(options)
        if options.isolation == nil, isolation == .worker { parts.append("worker isolation") }
        return parts.joined(separator: ", ")
    }

    private static func parts(_ options: DeploymentOptions) -> [String] {
        let standard = DeploymentOptions.standard
        var parts: [String] = []
        func add<Value: Equatable>(_ value: Value?, _ usual: Value?, _ text: (Value) -> String) {
            if let value, value != usual { parts.append(text(value)) }
        }
        add(options.instances, standard.instances) { "\($0) at once" }
        add(options.minInstances, standard.minInstances) { _ in
            "leaves memory after \(NumberText.duration(seconds: Double(options.idleSeconds ?? 0)))"
        }
        add(options.queueLimit, standard.queueLimit) { "\($0) may wait" }
        add(options.intraOpThreads, standard.intraOpThreads) { "\($0) threads" }
        add(options.deadlineMilliseconds, standard.deadlineMilliseconds) { "deadline \($0) ms" }
        add(options.maxBodyBytes, standard.maxBodyBytes) { "bodies up to \(NumberText.bytes($0))" }
        add(options.batching, standard.batching) { batching in
            "batches of \(batching.maxBatchSize)"
                + (batching.maxDelayMicroseconds.map { $0 == 1000 ? "" : " within \($0) us" } ?? "")
        }
        add(options.isolation, standard.isolation) { "\($0.rawValue) isolation" }
        add(options.workerMemoryBytes, standard.workerMemoryBytes) { "worker memory \(NumberText.bytes($0))" }
        if let ledger = options.ledger { parts.append(ledgerText(ledger)) }
        return parts
    }

    /// `ledger of 10%, kept 30 d or 1.1 GB, without ssn, email hashed`.
    private static func ledgerText(_ ledger: LedgerOptions) -> String {
        let share = ledger.share ?? 1
        var text = share == 0 ? "ledger of errors" : "ledger of \(NumberText.significant(share * 100))%"
        if let days = ledger.retentionDays, let bytes = ledger.retentionBytes {
            text += ", kept \(days) d or \(NumberText.bytes(bytes))"
        }
        if let names = ledger.exclude, !names.isEmpty { text += ", without \(names.joined(separator: " "))" }
        if let names = ledger.hash, !names.isEmpty { text += ", \(names.joined(separator: " ")) hashed" }
        return text
    }
}
