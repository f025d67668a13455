import Foundation
import Testing

@testable import Server

@Suite struct CommandRunTests {
    /// As the server does at its start: who is gone does not read what is written to them.
    init() { signal(SIGPIPE, SIG_IGN) }

    @Test func `a command gets its input, and nothing of our environment`() {
        setenv("SLIPWAY_TEST_SECRET", "hush", 1)
        let ending = CommandRun.run(["/bin/sh", "-c", "cat; env; ls /proc/self/fd | wc -l"], input: "hello\n")
        #expect(ending.isSuccess && ending.words == "delivered")
        #expect(ending.output.hasPrefix("hello\n"))
        #expect(!ending.output.contains("SLIPWAY") && ending.output.contains("PATH="))
        // Its three, and the one that `ls` reads by.
        #expect(ending.output.hasSuffix("\n4\n"), "\(ending.output)")
    }

    @Test func `a command hears every signal, whatever is blocked where it is started`() {
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &before)
        ProcessSignals.block()
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let ending = CommandRun.run(["/bin/sh", "-c", "grep -E 'Sig(Blk|Ign)' /proc/self/status"], input: "")
        let masks = ending.output.split(separator: "\n").compactMap { line in
            line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
        }
        // Two signals above 31 are the C library's own.
        #expect(masks.map { $0 & 0x7fff_ffff } == [0, 0], "\(ending.output)")
    }

    @Test func `a command that fails says with what code, one that is not there why`() {
        #expect(CommandRun.run(["/bin/sh", "-c", "exit 3"], input: "x").code == 3)
        let missing = CommandRun.run(["/nowhere/at/all"], input: "x")
        #expect(missing.code == nil && missing.words.contains("cannot be started"))
    }

    @Test func `a command that does not read its input does not hold anybody up`() {
        let ending = CommandRun.run(["/bin/true"], input: String(repeating: "x", count: 1 << 20))
        #expect(ending.isSuccess)
    }

    @Test func `of endless output only the beginning is kept`() {
        let ending = CommandRun.run(["/bin/sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x"], input: "")
        #expect(ending.isSuccess && ending.output.utf8.count == 64 << 10)
    }

    @Test func `at its limit the whole group is killed, and whom it left behind at its end`() throws {
        let folder = NSTemporaryDirectory() + "slipway-command-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func isAlive() throws -> Bool {
            let text = try String(contentsOfFile: folder + "/pid", encoding: .utf8)
            guard let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) else { return false }
            let status = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
            return !status.isEmpty && !status.contains(") Z ")
        }
        func waitUntilGone() throws {
            for _ in 0..<500 where try isAlive() { usleep(10_000) }
            #expect(try !isAlive())
        }
        let child = "sleep 60 & echo $! > \(folder)/pid; "
        let killed = CommandRun.run(["/bin/sh", "-c", child + "sleep 60"], input: "", limitSeconds: 1)
        #expect(killed.code == nil && killed.words.contains("more than 1 s"))
        try waitUntilGone()
        let left = CommandRun.run(["/bin/sh", "-c", child + "exit 0"], input: "")
        #expect(left.isSuccess)
        try waitUntilGone()
    }
}
