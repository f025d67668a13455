import Documents
import Foundation
import Journal
import Processes
import Synchronization

/// The steps that are processes: the clone, and the pipeline's commands.
extension GitRunService {
    /// Fetches the commit, looks at what is in it before it becomes files and after, and reads what it asks for.
    func clone(_ run: GitRun) async throws(ControlError) -> GitRunEvent {
        let address = try GitAddress(run.repository.url)
        try address.requireAllowed(by: settings.allow)
        let (folders, number) = (folders, run.number)
        try await diskThreads.run { () throws(ControlError) in
            try folders.begin(number)
            let path = folders.answer(number, GitScript.configurationFile)
            guard FileManager.default.createFile(atPath: path, contents: Data(GitScript.configuration.utf8)) else {
                throw ControlError(.storageFull, "the run's folder cannot be written to")
            }
        }
        let wanted = run.commit
        var environment = GitScript.environment(
            scheme: address.scheme, configuration: folders.answer(number, GitScript.configurationFile))
        environment.merge(settings.environment) { own, _ in own }
        let words = ["sh", "-c", GitScript.fetch, "git", run.repository.url, wanted == nil ? "name" : "commit"]
        let what = wanted.map { "commit \($0.prefix(12))" } ?? "branch or tag '\(run.ref)'"
        if let event = await gitFailure(
            words + [wanted ?? run.ref], environment, run, appends: false,
            "the \(what) could not be fetched from \(run.repository.url)")
        {
            return event
        }
        let commit = try await diskThreads.run { () throws(ControlError) in
            let commit = try folders.readCommit(number)
            let tree = GitRunFolder.read(folders.answer(number, GitScript.treeFile), atMost: 64 << 20)
            guard let tree else { throw ControlError(.refused, "the commit has more files than can be listed") }
            _ = try TreeListing(output: tree, mostBytes: GitRunLimits.ofClone.diskBytes)
            return commit
        }
        if let event = await gitFailure(
            ["sh", "-c", GitScript.checkOut], environment, run, appends: true, "the commit could not be checked out")
        {
            return event
        }
        let pipeline = try await diskThreads.run { () throws(ControlError) in
            let checkout = try Checkout.inspect(
                folders.checkout(number), mostBytes: GitRunLimits.ofClone.diskBytes)
            let pipeline = try PipelineFile.read(in: checkout.root)
            // Before a command stumbles over one and says something else.
            try checkout.refusePointers(among: pipeline.files)
            return pipeline
        }
        try check(pipeline, of: run.repository)
        return .cloned(commit, pipeline)
    }

    /// What git printed last, where it did not succeed.
    private func gitFailure(
        _ words: [String], _ environment: [String: String], _ run: GitRun, appends: Bool, _ what: String
    ) async -> GitRunEvent? {
        let ending = await start(words, .clone, of: run, environment, limits: .ofClone, appends: appends)
        switch ending {
        case .exited(0): return nil
        case .exited(127): return .failed("\(what): there is no git on the server: install it")
        case .exited:
            let folders = folders
            let said = await diskThreads.run { folders.lastWords(run.number, .clone) }
            return .failed(said.map { "\(what): \($0)" } ?? what)
        default: return Self.event(of: ending, "git", .ofClone)
        }
    }

    /// The spaces that it acts in are the repository's to reach; what it would fail at in the end it fails at now.
    private func check(_ pipeline: GitPipeline, of repository: GitRepository) throws(ControlError) {
        for (space, member) in pipeline.spaces() where !repository.reaches(space) {
            let all = Set(repository.into + [space]).sorted().map { "--into \($0)" }.joined(separator: " ")
            throw ControlError(
                .refused,
                "'pipeline.\(member)' is '\(space)', and the repository '\(repository.name)' may not act there",
                field: "pipeline.\(member)",
                hint: "who may deploy there adds it anew: `slipway repository add \(repository.name) --url "
                    + "\(repository.url) \(all)`")
        }
        guard let rollout = pipeline.deploy?.rollout else { return }
        do { try delivery.check(rollout: rollout) } catch {
            throw error.within("pipeline.deploy.rollout")
        }
    }

    // MARK: - Commands

    func carryOutCommands(_ kind: RunStep.Kind, of run: GitRun) async -> GitRunEvent {
        guard let pipeline = run.life.pipeline else { return .failed("the pipeline is not known") }
        let deadline = SystemCalls.monotonic &+ UInt64(pipeline.limits.seconds) &* 1_000_000_000
        for (index, command) in pipeline.commands(of: kind).enumerated() {
            var limits = pipeline.limits
            let now = SystemCalls.monotonic
            guard now < deadline else { return Self.event(of: .outOfTime, command, limits) }
            limits.seconds = max(1, Int((deadline &- now) / 1_000_000_000))
            let folders = folders
            await diskThreads.run { folders.write("$ \(command)\n", run.number, kind, appends: index > 0) }
            let ending = await start(
                ["/bin/sh", "-c", command], kind, of: run, environment(of: run), limits: limits, appends: true)
            guard ending != .exited(0) else { continue }
            let event = Self.event(of: ending, command, pipeline.limits)
            guard case .exited = ending, case .failed(let words, let evidence) = event,
                let said = await diskThreads.run({ folders.lastWords(run.number, kind) })
            else { return event }
            return .failed("\(words): \(said)", evidence: evidence)
        }
        let count = pipeline.commands(of: kind).count
        return .succeeded(count == 1 ? "1 command ended well" : "\(count) commands ended well")
    }

