import Deployments
import Documents
import Drift
import Foundation
import GitRuns
import Governance
import InferenceProtocol
import Journal
import Registry
import Serving
import Tabular

/// What runs from Git push, promote and deploy: by the same services, gates and approvals as anybody's.
struct GitDelivery: GitRunDelivery {
    let registry: RegistryService
    let dataSets: DataSetService
    let blobs: any BlobStore
    let promotions: PromotionService
    let deployments: DeploymentService
    let rollouts: RolloutService
    let threads = BlockingThreads(name: "slipway.git.push", width: 2)

    // MARK: - Data sets

    func push(_ delivery: DataDelivery) async throws(ControlError) -> DeliveredData {
        let file = delivery.file
        let place = try await threads.run { () throws(ControlError) in
            try CheckoutFile.locate(file.file, in: delivery.root, field: "pipeline.data.file")
        }
        let (sha256, size) = try await upload(delivery.space, delivery.run).send(place)
        let outcome = try await dataSets.push(
            name: file.name, space: delivery.space, format: file.isCSV ? .csv : .jsonl, sha256: sha256, size: size,
            principal: delivery.run.principal)
        return DeliveredData(
            name: file.name, version: outcome.version.number, space: delivery.space, sha256: sha256,
            isNew: outcome.isNew)
    }

    private func upload(_ space: String, _ run: GitRun) -> CheckoutUpload {
        CheckoutUpload(blobs: blobs, space: space, principal: run.principal, threads: threads)
    }

    // MARK: - Models

    func push(_ delivery: ModelDelivery) async throws(ControlError) -> PushedVersion {
        let (run, model) = (delivery.run, delivery.model)
        let found = try await threads.run { () throws(ControlError) in try FoundModel(model, in: delivery.root) }
        let upload = upload(run.space, run)
        var files: [ArtifactReference.File] = []
        for (path, place) in found.files {
            let (sha256, size) = try await upload.send(place)
            files.append(ArtifactReference.File(path: path, sha256: sha256, size: size))
        }
        if let profile = found.profile {
            let (sha256, size) = try await upload.send(bytes: profile)
            files.append(ArtifactReference.File(path: ReferenceProfile.fileName, sha256: sha256, size: size))
        }
        let outcome = try await registry.push(
            model: model.name, space: run.space, files: files, metrics: found.metrics, tags: Self.tags(delivery),
            gitCommit: run.commit, dataset: delivery.dataSet, gitRun: run.number, principal: run.principal)
        return PushedVersion(model: model.name, number: outcome.version.number, isNew: outcome.isNew)
    }

    /// What a CI that pushes from outside would write as tags too.
    private static func tags(_ delivery: ModelDelivery) -> [String: String] {
        let run = delivery.run
        var tags = ["git.repository": run.repository.url, "git.branch": run.ref, "run.url": delivery.address]
        tags["git.author"] = run.life.commit?.author
        tags["dataset.sha256"] = delivery.dataDigest
        return tags
    }

    // MARK: - Promotions

    func promote(_ wish: PromotionWish) async throws(ControlError) -> PromotionProgress {
        if let number = wish.number { return try await progress(number, wish.target) }
        if try await isAvailable(wish.version, in: wish.target) {
            return PromotionProgress(
                number: nil, standing: .done("\(wish.version.label) is available in \(wish.target) already"))
        }
        let filter = PromotionFilter(
            space: wish.target, model: wish.version.model, version: wish.version.number, onlyOpen: true)
        let open: [PromotionView]
        do { open = try await promotions.list(filter).items } catch {
            guard error.code == .notFound else { throw error }
            open = []
        }
        if let known = open.first(where: { $0.promotion.target == wish.target }) {
            return try await progress(known.promotion.number, wish.target)
        }
        let promotion = try await promotions.request(
            model: wish.version.model, version: wish.version.number, source: wish.source, target: wish.target,
            reason: Self.reason(wish.run), principal: wish.run.principal,
            idempotencyKey: "git-run-\(wish.run.number)-promote-\(wish.target)")
        return try await progress(promotion.number, wish.target)
    }

