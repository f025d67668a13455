import Gateway
import GitRuns
import Hummingbird
import Identity
import Journal
import ManagementAPI

extension ManagementInterface {
    func repositories(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let list = try await services.gitRuns.repositories(space: call.space, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(RepositoryInfo.init), next: list.next))
    }

    func repository(_ call: ManagementRequest) async throws -> Response {
        try .json(RepositoryInfo(try await services.gitRuns.repository(call.name, space: call.space)))
    }

    /// Runs act in other spaces in nobody's presence: so whoever adds the repository must be one who may deploy there.
    func addRepository(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(RepositoryRequest.self, schema: "RepositoryRequest")
        let draft = try GitRepositoryDraft(
            name: order.name, space: call.space, url: order.url, branch: order.branch ?? "main",
            into: order.into ?? [])
        // What a run does there: a space's policy may have given it to some roles alone.
        for space in [draft.space] + draft.into {
            for permission in [Permission.deploy, .rollout, .rollback] {
                try authorise(call, permission, in: space, field: space == draft.space ? "space" : "into")
            }
        }
        let repository = try await services.gitRuns.add(
            draft, principal: call.principal, idempotencyKey: call.idempotencyKey)
        var info = RepositoryInfo(repository)
        info.secret = try await services.gitHooks.secret(ofNew: repository.name)
        return try .json(info, status: .created)
    }

    private func authorise(
        _ call: ManagementRequest, _ permission: Permission, in space: String, field: String
    ) throws(ControlError) {
        guard call.caller !== Caller.local else { return }
        do {
            try services.access.current.authorise(call.caller, permission, space: space)
        } catch {
            throw ControlError(error.code, error.message, field: field, hint: error.hint)
        }
    }

    /// The leave to act in other spaces was given for the registered branch. Whoever wants another commit run must be one
    /// who may deploy there too.
    private func authorise(_ call: ManagementRequest, ref: String?, of name: String) async throws {
        let repository = try await services.gitRuns.repository(name, space: call.space)
        guard let ref, ref != repository.branch else { return }
        for space in repository.into { try authorise(call, .deploy, in: space, field: "ref") }
    }

    func removeRepository(_ call: ManagementRequest) async throws -> Response {
        try await services.gitRuns.remove(call.name, space: call.space, principal: call.principal)
        return .json(bytes: Array("{}".utf8))
    }

    func pauseRepository(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.optionalDocument(EndRequest.self, schema: "EndRequest")
        let repository = try await services.gitRuns.pause(
            call.name, space: call.space, reason: order?.reason ?? "", principal: call.principal)
        return try .json(RepositoryInfo(repository))
    }

    func resumeRepository(_ call: ManagementRequest) async throws -> Response {
        let repository = try await services.gitRuns.resume(call.name, space: call.space, principal: call.principal)
        return try .json(RepositoryInfo(repository))
    }

    // MARK: - Runs

    func gitRuns(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let filter = GitRunFilter(
            space: call.space, repository: call.request.uri.queryParameters["repository"].map(String.init),
            onlyOpen: try call.flag("open") ?? false)
        let list = try await services.gitRuns.list(filter, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map { info(of: $0) }, next: list.next))
    }

    func gitRun(_ call: ManagementRequest) async throws -> Response {
        try .json(info(of: try await services.gitRuns.show(try call.gitRunNumber(), space: call.space)))
    }

    func startGitRun(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(GitRunRequest.self, schema: "GitRunRequest")
        let reason = order.reason ?? ""
        guard reason.utf8.count <= 4096 else {
            throw ControlError(.invalid, "the reason has \(reason.utf8.count) bytes, at most 4096", field: "reason")
        }
        let run: GitRun
        switch (order.repository, order.repeat) {
        case (nil, let number?):
            guard order.ref == nil else {
                throw ControlError(
                    .invalid, "'ref' stands beside 'repeat'", field: "ref", hint: "a repeated run is of the same commit"
                )
            }
            run = try await services.gitRuns.again(
                number, space: call.space, principal: call.principal, idempotencyKey: call.idempotencyKey)
        case (let name?, nil):
            try await authorise(call, ref: order.ref, of: name)
            let asked = "\(call.principal.id) asked for it"
            run = try await services.gitRuns.start(
                repository: name, space: call.space, ref: order.ref,
                cause: GitRunCause(.request, reason.isEmpty ? asked : "\(asked): \(reason)"),
                principal: call.principal, idempotencyKey: call.idempotencyKey)
        default:
            throw ControlError(
                .invalid, "a run needs a 'repository', or a run to 'repeat'", field: "repository",
                hint: "one of the two")
        }
        return try .json(info(of: run), status: .created)
    }

    func gitRunLog(_ call: ManagementRequest) async throws -> Response {
        let query = call.request.uri.queryParameters
        var bytes = 64 << 10
        if let text = query["bytes"] {
            guard let number = Int(text), (1...(16 << 20)).contains(number) else {
                throw ControlError(
                    .invalid, "bytes must be from 1 to \(16 << 20), got '\(Name.excerpt(of: String(text)))'",
                    field: "bytes")
            }
            bytes = number
        }
        let number = try call.gitRunNumber()
        let log = try await services.gitRuns.log(
            number, space: call.space, step: query["step"].map(String.init), lastBytes: bytes)
        return try .json(GitRunLogInfo(run: number, step: log.step, bytes: log.bytes, text: log.text))
    }

    func cancelGitRun(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.optionalDocument(EndRequest.self, schema: "EndRequest")
        let run = try await services.gitRuns.cancel(
            try call.gitRunNumber(), space: call.space, reason: order?.reason ?? "", principal: call.principal)
        return try .json(info(of: run))
    }

    private func info(of run: GitRun) -> GitRunInfo { GitRunInfo(run, note: services.gitRuns.note(on: run)) }
}

extension ManagementRequest {
    /// The number of a run from Git in the path.
    fileprivate func gitRunNumber() throws(ControlError) -> Int {
        let text = match.version ?? ""
        guard let number = Int(text), number > 0 else {
            throw ControlError(
                .notFound, "there is no run '\(Name.excerpt(of: text))': they are numbered from 1", field: "run")
        }
        return number
    }
}
