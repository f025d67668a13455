import Journal
import Logging
import Webhooks

/// Carries messages to webhooks and to commands of this machine.
struct Carrier: DeliveryCarrying {
    let sender: WebhookSender
    let allowsCommands: Bool
    let logger: Logger
    private let threads = BlockingThreads(name: "slipway.commands", width: 4)

    init(sender: WebhookSender, allowsCommands: Bool, logger: Logger) {
        self.sender = sender
        self.allowsCommands = allowsCommands
        self.logger = logger
    }

    func carry(_ delivery: Delivery) async -> DeliveryOutcome {
        switch delivery.target {
        case .webhook(let target):
            return await sender.send(delivery.body, id: delivery.event, to: target, space: delivery.space)
        case .command(let words):
            guard allowsCommands else {
                return DeliveryOutcome(.refused, "the server was started without --allow-commands")
            }
            let ending = await threads.run { CommandRun.run(words, input: delivery.body) }
            if !ending.output.isEmpty {
                logger.info(
                    "a command has said something",
                    metadata: [
                        "delivery.id": "\(delivery.id)", "output": "\(Name.excerpt(of: ending.output, limit: 2000))",
                    ])
            }
            // Once: what a command has done by half is not done again.
            return DeliveryOutcome(ending.isSuccess ? .delivered : .refused, ending.words, status: ending.code)
        }
    }
}
