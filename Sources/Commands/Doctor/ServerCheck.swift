import ManagementAPI
import SlipwayClient

/// Whether the server answers, belongs to this release, and serves what it should.
enum ServerCheck {
    static func findings(_ client: SlipwayClient) async -> (server: ServerInfo?, findings: [Finding]) {
        do {
            let server = try await client.serverInfo()
            var findings = [reached(server, client.server), release(server)]
            findings.append(runtimes(server))
            findings += await deployments(client)
            return (server, findings)
        } catch {
            let failure = Failure(error)
            let advice = failure.hint ?? "see the server's own output"
            // Not to have started a server yet is no illness.
            if case .unreachable = error { return (nil, [.warning("server", failure.message, advice)]) }
            return (nil, [.problem("server", failure.message, advice)])
        }
    }

    /// The server's data folder, when the server runs on this machine and so its folder is one that can be looked at.
    static func localFolder(_ server: ServerInfo?, _ address: String) -> String? {
        guard let server, ["://127.", "://localhost", "://[::1]"].contains(where: { address.contains($0) }) else {
            return nil
        }
        return server.dataFolder
    }

    static func verify(_ client: SlipwayClient, isReachable: Bool) async -> Finding {
        let subject = "stored files"
        guard isReachable else {
            return .warning(subject, "not checked, since the server does not answer", "start it: slipway serve")
        }
        do {
            return finding(try await client.verify())
        } catch {
            let failure = Failure(error)
            return .problem(subject, failure.message, failure.hint ?? "see the server's own output")
        }
    }

    static func finding(_ report: VerifyReport) -> Finding {
        let subject = "stored files"
        let counts =
            "\(report.blobs) files of \(NumberText.bytes(report.bytes)) hashed again, "
            + "\(report.auditEvents) audit events followed"
        guard !report.problems.isEmpty else { return .ok(subject, "intact: \(counts)") }
        let list = report.problems.map { "\($0.subject): \($0.message)" }.joined(separator: "; ")
        return .problem(
            subject, "\(counts); damaged: \(list)",
            "push the files concerned again: a damaged file is replaced by good bytes; look at the disk's health")
    }

    private static func reached(_ server: ServerInfo, _ address: String) -> Finding {
        .ok("server", "answers at \(address), up \(NumberText.duration(seconds: server.uptimeSeconds))")
    }

    private static func release(_ server: ServerInfo) -> Finding {
        server.version == Release.version
            ? .ok("release", "the server is \(server.version), as this program")
            : .warning(
                "release", "the server is \(server.version), this program \(Release.version)",
                "use the same release on both sides")
    }

    private static func runtimes(_ server: ServerInfo) -> Finding {
        guard !server.runtimes.isEmpty else {
            return .warning(
                "runtimes", "the server has loaded none yet",
                "nothing, if no model was pushed so far; else see the server's own output")
        }
        return .ok(
            "runtimes",
            server.runtimes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    }

    private static func deployments(_ client: SlipwayClient) async -> [Finding] {
        do {
            let all = try await client.status().deployments
            let failed = all.filter { $0.state == .failed }
            let answering = all.count { $0.state == .ready }
            let summary = Finding.ok("endpoints", "\(answering) of \(all.count) answer")
            return [summary]
                + failed.map {
                    .problem(
                        "endpoint \($0.endpoint)", "\($0.model):\($0.version) cannot be loaded: \($0.message)",
                        "deploy a version that loads: slipway deploy \($0.model):VERSION --as \($0.endpoint)"
                            + ($0.space == "default" ? "" : " --space \($0.space)"))
                }
        } catch {
            let failure = Failure(error)
            return [.problem("endpoints", failure.message, failure.hint ?? "see the server's own output")]
        }
    }
}
