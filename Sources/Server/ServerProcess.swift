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

    /// The exit code of a server that cannot start, or cannot bring back what is committed.
    static let cannotStart: Int32 = 78

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

    /// Serves until told to stop. Returns the exit code: 0 after a drain, 78 when what it was told, or what is committed,
    /// cannot work.
    func run() -> Int32 {
        // Before any other thread exists. A supervisor's child has them blocked already.
        ProcessSignals.block()
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
        let certificate = CertificateReload()
        // Before the start, which may take a while: a signal during it is heard too.
        ProcessSignals.listen { number in
            switch number {
            case SIGHUP: certificate.request()
            default: if !stop.request() { _exit(1) }
            }
        }
        let server: RunningServer
        do {
            server = try await RunningServer.start(configuration, sockets: sockets, stop: stop, logger: log)
        } catch {
            Self.complain(error)
            return Self.cannotStart
        }
        certificate.serve(server)
        if server.failure == nil { server.announce() }
        await stop.whenRequested()
        let failure = server.failure
        if let failure { Self.complain(failure) }
        await server.drain()
        return failure == nil ? 0 : Self.cannotStart
    }

    private static func complain(_ error: any Error) {
        FileHandle.standardError.write(Data("slipway: \(error)\n".utf8))
    }
}

/// Has the certificate read again. What is asked for before the server is there is done once it is: it may have read the
/// old one already.
private final class CertificateReload: Sendable {
    private struct State {
        var server: RunningServer?
        var isWanted = false
    }

    private let state = Mutex(State())

    func request() {
        let server = state.withLock { state in
            if state.server == nil { state.isWanted = true }
            return state.server
        }
        server?.reloadCertificate()
    }

    func serve(_ server: RunningServer) {
        let isWanted = state.withLock { state in
            state.server = server
            return state.isWanted
        }
        if isWanted { server.reloadCertificate() }
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
