package import Gateway
import Journal
import NIOCore

/// Answers what MLflow's clients ask: the table of methods. Who asks and whether they may was settled at the door; a run,
/// an experiment or a model of another space is not there.
package struct MLflowInterface: ManagementAnswerer {
    /// The release of MLflow whose client this is written for; its own version is no secret either.
    package static let spokenVersion = "3.17.2"

    let services: MLflowServices
    private let largestDocument: Int

    /// - Parameter largestDocument: bytes that a JSON body may have.
    package init(services: MLflowServices, largestDocument: Int = 8 << 20) {
        self.services = services
        self.largestDocument = largestDocument
    }

    /// Never throws: whatever goes wrong becomes an answer in MLflow's own form.
    package func answer(_ request: ForwardedRequest) async -> Answer {
        do {
            return try await respond(try await MLflowCall(request, largestDocument: largestDocument))
        } catch let error as ControlError {
            return ErrorAnswer.make(HTTPFault(error), in: .mlflow)
        } catch let fault as HTTPFault {
            return ErrorAnswer.make(fault, in: .mlflow)
        } catch {
            return ErrorAnswer.make(HTTPFault(.internalError, "the server failed: \(error)"), in: .mlflow)
        }
    }

    private func respond(_ call: MLflowCall) async throws -> Answer {
        switch call.match.route.id {
        case .mlflowVersion: return .plain(Self.spokenVersion)
        case .mlflowHealth: return .plain("OK")
        case .mlflowServerInfo: return serverInfo()
        case .mlflowCreateExperiment: return try await createExperiment(call)
        case .mlflowExperiment: return try await experiment(call)
        case .mlflowExperimentByName: return try await experimentByName(call)
        case .mlflowSearchExperiments: return try await searchExperiments(call)
        case .mlflowUpdateExperiment: return try await updateExperiment(call)
        case .mlflowDeleteExperiment: return try await deleteExperiment(call)
        case .mlflowRestoreExperiment: return try await restoreExperiment(call)
        case .mlflowTagExperiment: return try await tagExperiment(call)
        case .mlflowUntagExperiment: return try await untagExperiment(call)
        case .mlflowCreateRun: return try await createRun(call)
        case .mlflowRun: return try await run(call)
        case .mlflowSearchRuns: return try await searchRuns(call)
        case .mlflowUpdateRun: return try await updateRun(call)
        case .mlflowDeleteRun: return try await deleteRun(call)
        case .mlflowRestoreRun: return try await restoreRun(call)
        case .mlflowLogMetric: return try await logMetric(call)
        case .mlflowLogParam: return try await logParam(call)
        case .mlflowLogBatch: return try await logBatch(call)
        case .mlflowLogModel: return try await logModel(call)
        case .mlflowLogInputs: return try await logInputs(call)
        case .mlflowLogOutputs: return try await logOutputs(call)
        case .mlflowTagRun: return try await tagRun(call)
        case .mlflowUntagRun: return try await untagRun(call)
        case .mlflowMetricHistory: return try await metricHistory(call)
        case .mlflowRunArtifacts: return try await runArtifacts(call)
        case .mlflowCreateLoggedModel: return try await createLoggedModel(call)
        case .mlflowLoggedModel: return try await loggedModel(call)
        case .mlflowSearchLoggedModels: return try await searchLoggedModels(call)
        case .mlflowFinalizeLoggedModel: return try await finalizeLoggedModel(call)
        case .mlflowDeleteLoggedModel: return try await deleteLoggedModel(call)
        case .mlflowLogLoggedModelParams: return try await logLoggedModelParams(call)
        case .mlflowTagLoggedModel: return try await tagLoggedModel(call)
        case .mlflowUntagLoggedModel: return try await untagLoggedModel(call)
        case .mlflowLoggedModelArtifacts: return try await loggedModelArtifacts(call)
        default: return try await respondOfRegistry(call)
        }
    }

    private func respondOfRegistry(_ call: MLflowCall) async throws -> Answer {
        switch call.match.route.id {
        case .mlflowCreateModel: return try await createModel(call)
        case .mlflowModel: return try await model(call)
        case .mlflowRenameModel: return try await renameModel(call)
        case .mlflowUpdateModel: return try await updateModel(call)
        case .mlflowDeleteModel: return try await deleteModel(call)
        case .mlflowSearchModels: return try await searchModels(call)
        case .mlflowLatestVersions, .mlflowAskLatestVersions: return try await latestVersions(call)
        case .mlflowTagModel: return try await tagModel(call)
        case .mlflowUntagModel: return try await untagModel(call)
        case .mlflowSetAlias: return try await setAlias(call)
        case .mlflowDeleteAlias: return try await deleteAlias(call)
        case .mlflowAlias: return try await alias(call)
        case .mlflowCreateVersion: return try await createVersion(call)
        case .mlflowModelVersion: return try await modelVersion(call)
        case .mlflowUpdateVersion: return try await updateVersion(call)
        case .mlflowDeleteVersion: return try await deleteVersion(call)
        case .mlflowSearchVersions: return try await searchVersions(call)
        case .mlflowVersionLocation: return try await versionLocation(call)
        case .mlflowStage: return try await stage(call)
        case .mlflowTagVersion: return try await tagVersion(call)
        case .mlflowUntagVersion: return try await untagVersion(call)
        default: return try await respondOfArtifacts(call)
        }
    }

    private func respondOfArtifacts(_ call: MLflowCall) async throws -> Answer {
        switch call.match.route.id {
        case .mlflowListArtifacts: return try await listArtifacts(call)
        case .mlflowDownload: return try await download(call)
        case .mlflowUpload: return try await upload(call)
        case .mlflowDeleteArtifacts: return try await deleteArtifacts(call)
        case .mlflowMultipart: throw Self.multipartRefusal
        default: throw HTTPFault(.notFound, "there is nothing at this path; GET / says what is here")
        }
    }

    /// What the client may use beyond the least: nothing, so that it sends and reads artifacts as one body each.
    private func serverInfo() -> Answer {
        Answer(json: [
            "store_type": "SqlStore", "workspaces_enabled": false, "trace_archival_enabled": false,
            "multipart_uploads_enabled": false, "multipart_downloads_enabled": false,
        ])
    }
}

extension Answer {
    static func plain(_ text: String) -> Answer {
        Answer(.ok, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: text))
    }

    /// What is answered where there is nothing to say.
    static var done: Answer { Answer(json: [:]) }
}
