import ManagementAPI
import SlipwayClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One run of a command: the client it asks, where it prints and in which form.
struct Session: Sendable {
    let client: SlipwayClient
    let console: Console
    let format: OutputFormat
    /// Whether the server is told who is asking.
    let hasToken: Bool
    /// What to append to commands that are suggested, so that they work when pasted.
    let flags: String

    var space: String { client.space }

    /// Opens a client for the time of `body`; whatever goes wrong leaves as a `Failure`.
    ///
    /// - Parameter grpcServer: where to ask for predictions, if over gRPC.
    static func run(
        _ options: GlobalOptions, grpcServer: String? = nil, _ body: (Session) async throws -> Void
    ) async throws {
        var settings = options.settings()
        if settings.token == nil {
            settings.token = try CredentialFile(environment: ProcessInfo.processInfo.environment)?
                .token(for: settings.server)
        }
        let client: SlipwayClient
        do {
            if let grpcServer {
                client = try SlipwayClient(
                    server: settings.server, grpcServer: grpcServer, token: settings.token,
                    caCertificate: settings.caCertificate, space: settings.space)
            } else {
                client = try SlipwayClient(
                    server: settings.server, token: settings.token, caCertificate: settings.caCertificate,
                    space: settings.space)
            }
        } catch {
            throw Failure(error)
        }
        let session = Session(
            client: client, console: .standard, format: options.output, hasToken: settings.token != nil,
            flags: settings.flags(beside: options.settingsWithoutFlags()))
        let result: Result<Void, any Error>
        do { result = .success(try await body(session)) } catch { result = .failure(await session.explained(error)) }
        try? await client.shutdown()
        do { try result.get() } catch let error as ClientError { throw Failure(error) }
    }

    /// Prints a value as JSON, keys sorted, two spaces of indentation.
    func printJSON(_ value: some Encodable) throws { try Self.printJSON(value, on: console) }

    /// The same where there is no server to talk to.
    static func printJSON(_ value: some Encodable, on console: Console) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        console.print(bytes: Array(try encoder.encode(value)) + [UInt8(ascii: "\n")])
    }

    func print(_ table: Table) {
        for line in table.lines(width: console.width, emphasis: console.emphasis) { console.print(line) }
    }
}

// MARK: Long waits

extension Session {
    /// What `look` finds; `before` where nobody answers for now and there is time: a wait of hours outlives a restart of the
    /// server.
    func lookingAgain<Value>(
        until deadline: ContinuousClock.Instant?, _ before: Value, _ look: () async throws(ClientError) -> Value
    ) async throws(ClientError) -> Value {
        do { return try await look() } catch {
            guard let deadline, ContinuousClock.now < deadline else { throw error }
            switch error {
            case .unreachable, .connectionLost, .timedOut, .refused(503, _): return before
            default: throw error
            }
        }
    }
}

// MARK: Names that are not there

extension Session {
    enum Kind: String {
        case model, endpoint
        case dataSet = "data set"
    }

    /// Runs `body`; where the server does not know the name, says which names there are and which was likely meant.
    func naming<Value>(
        _ kind: Kind, _ name: String, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as ClientError {
            guard case .refused(404, var refusal) = error else { throw error }
            guard let hint = await hint(kind, name) else { throw error }
            refusal.hint = hint
            throw ClientError.refused(status: 404, refusal)
        }
    }

    /// The reference with the number that the space's alias stands for.
    func resolving(_ reference: VersionReference) async throws -> VersionReference {
        guard let alias = reference.alias else { return reference }
        let model = try await naming(.model, reference.name) { try await client.model(reference.name) }
        let aliases = model.aliases ?? [:]
        guard let version = aliases[alias] else {
            let known = aliases.keys.sorted().joined(separator: ", ")
            throw Failure(
                "\(reference.name) has no alias \"\(alias)\" in space \(space)",
                hint: known.isEmpty ? "none was set there" : "there are: \(known)")
        }
        return VersionReference(name: reference.name, version: version)
    }

    /// Runs `body`; where the model is there and the version is not, says which versions there are.
    func checkingVersion<Value>(
        _ version: Int?, of model: String, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as ClientError {
            guard case .refused(404, _) = error, let version, let info = try? await client.model(model) else {
                throw error
            }
            let latest = info.latestVersion
            let numbers =
                info.versions == latest
                ? (latest == 1 ? "its only version is 1" : "its versions are 1 to \(latest)")
                : "its latest version is \(latest); `slipway model show \(model)` lists those there are"
            throw Failure("\(model) has no version \(version)", hint: numbers)
        }
    }

    private func hint(_ kind: Kind, _ name: String) async -> String? {
        do {
            let names =
                switch kind {
                case .model: try await allItems { page in try await client.models(after: page) }.map(\.name)
                case .endpoint: try await allItems { page in try await client.deployments(after: page) }.map(\.endpoint)
                case .dataSet: try await allItems { page in try await client.dataSets(after: page) }.map(\.name)
                }
            guard !names.contains(name) else { return nil }
            let first =
                switch kind {
                case .model: await takesPushes() ? "push one with `slipway model push`" : "`slipway promote` brings one"
                case .endpoint: "deploy a model with `slipway deploy`"
                case .dataSet: "push one with `slipway dataset push`"
                }
            return Suggestion.hint(
                for: name, among: names, plural: "\(kind.rawValue)s in space \(space)", whenNone: first)
        } catch {
            return nil
        }
    }

    private func takesPushes() async -> Bool {
        (try? await client.space(named: space))?.policy.promotesFrom == nil
    }

    /// A refusal that may be about the space, with the spaces that there are.
    private func explained(_ error: any Error) async -> any Error {
        guard case ClientError.refused(404, var refusal) = error,
            let spaces = try? await allItems(of: { page in try await client.spaces(after: page) }).map(\.name),
            !spaces.contains(space)
        else { return error }
        refusal.hint = Suggestion.hint(for: space, among: spaces, plural: "spaces", whenNone: "")
        return ClientError.refused(status: 404, refusal)
    }
}
