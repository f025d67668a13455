import Alerts
import AsyncHTTPClient
import Foundation
import Gateway
import Journal
import Logging
import ManagementGateway
import Monitoring
import NIOSSL
import Serving
import Store
import Webhooks

/// Alerts and their messages, wired.
struct Alerting: Sendable {
    let services: AlertServices
    let readings: LiveReadings
    let section: AlertSection
    /// Tells webhooks of what the audit says.
    private let follower: WebhookFollower

    /// Throws where the server's own key for webhooks cannot be had.
    init(
        store: Store, configuration: ServerConfiguration, dataPlane: DataPlane, series: SeriesStore,
        clock: any WallClock, logger: Logger
    ) throws {
        readings = LiveReadings(dataPlane: dataPlane, series: series)
        let secrets = WebhookSecrets(
            folder: configuration.webhookSecrets, environment: ProcessInfo.processInfo.environment,
            master: try WebhookKeyFile.open(store.path + "/webhook.key"))
        let sender = WebhookSender(
            policy: try AddressPolicy(setting: configuration.webhookAllow), secrets: secrets, clock: clock,
            configuration: try configuration.webhookConnections())
        let deliveries = DeliveryService(
            store: store.deliveries,
            carrier: Carrier(sender: sender, allowsCommands: configuration.allowCommands, logger: logger),
            logger: logger, pauseAfter: configuration.webhookPauseAfterSeconds)
        let newID: @Sendable () -> String = { UUID().uuidString.lowercased() }
        let watch = AlertWatch(
            store: store.alerts, readings: readings, deliveries: deliveries,
            places: {
                dataPlane.endpoints.map { AlertPlace(space: $0.entry.space, endpoint: $0.entry.name) }
            },
            defaults: try configuration.alertTargets(), logger: logger, newID: newID)
        section = AlertSection(watch: watch, allowsCommands: configuration.allowCommands)
        services = AlertServices(
            desk: AlertService(store: store.alerts, deliveries: deliveries, newID: newID), watch: watch,
            deliveries: deliveries, secrets: secrets,
            webhooks: WebhookService(store: store.webhooks, deliveries: deliveries, sender: sender, newID: newID))
        follower = WebhookFollower(store: store.webhooks, deliveries: deliveries, logger: logger)
        // Not with the rest: seconds are measured as soon as the doors open, whatever is still being loaded.
        series.follow { [readings] in readings.take($0) }
    }

    /// To be called once endpoints answer and monitors have been told to `services.watch.configure`.
    func start() async {
        await services.deliveries.start()
        await follower.start()
        await services.watch.start()
    }

    func stop() async {
        await services.watch.stop()
        await follower.stop()
        await services.deliveries.stop()
    }
}

extension Alerting: GaugeSource {
    /// 1 for each rule that fires.
    func gauges() -> [GaugeFamily] {
        let firing = services.watch.firing
        guard !firing.isEmpty else { return [] }
        return [
            GaugeFamily(
                name: "slipway_alerts_firing", help: "1 for each rule of an endpoint that fires",
                samples: firing.map {
                    GaugeFamily.Sample(
                        space: $0.place.space, endpoint: $0.place.endpoint, labels: [("rule", $0.rule)], value: 1)
                })
        ]
    }
}

extension ServerConfiguration {
    /// Who is told where no monitor says who.
    func alertTargets() throws(ControlError) -> [DeliveryTarget] {
        guard let alertWebhook else { return [] }
        return [.webhook(try WebhookTarget(url: alertWebhook, secret: alertWebhookSecret, field: "alert_webhook"))]
    }

    /// How connections to webhooks are made: whom they trust.
    func webhookConnections() throws(ConfigurationError) -> HTTPClient.Configuration {
        var connections = HTTPClient.Configuration()
        guard let path = webhookCACertificate else { return connections }
        do {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(path))]
            connections.tlsConfiguration = tls
        } catch {
            throw ConfigurationError(
                field: "webhook_ca_cert", message: "webhook_ca_cert: '\(path)' cannot be read as PEM certificates")
        }
        return connections
    }

    func validateWebhooks() throws(ConfigurationError) {
        _ = try webhookConnections()
        do {
            _ = try AddressPolicy(setting: webhookAllow)
            _ = try alertTargets()
        } catch { throw ConfigurationError(field: error.field ?? "webhook_allow", message: error.description) }
        if alertWebhook == nil, alertWebhookSecret != nil {
            throw ConfigurationError(
                field: "alert_webhook_secret", message: "alert_webhook_secret is there, but no alert_webhook")
        }
        if let webhookSecrets {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: webhookSecrets, isDirectory: &isFolder), isFolder.boolValue
            else {
                throw ConfigurationError(
                    field: "webhook_secrets",
                    message:
                        "webhook_secrets must be a folder with one file for each secret, '\(webhookSecrets)' is none")
            }
        }
    }
}
