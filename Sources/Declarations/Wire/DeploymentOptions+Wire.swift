package import Journal
package import ManagementAPI
import Runtimes
package import Serving

extension EndpointOptions {
    /// What a person set, over the defaults. Ranges are for Deployments to check; here only what cannot be told any more
    /// once the defaults are filled in.
    package init(_ options: DeploymentOptions?) throws(ControlError) {
        let options = options ?? DeploymentOptions()
        if options.idleSeconds != nil, options.minInstances != 0 {
            throw ControlError(
                .invalid, "idleSeconds is set, but minInstances is not 0: the model never leaves memory",
                field: "idleSeconds", hint: "set minInstances to 0 too, or leave idleSeconds out")
        }
        self.init(
            runtime: RuntimeOptions(intraOpThreads: options.intraOpThreads ?? 1), instances: options.instances,
            minInstances: options.minInstances ?? 1,
            idleSeconds: options.idleSeconds ?? Self.defaultIdleSeconds, queueLimit: options.queueLimit,
            deadlineMilliseconds: options.deadlineMilliseconds ?? Self.defaultDeadlineMilliseconds,
            maxBodyBytes: options.maxBodyBytes ?? Self.defaultMaxBodyBytes,
            batching: options.batching.map { batching in
                Serving.BatchingOptions(
                    maxBatchSize: batching.maxBatchSize,
                    maxDelayMicroseconds: batching.maxDelayMicroseconds
                        ?? Serving.BatchingOptions.defaultMaxDelayMicroseconds)
            },
            isolation: options.isolation.map(Isolation.init), workerMemoryBytes: options.workerMemoryBytes,
            ledger: options.ledger.map(Serving.LedgerOptions.init))
    }
}

extension DeploymentOptions {
    package init(_ options: EndpointOptions) {
        self.init(
            instances: options.instances, minInstances: options.minInstances, idleSeconds: options.idleSeconds,
            queueLimit: options.queueLimit, intraOpThreads: options.runtime.intraOpThreads,
            deadlineMilliseconds: options.deadlineMilliseconds, maxBodyBytes: options.maxBodyBytes,
            batching: options.batching.map { batching in
                ManagementAPI.BatchingOptions(
                    maxBatchSize: batching.maxBatchSize, maxDelayMicroseconds: batching.maxDelayMicroseconds)
            },
            isolation: options.isolation.map(IsolationMode.init), workerMemoryBytes: options.workerMemoryBytes,
            ledger: options.ledger.map(ManagementAPI.LedgerOptions.init))
    }
}

extension Serving.LedgerOptions {
    package init(_ options: ManagementAPI.LedgerOptions) {
        self.init(
            share: options.share ?? 1, exclude: options.exclude ?? [], hash: options.hash ?? [],
            retentionDays: options.retentionDays ?? Self.defaultRetentionDays,
            retentionBytes: options.retentionBytes ?? Self.defaultRetentionBytes)
    }
}

extension ManagementAPI.LedgerOptions {
    package init(_ options: Serving.LedgerOptions) {
        self.init(
            share: options.share, exclude: options.exclude, hash: options.hash, retentionDays: options.retentionDays,
            retentionBytes: options.retentionBytes)
    }
}

extension Isolation {
    package init(_ mode: IsolationMode) {
        switch mode {
        case .shared: self = .shared
        case .worker: self = .worker
        }
    }
}

extension IsolationMode {
    package init(_ isolation: Isolation) {
        switch isolation {
        case .shared: self = .shared
        case .worker: self = .worker
        }
    }
}