    private func isAvailable(_ version: PushedVersion, in space: String) async throws(ControlError) -> Bool {
        do {
            _ = try await registry.version(version.model, number: version.number, space: space)
            return true
        } catch {
            guard error.code == .notFound else { throw error }
            return false
        }
    }

    private func progress(_ number: Int, _ space: String) async throws(ControlError) -> PromotionProgress {
        let view = try await promotions.show(number, space: space)
        let standing: Standing
        switch view.promotion.state {
        case .applied: standing = .done("promotion \(number): \(view.message)")
        case .checking, .awaitingApproval: standing = .open(view.message)
        case .rejected, .withdrawn, .failed, .superseded:
            let ending = view.promotion.life.ending
            standing = .ended(ending.isEmpty ? view.message : ending)
        }
        return PromotionProgress(
            number: number, standing: standing, isChecking: view.promotion.state == .checking)
    }

    func withdraw(promotion: Int, space: String, run: GitRun, reason: String) async throws(ControlError) {
        let view = try await promotions.show(promotion, space: space)
        // Somebody else may have asked for it first; then it is theirs.
        guard view.promotion.state.isOpen, view.promotion.requestedBy == run.principal.id else { return }
        _ = try await promotions.withdraw(promotion, space: space, reason: reason, principal: run.principal)
    }

    /// `run 7 of churn: commit 1a2b3c4 (fewer columns)`
    static func reason(_ run: GitRun) -> String {
        run.title + (run.life.commit.map { ": commit \($0.words)" } ?? "")
    }
}

/// What a pipeline's `model` names, found in the checkout.
private struct FoundModel: Sendable {
    let files: [(path: String, place: String)]
    /// Encoded.
    let profile: [UInt8]?
    let metrics: [String: Double]

    /// Blocks.
    init(_ model: GitPipeline.Model, in root: String) throws(ControlError) {
        var files = try CheckoutFile.model(model.file, in: root, field: "pipeline.model.file")
        if let golden = model.golden {
            let place = try CheckoutFile.locate(golden, in: root, field: "pipeline.model.golden")
            files.append((GoldenInputs.fileName, place))
        }
        self.files = files
        profile = try model.reference.map { (name) throws(ControlError) in
            try Self.profile(name, CheckoutFile.locate(name, in: root, field: "pipeline.model.reference"))
        }
        metrics =
            try model.metrics.map { (name) throws(ControlError) in
                try Self.metrics(name, CheckoutFile.locate(name, in: root, field: "pipeline.model.metrics"))
            } ?? [:]
    }

    private static func metrics(_ name: String, _ place: String) throws(ControlError) -> [String: Double] {
        let bytes = try PieceReader(place).next(DocumentText.maximumBytes + 1)
        let value = try DocumentText.value(json: Data(bytes), what: name)
        guard case .mapping(let members) = value else {
            throw DocumentFields.wrong(name, "an object of numbers by name", value)
        }
        var metrics: [String: Double] = [:]
        for (key, value) in members {
            switch value {
            case .whole(let number): metrics[key] = Double(number)
            case .number(let number): metrics[key] = number
            default: throw DocumentFields.wrong("\(name): \(Name.excerpt(of: key))", "a number", value)
            }
        }
        return metrics
    }

    private static func profile(_ name: String, _ place: String) throws(ControlError) -> [UInt8] {
        let isCSV = ![".jsonl", ".ndjson", ".json"].contains { name.lowercased().hasSuffix($0) }
        var reader = ReferenceReader(isCSV: isCSV)
        let file = try PieceReader(place)
        do throws(TabularError) {
            while true {
                let piece: [UInt8]
                do { piece = try file.next(1 << 20) } catch {
                    throw TabularError(line: nil, "cannot be read: \(error.message)")
                }
                if piece.isEmpty { break }
                var problem: TabularError?
                piece.withUnsafeBytes { bytes in
                    do throws(TabularError) { try reader.take(bytes) } catch { problem = error }
                }
                if let problem { throw problem }
            }
            return try reader.finish().encoded
        } catch {
            let line = error.line.map { "line \($0) of " } ?? ""
            throw ControlError(
                .invalid, "\(line)\(name) \(error.problem)", field: "pipeline.model.reference", hint: error.hint)
        }
    }
}
