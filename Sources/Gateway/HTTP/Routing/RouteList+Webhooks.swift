import Identity

extension Route {
    /// Of a space, and the same of the whole server for its owners.
    static let webhooks: [Route] = ofSpace + ofServer

    private static let ofSpace: [Route] = [
        managed(
            .webhooks, .get, "/spaces/{space}/webhooks", .viewWebhooks, "Who is told of what happens in the space"),
        managed(
            .createWebhook, .post, "/spaces/{space}/webhooks", .manageWebhooks,
            "Has somebody told of what happens in the space"),
        managed(.webhook, .get, "/spaces/{space}/webhooks/{webhook}", .viewWebhooks, "One webhook"),
        managed(
            .updateWebhook, .put, "/spaces/{space}/webhooks/{webhook}", .manageWebhooks,
            "Changes where a webhook goes or what it gets; what is left out stays"),
        managed(.deleteWebhook, .delete, "/spaces/{space}/webhooks/{webhook}", .manageWebhooks, "Removes a webhook"),
        managed(
            .pauseWebhook, .post, "/spaces/{space}/webhooks/{webhook}/pause", .manageWebhooks,
            "Keeps a webhook's events back"),
        managed(
            .resumeWebhook, .post, "/spaces/{space}/webhooks/{webhook}/resume", .manageWebhooks,
            "Lets a webhook have events again, from where it stopped"),
        managed(
            .testWebhook, .post, "/spaces/{space}/webhooks/{webhook}/test", .manageWebhooks,
            "Sends a test to a webhook, once, and says what came of it"),
        managed(
            .webhookDeliveries, .get, "/spaces/{space}/webhook-deliveries", .viewWebhooks,
            "The events that went to webhooks or wait, newest first"),
        managed(
            .webhookDelivery, .get, "/spaces/{space}/webhook-deliveries/{number}", .viewWebhooks,
            "One delivery, with the event as it was sent"),
        managed(
            .redeliverWebhook, .post, "/spaces/{space}/webhook-deliveries/{number}/redeliver", .manageWebhooks,
            "Sends the event of a delivery again"),
    ]

    private static let ofServer: [Route] = [
        owned(.serverWebhooks, .get, "/webhooks", "Who is told of what happens in the server"),
        owned(.createServerWebhook, .post, "/webhooks", "Has somebody told of what happens in the server"),
        owned(.serverWebhook, .get, "/webhooks/{webhook}", "One webhook of the server"),
        owned(
            .updateServerWebhook, .put, "/webhooks/{webhook}",
            "Changes where a webhook of the server goes or what it gets; what is left out stays"),
        owned(.deleteServerWebhook, .delete, "/webhooks/{webhook}", "Removes a webhook of the server"),
        owned(
            .pauseServerWebhook, .post, "/webhooks/{webhook}/pause", "Keeps the events of a webhook of the server back"),
        owned(
            .resumeServerWebhook, .post, "/webhooks/{webhook}/resume",
            "Lets a webhook of the server have events again, from where it stopped"),
        owned(
            .testServerWebhook, .post, "/webhooks/{webhook}/test",
            "Sends a test to a webhook of the server, once, and says what came of it"),
        owned(
            .serverWebhookDeliveries, .get, "/webhook-deliveries",
            "The events that went to webhooks of the server or wait, newest first"),
        owned(
            .serverWebhookDelivery, .get, "/webhook-deliveries/{number}",
            "One delivery to a webhook of the server, with the event as it was sent"),
        owned(
            .redeliverServerWebhook, .post, "/webhook-deliveries/{number}/redeliver",
            "Sends the event of a delivery to a webhook of the server again"),
        owned(
            .serverWebhookSecret, .get, "/webhook-secret",
            "The secret that webhooks of the server are signed with where they name none"),
    ]

    private static func owned(_ id: RouteID, _ method: HTTPMethod, _ path: String, _ summary: String) -> Route {
        managed(id, method, path, .manageServerWebhooks, summary)
    }
}
