package import Alerts
package import Webhooks

/// What the routes about alerts act on.
package struct AlertServices: Sendable {
    package var desk: AlertService
    package var watch: AlertWatch
    package var deliveries: DeliveryService
    package var secrets: WebhookSecrets
    package var webhooks: WebhookService

    package init(
        desk: AlertService, watch: AlertWatch, deliveries: DeliveryService, secrets: WebhookSecrets,
        webhooks: WebhookService
    ) {
        self.desk = desk
        self.watch = watch
        self.deliveries = deliveries
        self.secrets = secrets
        self.webhooks = webhooks
    }
}
