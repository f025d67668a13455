import Foundation
import Journal
import Processes

/// How a run ended, with what that makes of it.
enum RunEnd: Sendable {
    case process(RunEnding)
    /// This server starts no commands.
    case refused
}

extension RetrainingService {
    func end(
        _ number: Int, _ ending: RunEnding, message: String? = nil, principal: Principal = .automation
    ) async throws(ControlError) {
        try await end(number, .process(ending), message: message, principal: principal)
    }

    /// Keeps the end of a run, takes its key away and its rows; then whatever was pushed can go on.
    func end(
        _ number: Int, _ end: RunEnd, message: String? = nil, principal: Principal = .automation
    ) async throws(ControlError) {
        let space = try await store.read { try $0.run(number, space: nil)?.space } ?? ""
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        let committed = try await store.commit(mutation) { transaction in
            guard var run = try transaction.run(number, space: nil), run.state.isOpen else {
                return Change(String?.none, event: nil)
            }
            let verdict = end.verdict(run)
            run.state = verdict.state
            run.endedAt = transaction.moment
            run.exitCode = verdict.exitCode
            run.message = message.flatMap { $0.isEmpty ? nil : $0 } ?? verdict.message
            run.version = try transaction.versions(ofRun: number).last
            if run.state == .succeeded, run.rule.then != nil {
                if run.version != nil {
                    run.followUp.state = .due
                } else {
                    run.followUp.message = "it pushed no new version"
                }
            }
            try transaction.save(run)
            var detail = ["state": run.state.rawValue, "message": run.message]
            detail["exit"] = run.exitCode.map { String($0) }
            detail["version"] = run.version.map { "\(run.model):\($0)" }
            return Change(run.keyID, event: run.event("retraining.finished", detail))
        }
        let folders = folders
        await diskThreads.run { folders.clear(number) }
        if let key = committed.answer {
            do {
                try await outside.keys.revoke(key)
            } catch {
                // It expires soon.
                report("the key of a run that ended could not be revoked", error)
            }
        }
        try await publish()
    }
}

extension RunEnd {
    func verdict(_ run: RetrainingRun) -> (state: RetrainingRun.State, exitCode: Int?, message: String) {
        let limits = run.rule.limits
        switch self {
        case .refused: return (.failed, nil, "this server starts no commands: slipway serve --allow-commands")
        case .process(let ending):
            switch ending {
            case .exited(0): return (.succeeded, 0, "")
            case .exited(let code): return (.failed, code, "it ended with exit code \(code)")
            case .signalled(let signal): return (.failed, nil, "it was ended by signal \(signal)")
            case .notStarted(let code):
                let why = String(cString: strerror(CInt(truncatingIfNeeded: code)))
                return (.failed, nil, "the command could not be started: \(why)")
            case .outOfTime: return (.timedOut, nil, "it took longer than \(limits.minutes) minutes")
            case .outOfMemory:
                return (.failed, nil, "its processes took more than \(limits.memoryMB) MiB of memory together")
            case .outOfDisk: return (.failed, nil, "it wrote more than it may to the disk")
            case .tooManyProcesses: return (.failed, nil, "it had more than \(limits.processes) processes")
            case .talkedTooMuch: return (.failed, nil, "it wrote more than \(limits.logMB) MiB to its log")
            case .cancelled: return (.cancelled, nil, "it was cancelled")
            case .serverEnded: return (.interrupted, nil, "the server ended while it ran")
            case .guardLost: return (.failed, nil, "the process that watched it was killed")
            }
        }
    }
}
