import Declarations
import Gateway
import Governance
import HTTPTypes
import Hummingbird
import Identity
import Journal
import ManagementAPI
import NIOCore
import Registry

/// Answers the routes that may take their time: everything under `/api/v1`, and the repository extension's load and
/// unload. The route table is the one that predictions use too.
package struct ManagementInterface: Sendable {
    let services: ManagementServices

    private let largestDocument: Int

    /// - Parameter largestDocument: bytes that a JSON body may have.
    package init(services: ManagementServices, largestDocument: Int = 8 << 20) {
        self.services = services
        self.largestDocument = largestDocument
    }

    /// Never throws: whatever goes wrong becomes an answer that says so. The caller has been authorised already.
    func respond(to request: Request, match: RouteMatch, caller: Caller) async -> Response {
        do {
            return try await answer(
                ManagementRequest(
                    request, match: match, caller: caller, largestDocument: largestDocument))
        } catch {
            return Self.refusal(error)
        }
    }

    private func answer(_ call: ManagementRequest) async throws -> Response {
        try admitStep(call)
        switch call.route.id {
        case .openAPI: return .json(bytes: OpenAPIDocument.encoded)
        case .server: return try .json(services.server.info())
        case .status: return try await status(call)
        case .verify: return try .json(try await services.server.verify())
        case .audit: return try await auditEvents(call, space: nil)
        case .spaceAudit: return try await auditEvents(call, space: call.space)
        case .auditHead: return try await auditHead()
        case .auditKey: return try auditKey()
        case .verifyAudit: return try await verifyAudit()
        case .collect: return try await collect(call)
        case .backup: return try await backup()
        case .spaces: return try await spaces(call)
        case .space: return try .json(SpaceInfo(try await services.spaces.show(call.match.space)))
        case .createSpace: return try await createSpace(call)
        case .deleteSpace: return try await deleteSpace(call)
        case .policyRevisions: return try await policyRevisions(call)
        case .promotions: return try await promotions(call)
        case .promotion: return try await promotion(call)
        case .promote: return try await promote(call)
        case .approvePromotion: return try await approvePromotion(call)
        case .rejectPromotion: return try await rejectPromotion(call)
        case .withdrawPromotion: return try await withdrawPromotion(call)
        case .reportCheck: return try await reportCheck(call)
        case .why: return try await why(call)
        case .policy: return try await policy(call)
        case .setPolicy: return try await setPolicy(call)
        case .blobExists: return try await blobExists(call)
        case .blobUpload: return try await upload(call)
        case .models: return try await models(call)
        case .model: return try .json(ModelInfo(try await services.registry.model(call.name, space: call.space)))
        case .versions: return try await versions(call)
        case .version: return try await version(call)
        case .push: return try await push(call)
        case .deleteVersion: return try await deleteVersion(call)
        case .dataSets: return try await dataSets(call)
        case .pushDataSet: return try await pushDataSet(call)
        case .dataSetVersions: return try await dataSetVersions(call)
        case .dataSetVersion: return try await dataSetVersion(call)
        case .dataSetRules: return try await dataSetRules(call)
        case .deployments: return try await deployments(call)
        case .deployment: return try await deployment(call)
        case .deploy: return try await deploy(call)
        case .deleteDeployment: return try await deleteDeployment(call)
        case .revisions: return try await revisions(call)
        case .live: return try await live(call)
        case .rollBack: return try await rollBack(call)
        case .rollouts: return try await rollouts(call, of: nil)
        case .endpointRollouts: return try await rollouts(call, of: call.name)
        case .rollout: return try await rollout(call)
        case .startRollout: return try await startRollout(call)
        case .pauseRollout: return try await pauseRollout(call)
        case .resumeRollout: return try await resumeRollout(call)
        case .promoteRollout: return try await promoteRollout(call)
        case .abortRollout: return try await abortRollout(call)
        case .approveRollout: return try await approveRollout(call)
        case .rejectRollout: return try await rejectRollout(call)
        case .rolloutReport: return try await rolloutReport(call)
        case .ledger: return try await ledger(call)
        case .exportLedger: return try await exportLedger(call)
        case .forgetLedger: return try await forgetLedger(call)
        case .replayLedger: return try await replayLedger(call)
        case .feedback: return try await feedback(call)
        case .quality: return try await quality(call)
        case .series: return try await series(call)
        case .drift: return try await drift(call)
        case .monitor: return try await monitor(call)
        case .setMonitor: return try await setMonitor(call)
        case .monitorRevisions: return try await monitorRevisions(call)
        case .retrainingRules: return try await retrainingRules(call)
        case .startRetraining: return try await startRetraining(call)
        case .retrainingRuns: return try await retrainingRuns(call)
        case .retrainingRun: return try await retrainingRun(call)
        case .retrainingLog: return try await retrainingLog(call)
        case .cancelRetraining: return try await cancelRetraining(call)
        case .reportRetraining: return try await reportRetraining(call)
        case .repositories: return try await repositories(call)
        case .repository: return try await repository(call)
        case .addRepository: return try await addRepository(call)
        case .removeRepository: return try await removeRepository(call)
        case .pauseRepository: return try await pauseRepository(call)
        case .resumeRepository: return try await resumeRepository(call)
        case .gitRuns: return try await gitRuns(call)
        case .gitRun: return try await gitRun(call)
        case .gitRunLog: return try await gitRunLog(call)
        case .startGitRun: return try await startGitRun(call)
        case .cancelGitRun: return try await cancelGitRun(call)
        case .alerts: return try await alerts(call)
        case .alert: return try await alert(call)
        case .acknowledgeAlert: return try await acknowledgeAlert(call)
        case .alertDeliveries: return try await alertDeliveries(call)
        case .testAlerts: return try await testAlerts(call)
        case .alertRules: return try await alertRules(call)
        case .silences: return try await silences(call)
        case .createSilence: return try await createSilence(call)
        case .endSilence: return try await endSilence(call)
        case .webhookSecret: return try await webhookSecret(call)
        case .webhooks, .serverWebhooks: return try await webhooks(call)
        case .webhook, .serverWebhook: return try await webhook(call)
        case .createWebhook, .createServerWebhook: return try await createWebhook(call)
        case .updateWebhook, .updateServerWebhook: return try await updateWebhook(call)
        case .deleteWebhook, .deleteServerWebhook: return try await deleteWebhook(call)
        case .pauseWebhook, .pauseServerWebhook: return try await pauseWebhook(call)
        case .resumeWebhook, .resumeServerWebhook: return try await resumeWebhook(call)
        case .testWebhook, .testServerWebhook: return try await testWebhook(call)
        case .webhookDeliveries, .serverWebhookDeliveries: return try await webhookDeliveries(call)
        case .webhookDelivery, .serverWebhookDelivery: return try await webhookDelivery(call)
        case .redeliverWebhook, .redeliverServerWebhook: return try await redeliverWebhook(call)
        case .serverWebhookSecret: return try serverWebhookSecret()
        case .gitHook: return try await gitHook(call)
        case .rotateRepositorySecret: return try await rotateRepositorySecret(call)
        case .tellOutcomes: return try await tellOutcomes(call)
        case .applications: return try await applications(call)
        case .beginApplication: return try await beginApplication(call)
        case .renewApplication: return try await renewApplication(call)
        case .endApplication: return try await endApplication(call)
        case .declarationSchema: return .json(bytes: Array(DeclarationSchema.text.utf8))
        case .me: return try await me(call)
        case .keys: return try await keys(call)
        case .createKey: return try await createKey(call)
        case .rotateKey: return try await rotateKey(call)
        case .revokeKey: return try await revokeKey(call)
        case .members: return try await members(call)
        case .setMember: return try await setMember(call)
        case .removeMember: return try await removeMember(call)
        case .admins: return try await admins()
        case .addAdmin: return try await addAdmin(call)
        case .removeAdmin: return try await removeAdmin(call)
        case .repositoryLoad: return try await setLoaded(true, call)
        case .repositoryUnload: return try await setLoaded(false, call)
        default:
            throw HTTPFault(.notFound, "there is nothing at this path; GET / says what is here")
        }
    }

    static func refusal(_ error: any Error) -> Response {
        switch error {
        case let error as ControlError:
            let body = APIError(
                error: error.message, code: error.errorCode, field: error.field, hint: error.hint)
            return .error(error.status, body)
        case let fault as HTTPFault:
            var response = Response.error(fault.status, APIError(error: fault.message, code: fault.status.errorCode))
            for field in fault.fields {
                if let name = HTTPField.Name(field.name) { response.headers[name] = field.value }
            }
            return response
        default:
            let body = APIError(
                error: "the server failed: \(error)", code: "internal_failure")
            return .error(.internalError, body)
        }
    }
}
