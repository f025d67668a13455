import Deployments
import Journal
import Logging
import Registry
import Runtimes
import Serving
import Tensors

/// The data plane of this process behind the seam that Deployments knows. What has crashed the server before is on its own
/// from here on.
struct DataPlaneSeam: ServingPlane {
    let dataPlane: DataPlane
    let crashes: CrashJournal
    let logger: Logger

    func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) { try await dataPlane.prepare(placed(entry)) }

    func discard(_ entry: EndpointEntry) { dataPlane.discard(placed(entry)) }

    func install(_ snapshot: ServingSnapshot) async {
        settle(snapshot)
        var snapshot = snapshot
        snapshot.endpoints = snapshot.endpoints.map(placed)
        await dataPlane.install(snapshot)
    }

    func arms(space: String, endpoint: String) -> [ArmReading] { dataPlane.arms(space: space, endpoint: endpoint) }

    func shadow(space: String, endpoint: String) -> ShadowReading? {
        dataPlane.shadowReading(space: space, endpoint: endpoint)
    }

    func faults(space: String, endpoint: String) -> [VariantFault] {
        guard let router = dataPlane.endpoint(space: space, name: endpoint)?.traffic else { return [] }
        return router.arms.flatMap { arm in
            let version = "\(arm.endpoint.entry.model):\(arm.endpoint.entry.version)"
            func fault(_ cause: VariantFault.Cause, _ sentence: String) -> VariantFault {
                VariantFault(variant: arm.variant, rollout: router.plan.rollout, cause: cause, sentence: sentence)
            }
            var faults: [VariantFault] = []
            if let crash = crashes.crash(of: arm.endpoint.entry) {
                let doing = crash.phase == .load ? "being loaded" : "running"
                faults.append(
                    fault(
                        .crash(at: crash.moment),
                        "\(version) brought the server down at \(crash.moment) (signal \(crash.signal)) while it was "
                            + doing))
            }
            if case .suspended(let why) = arm.endpoint.state {
                faults.append(fault(.suspended, "\(version) does not run: \(why)"))
            }
            return faults
        }
    }

    func variant(ofPrediction id: String, space: String, endpoint: String) -> (variant: String, rollout: Int)? {
        PredictionID(id).flatMap { dataPlane.variant(ofPrediction: $0, space: space, endpoint: endpoint) }
    }

    /// `entry` where it has to run, and so for the versions that a rollout sends its requests to.
    private func placed(_ entry: EndpointEntry) -> EndpointEntry {
        var entry = placedAlone(entry)
        for index in (entry.traffic?.targets ?? []).indices {
            if let target = entry.traffic?.targets[index].entry {
                entry.traffic?.targets[index].entry = placedAlone(target)
            }
        }
        return entry
    }

    private func placedAlone(_ entry: EndpointEntry) -> EndpointEntry {
        guard entry.isolation == .shared, let crash = crashes.crash(of: entry) else { return entry }
        var entry = entry
        entry.isolation = .worker
        entry.isolationReason = .crash(
            """
            moved to worker isolation after a crash of the server at \(crash.moment) (signal \(crash.signal)) while \
            the model was \(crash.phase == .load ? "being loaded" : "running"); a new revision is trusted again
            """)
        return entry
    }

    private func settle(_ snapshot: ServingSnapshot) {
        for (crash, moved) in crashes.settle(snapshot.endpoints.flatMap(\.all)) {
            var about: Logger.Metadata = [
                "crash.signal": "\(crash.signal)", "crash.at": "\(crash.moment)",
                "crash.phase": "\(crash.phase.rawValue)",
            ]
            guard !moved.isEmpty else {
                about["endpoint.space"] = "\(crash.space)"
                about["endpoint.name"] = "\(crash.endpoint)"
                logger.error("the server crashed in a model that is not deployed", metadata: about)
                continue
            }
            for entry in moved {
                about["endpoint.space"] = "\(entry.space)"
                about["endpoint.name"] = "\(entry.name)"
                about["model.version"] = "\(entry.model):\(entry.version)"
                logger.error("the server crashed in a model: its endpoint moves to worker isolation", metadata: about)
            }
        }
    }
}

extension CrashReport {
    /// As text RFC 3339, UTC.
    fileprivate var moment: Timestamp {
        Timestamp(microseconds: at.multipliedReportingOverflow(by: 1_000_000).partialValue)
    }
}