    /// No address and no key of the server's: what is pushed is pushed by the server itself.
    private func environment(of run: GitRun) -> [String: String] {
        var environment = ["CI": "true", "PYTHONUNBUFFERED": "1"]
        environment["SLIPWAY_COMMIT"] = run.commit
        environment["SLIPWAY_REF"] = run.ref
        environment["SLIPWAY_REPOSITORY"] = run.repository.name
        environment["SLIPWAY_SPACE"] = run.space
        return environment
    }

    private func start(
        _ words: [String], _ kind: RunStep.Kind, of run: GitRun, _ own: [String: String], limits: GitRunLimits,
        appends: Bool
    ) async -> RunEnding {
        let number = run.number
        var environment: [String: String] = [:]
        for name in ["PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"] {
            environment[name] = commands.environment[name]
        }
        environment["HOME"] = folders.home(number)
        environment["TMPDIR"] = folders.temporary(number)
        environment["ORT_DISABLE_TELEMETRY"] = "1"
        environment["MLFLOW_DISABLE_TELEMETRY"] = "true"
        environment["DO_NOT_TRACK"] = "true"
        environment.merge(own) { _, own in own }
        // What a killed server's processes are known by.
        environment["SLIPWAY_GIT_RUN"] = String(number)
        environment["SLIPWAY_CHECKOUT"] = folders.checkout(number)
        var order = RunProcess.Order(
            command: words, folder: folders.checkout(number),
            environment: environment.map { "\($0.key)=\($0.value)" }.sorted(),
            limits: limits.guarding(folders.folder(number)), log: folders.log(number, kind), program: commands.program,
            programArguments: commands.programArguments)
        order.appends = appends
        let process = RunProcess(order)
        active.withLock { $0[number]?.process = process }
        if cancelled.withLock({ $0[number] != nil }) { process.cancel() }
        if isStopping.withLock({ $0 }) { process.abandon() }
        return await threads.run { process.run() }
    }

    private static func event(of ending: RunEnding, _ command: String, _ limits: GitRunLimits) -> GitRunEvent {
        let shown = "`\(Name.excerpt(of: command, limit: 120))`"
        let evidence = ["command": command]
        switch ending {
        case .exited(let code):
            return .failed(
                "\(shown) ended with exit code \(code)", evidence: ["command": command, "exit": String(code)])
        case .signalled(let signal): return .failed("\(shown) was ended by signal \(signal)", evidence: evidence)
        case .notStarted(let code):
            return .failed(
                "\(shown) could not be started: \(String(cString: strerror(CInt(truncatingIfNeeded: code))))",
                evidence: evidence)
        case .outOfTime:
            return .failed("\(shown) was stopped: the step has \(limits.seconds) s (limits.time)", evidence: evidence)
        case .outOfMemory:
            return .failed(
                "\(shown) was stopped: its processes took more than \(limits.memoryBytes) bytes of memory (limits.memory)",
                evidence: evidence)
        case .outOfDisk:
            return .failed(
                "\(shown) was stopped: the run has more than \(limits.diskBytes) bytes on disk (limits.disk)",
                evidence: evidence)
        case .tooManyProcesses:
            return .failed(
                "\(shown) was stopped: it had more than \(limits.processes) processes (limits.processes)",
                evidence: evidence)
        case .talkedTooMuch:
            return .failed(
                "\(shown) was stopped: it wrote more than \(GitRunLimits.logBytes >> 20) MiB to its log",
                evidence: evidence)
        case .cancelled: return .cancelled("it was cancelled")
        case .serverEnded: return .serverEnded(orderly: true)
        case .guardLost: return .failed("the process that watched \(shown) was killed", evidence: evidence)
        }
    }
}

extension GitRunFolder {
    /// What `GitScript.fetch` wrote of the commit.
    fileprivate func readCommit(_ run: Int) throws(ControlError) -> GitCommit {
        let text = Self.read(answer(run, GitScript.commitFile), atMost: 64 << 10).map {
            String(decoding: $0, as: UTF8.self)
        }
        let lines = (text ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 3, GitReference.isCommit(String(lines[0])) else {
            throw ControlError(.internalFailure, "git told of the commit in a form that is not known")
        }
        return GitCommit(
            id: String(lines[0]), author: Name.excerpt(of: String(lines[1]), limit: 200),
            subject: Name.excerpt(of: String(lines[2]), limit: 200))
    }

    /// Begins or goes on with a log; what cannot be written is left out.
    fileprivate func write(_ text: String, _ run: Int, _ kind: RunStep.Kind, appends: Bool) {
        let path = log(run, kind)
        if !appends || !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        guard let file = FileHandle(forWritingAtPath: path) else { return }
        defer { try? file.close() }
        _ = try? file.seekToEnd()
        try? file.write(contentsOf: Data(text.utf8))
    }
}
