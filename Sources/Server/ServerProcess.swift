import Foundation
import Glibc
import Logging
import Processes
import Runtimes
import Synchronization

/// The process that serves: wiring, start order, drain, signals. Either the supervisor's child or, with
/// `--no-supervisor`, the whole server.
package struct ServerProcess: Sendable {
    /// The hidden subcommand of this binary that runs the child: CONFIGURATION(JSON) PORT GRPC-PORT.
    package static let subcommand = "serve-child"

    /// The hidden subcommand of this binary that first opens a pushed model.
    package static let checkerSubcommand = "model-checker"

    /// The checker's entry. `arguments` are what follows the subcommand. Returns the exit code.
    package static func runChecker(arguments: [String]) -> Int32 { ModelCheckerProcess.run(arguments: arguments) }

    /// The hidden subcommand of this binary that runs one endpoint's model.
    package static let workerSubcommand = "model-worker"

    /// The worker's entry. `arguments` are what follows the subcommand. Returns the exit code.
    package static func runWorker(arguments: [String]) -> Int32 { ModelWorkerProcess.run(arguments: arguments) }

    /// The hidden subcommand of this binary that watches one command.
    package static let guardSubcommand = RunGuard.subcommand

    /// The guard's entry. `arguments` are what follows the subcommand. Returns the exit code.
    package static func runGuard(arguments: [String]) -> Int32 { RunGuard.run(arguments: arguments) }

    let configuration: ServerConfiguration
    let sockets: ListeningSockets
    /// `nil` where nobody supervises.
    let lifeline: Lifeline?

    /// The child's entry. `arguments` are what follows the subcommand. Returns the exit code.
    package static func runChild(arguments: [String]) -> Int32 {
        guard arguments.count == 3, let port = Int(arguments[1]), let grpcPort = Int(arguments[2]),
            let configuration = try? JSONDecoder().decode(ServerConfiguration.self, from: Data(arguments[0].utf8))
        else {
            FileHandle.standardError.write(Data("slipway: \(subcommand) is for `slipway serve` itself\n".utf8))
            return 64
        }
        let sockets = ListeningSockets(
            inheritedFrom: ChildProcess.lifelineDescriptor + 1, port: port, grpcPort: grpcPort)
        return ServerProcess(
            configuration: configuration, sockets: sockets,
            lifeline: Lifeline(descriptor: ChildProcess.lifelineDescriptor)
        ).run()
    }

    /// Serves until told to stop. Returns the exit code: 0 after a drain, 78 when what it was told cannot work.
    func run() -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        MemoryBound.apply()
        DescriptorBound.raise()
        let log = ServerLog(
            level: configuration.logLevel, format: LogFormat(rawValue: configuration.logFormat) ?? .text)
        let stop = StopRequest()
        lifeline?.whenParentDies { stop.request() }

        let result = ExitCode()
        Task {
            let code = await serve(log: log.logger, stop: stop)
            result.set(code)
        }
        let code = result.wait()
        // Runs that never end keep their threads; nothing is left that they could hold up.
        fflush(nil)
        _exit(code)
    }

    private func serve(log: Logger, stop: StopRequest) async -> Int32 {
        let running = Mutex<RunningServer?>(nil)
        let reload: @Sendable () -> Void = { running.withLock { $0 }?.reloadCertificate() }
        // Before the start, which may take a while: a signal during it is heard too.
        let signals = ProcessSignals([
            SIGTERM: { if !stop.request() { _exit(1) } },
            SIGINT: { if !stop.request() { _exit(1) } },
            SIGHUP: reload,
        ])
        let server: RunningServer
        do {
            server = try await RunningServer.start(configuration, sockets: sockets, logger: log)
        } catch {
            FileHandle.standardError.write(Data("slipway: \(error)\n".utf8))
            return 78
        }
        running.withLock { $0 = server }
        server.announce()
        await stop.whenRequested()
        await server.drain()
        withExtendedLifetime(signals) {}
        return 0
    }
}

/// The exit code of the process, once there is one.
private final class ExitCode: @unchecked Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    // Written once, before the signal.
    private var code: Int32 = 0

    func set(_ code: Int32) {
        self.code = code
        semaphore.signal()
    }

    func wait() -> Int32 {
        semaphore.wait()
        return code
    }
}
