import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RolloutStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Begin to move an endpoint to another version.",
        discussion: """
            A canary gets a small share of the traffic first and more in each step, as long
            as it does no worse than the version beside it; a failing one goes back by
            itself. The last step of 100 makes it what the endpoint serves.

              slipway rollout start churn --to churn:2 --steps 1,5,25,50,100 --hold 2m
              slipway rollout start churn --to churn:2 --strategy shadow
              slipway rollout start churn -f rollout.yaml

            The file has the same fields and more: docs/reference/rollout.md.
            """)

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(help: ArgumentHelp("The version to go to.", valueName: "name:version"))
    var to: String?

    @Option(
        help: ArgumentHelp("canary unless given.", valueName: "canary|blue-green|ab|shadow"))
    var strategy: String?

    @Option(
        help: ArgumentHelp(
            "The canary's share in percent, step by step (1,5,25,50,100 unless given).", valueName: "list"),
        transform: { try percents($0) })
    var steps: Steps?

    @Option(help: ArgumentHelp("How long each step is held (2m unless given).", valueName: "time"))
    var hold: String?

    @Option(help: ArgumentHelp("With --strategy ab: the candidate's share in percent (50).", valueName: "percent"))
    var weight: Double?

    @Option(
        help: ArgumentHelp(
            "Callers with the same value stay with their variant.",
            valueName: "header:NAME|parameter:NAME|input:NAME"), transform: { try sticky($0) })
    var sticky: Sticky?

    @Option(
        help: ArgumentHelp(
            "With --strategy blue-green: how long the old version waits to come back (60s).", valueName: "time"))
    var watch: String?

    @Option(help: ArgumentHelp("Go back after this long of serving, if nobody has ended it.", valueName: "time"))
    var expires: String?

    @Option(
        help: ArgumentHelp("Requests of each version that a step needs to pass (100).", valueName: "n"))
    var minSamples: Int?

    @Option(help: "Why, for the history.")
    var reason: String?

    @Option(name: [.short, .long], help: ArgumentHelp("The rollout as YAML or JSON, '-' for standard input."))
    var file: String?

    @OptionGroup var global: GlobalOptions

    struct Steps: Sendable { var percents: [Double] }
    struct Sticky: Sendable { var request: StickyRequest }

    func validate() throws {
        guard file != nil || to != nil else { throw ValidationError("say where to: --to NAME:VERSION, or -f FILE") }
        let flags: [Any?] = [to, strategy, steps, hold, weight, sticky, watch, expires, minSamples, reason]
        guard file == nil || flags.allSatisfy({ $0 == nil }) else {
            throw ValidationError("-f has everything: give it alone")
        }
    }

    func run() async throws {
        let text = try file.map(InputSource.document)
        try await Session.run(global) { session in
            let rollout = try await session.naming(.endpoint, endpoint) {
                if let text { return try await session.client.startRollout(of: endpoint, yaml: text) }
                return try await session.client.startRollout(of: endpoint, request)
            }
            if session.format == .json { return try session.printJSON(rollout) }
            RolloutText.print(rollout, session)
        }
    }

    private var request: RolloutRequest {
        var request = RolloutRequest(to: to, strategy: strategy)
        request.steps = steps?.percents
        request.hold = hold
        request.weight = weight
        request.sticky = sticky?.request
        request.watch = watch
        request.expires = expires
        request.reason = reason
        request.analysis = minSamples.map { ["minimumSamples": .whole($0)] }
        return request
    }

    private static func percents(_ text: String) throws -> Steps {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map {
            Double($0.filter { $0 != " " && $0 != "%" })
        }
        guard !numbers.contains(where: { $0 == nil }) else {
            throw ValidationError("--steps takes shares in percent, as 1,5,25,50,100")
        }
        return Steps(percents: numbers.compactMap { $0 })
    }

    private static func sticky(_ text: String) throws -> Sticky {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw ValidationError("--sticky takes header:NAME, parameter:NAME or input:NAME")
        }
        switch parts[0] {
        case "header": return Sticky(request: StickyRequest(header: parts[1]))
        case "parameter": return Sticky(request: StickyRequest(parameter: parts[1]))
        case "input": return Sticky(request: StickyRequest(input: parts[1]))
        default: throw ValidationError("--sticky takes header:NAME, parameter:NAME or input:NAME")
        }
    }
}
