import Foundation
import Processes
import Serving

/// Runs a command that is told of an alert: in a process group of its own, without anything of ours, for a bounded time.
enum CommandRun {
    /// Seconds until the whole group is killed.
    static let limitSeconds = 30
    /// Bytes of output that are kept; what is beyond is read and thrown away.
    private static let mostOutput = 64 << 10

    struct Ending: Sendable {
        /// The exit code; `nil` where it was killed, or never ran.
        var code: Int?
        var words: String
        var output = ""

        var isSuccess: Bool { code == 0 }
    }

    /// Blocks until it has ended.
    static func run(_ words: [String], input: String, limitSeconds: Int = limitSeconds) -> Ending {
        var toChild: [CInt] = [-1, -1]
        var fromChild: [CInt] = [-1, -1]
        guard pipe(&toChild) == 0 else { return Ending(code: nil, words: "no pipe: \(reason(errno))") }
        guard pipe(&fromChild) == 0 else {
            let code = errno
            for end in toChild { close(end) }
            return Ending(code: nil, words: "no pipe: \(reason(code))")
        }
        for end in toChild + fromChild { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let (pid, code) = start(words, input: toChild[0], output: fromChild[1])
        close(toChild[0])
        close(fromChild[1])
        guard code == 0 else {
            close(toChild[1])
            close(fromChild[0])
            return Ending(code: nil, words: "it cannot be started: \(reason(code))")
        }
        for end in [toChild[1], fromChild[0]] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        return follow(pid, Array(input.utf8), to: toChild[1], from: fromChild[0], limitSeconds)
    }

    /// Nothing of the server's own, which may hold secrets.
    private static let environment: [String] = [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "ORT_DISABLE_TELEMETRY=1",
    ]

    private static func start(_ words: [String], input: CInt, output: CInt) -> (pid: pid_t, code: CInt) {
        var pid: pid_t = 0
        let code = ChildSpawn.start(
            words.first ?? "", words, environment: environment, descriptors: [input, output, output], &pid)
        return (pid, code)
    }

    private static func follow(
        _ pid: pid_t, _ input: [UInt8], to stdin: CInt, from stdout: CInt, _ limitSeconds: Int
    ) -> Ending {
        let deadline = MonotonicClock.nanoseconds() &+ UInt64(limitSeconds) &* 1_000_000_000
        var rest = input[...]
        var open = (input: true, output: true)
        var output: [UInt8] = []
        var isKilled = false
        var status: CInt = 0
        while true {
            if waitpid(pid, &status, WNOHANG) == pid { break }
            if MonotonicClock.nanoseconds() >= deadline, !isKilled {
                isKilled = true
                kill(-pid, SIGKILL)
            }
            if open.input, rest.isEmpty || !write(&rest, to: stdin) {
                close(stdin)
                open.input = false
            }
            var polls = [
                pollfd(fd: open.output ? stdout : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: open.input ? stdin : -1, events: Int16(POLLOUT), revents: 0),
            ]
            _ = poll(&polls, 2, 20)
            if open.output, polls[0].revents != 0 { open.output = drain(stdout, &output) }
        }
        // Children of its own that it left behind.
        kill(-pid, SIGKILL)
        if open.output { _ = drain(stdout, &output) }
        if open.input { close(stdin) }
        close(stdout)
        return ending(status, isKilled, limitSeconds, String(decoding: output, as: UTF8.self))
    }

    /// False once there is nobody to read it.
    private static func write(_ rest: inout ArraySlice<UInt8>, to descriptor: CInt) -> Bool {
        let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        rest = rest.dropFirst(count)
        return true
    }

    /// Reads what there is. False at the end.
    private static func drain(_ descriptor: CInt, _ output: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            if count == 0 { return false }
            output += chunk.prefix(min(count, max(0, mostOutput - output.count)))
        }
    }

    private static func ending(_ status: CInt, _ isKilled: Bool, _ limitSeconds: Int, _ output: String) -> Ending {
        if isKilled { return Ending(code: nil, words: "it ran for more than \(limitSeconds) s", output: output) }
        let signal = status & 0x7F
        if signal != 0 { return Ending(code: nil, words: "it was ended by signal \(signal)", output: output) }
        let code = Int(status >> 8) & 0xFF
        return Ending(code: code, words: code == 0 ? "delivered" : "it ended with code \(code)", output: output)
    }

    private static func reason(_ code: CInt) -> String { String(cString: strerror(code)) }
}
