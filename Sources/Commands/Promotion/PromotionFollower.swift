import ManagementAPI
import SlipwayClient

/// Watches the gates of a promotion, and tells each result as it comes.
struct PromotionFollower {
    private let session: Session
    private let space: String
    /// The progress of what runs now, where a terminal shows it.
    private let width: Int?

    init(_ session: Session, space: String) {
        self.session = session
        self.space = space
        width = session.format == .table ? session.console.errorWidth : nil
    }

    /// Until the gates have ended, or nothing but checks of other systems is waited for.
    func follow(_ promotion: PromotionInfo) async throws -> PromotionInfo {
        var promotion = promotion
        var told: Set<String> = []
        if session.format == .table {
            session.console.say(
                "promotion \(promotion.number): \(promotion.model):\(promotion.version) from \(promotion.from) to \(promotion.to)"
            )
        }
        tell(promotion, &told)
        while promotion.state == .checking, promotion.gates.contains(where: Self.runsHere) || promotion.gates.isEmpty {
            try await Task.sleep(for: .milliseconds(200))
            promotion = try await session.client.promotion(promotion.number, space: space)
            tell(promotion, &told)
        }
        clear()
        return promotion
    }

    /// Until enough people have decided, or the time is over. Gates that have to run again meanwhile are waited for too.
    func awaitPeople(_ promotion: PromotionInfo, seconds: Int) async throws -> PromotionInfo {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var promotion = promotion
        var isTold = false
        while promotion.state == .awaitingApproval || promotion.state == .checking, ContinuousClock.now < deadline {
            if promotion.state == .awaitingApproval, !isTold, session.format == .table {
                isTold = true
                session.console.say(
                    "  \(promotion.message): slipway promotion approve \(promotion.number) --space \(promotion.to)")
            }
            try await Task.sleep(for: .seconds(1))
            let number = promotion.number
            promotion = try await session.lookingAgain(until: deadline, promotion) { () async throws(ClientError) in
                try await session.client.promotion(number, space: space)
            }
        }
        return promotion
    }

    private static func runsHere(_ gate: GateInfo) -> Bool { gate.outcome == .pending && gate.kind != "external" }

    private func tell(_ promotion: PromotionInfo, _ told: inout Set<String>) {
        guard session.format == .table else { return }
        for gate in promotion.gates where gate.outcome != .pending {
            guard told.insert("\(promotion.run) \(gate.name)").inserted else { continue }
            clear()
            session.console.say("  \(gate.name): \(gate.outcome.rawValue): \(gate.summary)")
        }
        guard let width, let running = promotion.gates.first(where: { $0.progress != nil }) else { return }
        session.console.redraw(
            String("  \(running.name): \(Console.harmless(running.progress ?? ""))".prefix(max(width - 1, 0))))
    }

    private func clear() { if width != nil { session.console.redraw("") } }
}
