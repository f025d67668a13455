import ArgumentParser
import ManagementAPI
import SlipwayClient

struct KeyCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a key and print it, this once.",
        discussion: """
            A key may what its owner may, as far as it is not limited to less. The key goes to
            standard output alone, what is said about it to standard error.

              slipway key create --name laptop
              slipway key create --name scoring --limit-space prod --role viewer --endpoint churn \\
                  --expires-in 90d --requests-per-second 100 --rows-per-month 1000000
              slipway key create --principal ci-gates --role reporter --limit-space prod
            """)

    @Option(help: "What you call it.")
    var name: String?

    @Option(help: "Whose it is to be (default: yours); of others only owners of the server make keys.")
    var principal: String?

    @Option(help: "The space that is meant where a request names none.")
    var home: String?

    @Option(name: .customLong("limit-space"), help: "Only in this space; may be given several times.")
    var spaces: [String] = []

    @Option(
        name: .customLong("role"),
        help: ArgumentHelp(
            "Only what this role may; may be given several times.",
            valueName: RoleName.allCases.map(\.rawValue).joined(separator: "|")),
        transform: { try role($0) })
    var roles: [RoleName] = []

    @Option(name: .customLong("endpoint"), help: "Only this endpoint; may be given several times.")
    var endpoints: [String] = []

    @Option(
        help: ArgumentHelp("How long it is valid (default: until it is revoked).", valueName: "90d"),
        transform: { try Lifetime.seconds($0) })
    var expiresIn: Int?

    @Option(help: "Predictions a second.")
    var requestsPerSecond: Int?

    @Option(help: "Rows a second.")
    var rowsPerSecond: Int?

    @Option(help: "Predictions a month of the calendar, in UTC.")
    var requestsPerMonth: Int?

    @Option(help: "Rows a month.")
    var rowsPerMonth: Int?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let limits = KeyLimits(
            requestsPerSecond: requestsPerSecond, rowsPerSecond: rowsPerSecond, requestsPerMonth: requestsPerMonth,
            rowsPerMonth: rowsPerMonth)
        let request = KeyRequest(
            name: name, principal: principal, home: home, spaces: spaces.isEmpty ? nil : spaces,
            roles: roles.isEmpty ? nil : roles, endpoints: endpoints.isEmpty ? nil : endpoints,
            limits: limits.isEmpty ? nil : limits, expiresInSeconds: expiresIn)
        try await Session.run(global) { session in
            try KeyText.show(try await session.client.createKey(request), session)
        }
    }

    private static func role(_ text: String) throws(ValidationError) -> RoleName {
        guard let role = RoleName(rawValue: text) else {
            throw ValidationError(
                "'\(text)' is no role; there are \(RoleName.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return role
    }
}
