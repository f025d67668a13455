import Foundation
import Processes
import Testing

/// A folder that goes when the test has ended.
final class TestPlace: Sendable {
    let path = NSTemporaryDirectory() + "slipway-runs-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// With real processes: the guard is this package's own binary.
@Suite struct RunProcessTests {
    private let place: TestPlace
    private var folder: String { place.path }

    init() throws { place = try TestPlace() }

    /// The slipway binary: named by the environment, or built beside the tests.
    private static var program: String {
        if let named = ProcessInfo.processInfo.environment["SLIPWAY_BINARY"] { return named }
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("slipway").path
    }

    private func process(
        _ script: String, _ limits: (inout ProcessLimits) -> Void = { _ in }, environment: [String] = []
    ) -> RunProcess {
        var bounds = ProcessLimits()
        limits(&bounds)
        return RunProcess(
            RunProcess.Order(
                command: ["/bin/sh", "-c", script], folder: folder,
                environment: ["PATH=/usr/bin:/bin"] + environment, limits: bounds, log: folder + "/log",
                program: Self.program))
    }

    private func ending(_ process: RunProcess) async -> RunEnding {
        await withCheckedContinuation { done in Thread { done.resume(returning: process.run()) }.start() }
    }

    private var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }

    @Test func `a command's exit code and all it says are kept`() async {
        #expect(await ending(process("echo out; echo err >&2; exit 3")) == .exited(3))
        #expect(log == "out\nerr\n")
        #expect(await ending(process("kill -9 $$")) == .signalled(9))
    }

    @Test func `a command sees its environment, its folder and no descriptor of ours`() async {
        let script = "pwd; env | grep -v ^_= | sort; ls /proc/self/fd | wc -l; cat"
        #expect(await ending(process(script, environment: ["SLIPWAY_RUN=7"])) == .exited(0))
        let lines = log.split(separator: "\n").map(String.init)
        #expect(lines.first.map { ($0 as NSString).lastPathComponent } == (folder as NSString).lastPathComponent)
        #expect(lines.contains("SLIPWAY_RUN=7"))
        #expect(!lines.contains { $0.hasPrefix("HOME=") })
        // Standard input, output, error, and the folder that is being listed.
        #expect(lines.last == "4")
    }

    @Test func `a command that is not there says so`() async {
        let order = RunProcess.Order(
            command: ["no-such-program"], folder: folder, environment: ["PATH=/usr/bin"], limits: ProcessLimits(),
            log: folder + "/log", program: Self.program)
        #expect(await ending(RunProcess(order)) == .notStarted(Int(ENOENT)))
        var elsewhere = order
        elsewhere.folder = folder + "/none"
        #expect(await ending(RunProcess(elsewhere)) == .notStarted(Int(ENOENT)))
    }

    @Test func `too much memory ends all of it`() async {
        let script = "python3 -c 'import time; x = bytearray(200 << 20); time.sleep(60)'"
        #expect(await ending(process(script) { $0.memoryBytes = 120 << 20 }) == .outOfMemory)
    }

    @Test func `too long a log ends all of it, and is cut`() async throws {
        #expect(await ending(process("yes") { $0.logBytes = 1 << 20 }) == .talkedTooMuch)
        let size = try #require(FileManager.default.attributesOfItem(atPath: folder + "/log")[.size] as? Int)
        #expect((1 << 20...(1 << 20) + 200).contains(size))
    }

    @Test func `too many processes end all of it`() async {
        let script = "for i in 1 2 3 4 5 6 7 8; do sleep 60 & done; wait"
        #expect(await ending(process(script) { $0.processes = 4 }) == .tooManyProcesses)
    }

    @Test func `a file that grows too large is not written further`() async throws {
        let script = "dd if=/dev/zero of=\(folder)/large bs=1M count=8"
        #expect(await ending(process(script) { $0.fileBytes = 2 << 20 }) != .exited(0))
        let size = try #require(FileManager.default.attributesOfItem(atPath: folder + "/large")[.size] as? Int)
        #expect(size <= 2 << 20)
    }

    @Test(arguments: [
        "i=0; while :; do i=$((i+1)); dd if=/dev/zero of=FOLDER/f$i bs=1M count=1; done",
        // Removed, and open still.
        "exec 9>FOLDER/gone; rm FOLDER/gone; dd if=/dev/zero bs=1M count=64 >&9; sleep 60",
        "while :; do mkdir d && cd d || exit 1; done",
    ])
    func `a disk that fills up ends all of it`(script: String) async {
        let disk = ProcessLimits.Disk(folder: folder, bytes: 16 << 20)
        let process = process(script.replacing("FOLDER", with: folder)) { $0.disk = disk }
        #expect(await ending(process) == .outOfDisk)
    }

    @Test func `a command that multiplies is ended with all that it became`() async {
        let script = "while :; do setsid sleep 100 & sleep 0.01; done"
        #expect(
            await ending(process(script, { $0.processes = 40 }, environment: ["BOMB=\(folder)"])) == .tooManyProcesses)
        let check = process("grep -lsz BOMB=\(folder) /proc/[0-9]*/environ; true")
        #expect(await ending(check) == .exited(0))
        #expect(!log.contains("/proc/"), "\(log)")
    }

    @Test func `nothing outlives a command, whatever group and session it fled to`() async {
        let script =
            "setsid sh -c 'echo $$ > \(folder)/fled; sleep 100' & sleep 100 & echo $! > \(folder)/left; "
            + "while [ ! -s \(folder)/fled ]; do sleep 0.01; done"
        #expect(await ending(process(script)) == .exited(0))
        for name in ["fled", "left"] {
            let text = (try? String(contentsOfFile: folder + "/" + name, encoding: .utf8)) ?? ""
            let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
            #expect(pid > 0)
            #expect(kill(pid, 0) != 0)
        }
    }

    @Test func `a run that is cancelled may say a last word`() async {
        let process = process("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done")
        async let result = ending(process)
        while !log.contains("up") { await Task.yield() }
        process.cancel()
        #expect(await result == .cancelled)
        #expect(log.contains("bye"))
    }

    @Test func `a run that its server abandons ends at once`() async {
        let process = process("trap '' TERM; echo up; while :; do sleep 0.05; done")
        async let result = ending(process)
        while !log.contains("up") { await Task.yield() }
        process.abandon()
        #expect(await result == .serverEnded)
    }

    @Test func `a run that is cancelled before its start does not start`() async {
        let process = process("touch \(folder)/started")
        process.cancel()
        #expect(await ending(process) == .cancelled)
        #expect(!FileManager.default.fileExists(atPath: folder + "/started"))
    }
}
