import CLinux
import Glibc

/// steady PORT RATE SECONDS REQUEST [CONNECTIONS [WARM]]: sends the HTTP request in the file REQUEST at moments that chance
/// deals out, RATE a second on average, as many independent callers would; prints one line of JSON. Ends with 1 on any
/// answer but a good one.
///
/// With WARM, the server is to be asked for more than it can do: any status is an answer, a request for which no connection
/// is free opens one, nothing is waited for at the end, and what comes in the first WARM seconds does not count.
@main
struct Steady {
    static func main() {
        let words = CommandLine.arguments.dropFirst()
        guard words.count >= 4, let port = UInt16(words[1]), let rate = Double(words[2]), rate > 0,
            let seconds = Double(words[3]), let request = contents(of: words[4]),
            let connections = words.count > 4 ? Int(words[5]) : 64, connections > 0
        else { fail("usage: steady PORT RATE SECONDS REQUEST [CONNECTIONS [WARM]]") }
        let warm = words.count > 5 ? Double(words[6]) : nil
        // Else the kernel lets a sleeper sleep 50 microseconds longer.
        _ = set_timer_slack(1)
        var load = Load(port: port, request: request, connections: connections, rate: rate)
        load.run(seconds: seconds, flooding: warm)
        print(load.summary(seconds: seconds - (warm ?? 0)))
    }

    private static func contents(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
        return bytes
    }
}

func fail(_ why: String) -> Never {
    let line = "steady: \(why)\n"
    write(STDERR_FILENO, line, line.utf8.count)
    exit(1)
}

/// Of the monotonic clock.
func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}
