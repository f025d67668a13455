import CLinux
import Glibc

/// The requests of one run, and what became of them.
struct Load {
    /// In a flood requests leave, and answers are looked for, so many nanoseconds apart: to be woken for each would take as
    /// much of the processors as it takes the server to refuse it.
    private static let tick: UInt64 = 2_000_000

    private let port: UInt16
    private let request: [UInt8]
    private let rate: Double
    private let poll: Int32
    private var connections: [Connection] = []
    private var free: [Int] = []
    private var generator = SystemRandomNumberGenerator()
    private var piece = [UInt8](repeating: 0, count: 1 << 16)
    private var events = [epoll_event](repeating: epoll_event(), count: 256)
    /// By status: nanoseconds from sending to the whole answer.
    private var times: [Int: [UInt64]] = [:]
    /// Requests that were due while every connection had one under way; they were sent later.
    private var crowded = 0
    /// Requests that left more than 10 ms after they were due.
    private var late = 0
    /// Requests that left when they count.
    private var sent = 0

    init(port: UInt16, request: [UInt8], connections count: Int, rate: Double) {
        self.port = port
        self.request = request
        self.rate = rate
        poll = epoll_create1(0)
        for _ in 0..<count { open() }
    }

    private mutating func open() {
        let connection = Connection(port: port)
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(u64: UInt64(connections.count)))
        epoll_ctl(poll, EPOLL_CTL_ADD, connection.descriptor, &event)
        free.append(connections.count)
        connections.append(connection)
    }

    /// - Parameter warm: Seconds that do not count, of a flood; nil when all is to be answered well.
    mutating func run(seconds: Double, flooding warm: Double?) {
        let start = nanoseconds()
        let end = start &+ UInt64(seconds * 1e9)
        let counted = start &+ UInt64((warm ?? 0) * 1e9)
        var due = start
        var isWaiting = false
        while true {
            let now = nanoseconds()
            if due <= now, due < end {
                if free.isEmpty, warm != nil { open() }
                if let index = free.popLast() {
                    // In a flood the driver may be late; that is no fault of the request.
                    connections[index].send(request, at: isWaiting || warm != nil ? due : nanoseconds())
                    if now >= counted { sent += 1 }
                    if now &- due > 10_000_000 { late += 1 }
                    isWaiting = false
                    due &+= gap()
                    continue
                }
                if !isWaiting { crowded += 1 }
                isWaiting = true
            }
            let isOver = due >= end
            if isOver, free.count == connections.count || (warm != nil && now >= end) { return }
            guard now < end &+ 10_000_000_000 else { fail("answers that never came") }
            if warm != nil {
                pause(until: now &+ Self.tick)
                collect(until: 0, from: counted, any: true)
            } else {
                collect(until: isOver || isWaiting ? now &+ 1_000_000_000 : due, from: counted, any: false)
            }
        }
    }

    /// Until the next request: exponentially distributed, as between independent callers.
    private mutating func gap() -> UInt64 {
        UInt64(-log(Double.random(in: 0x1p-53...1, using: &generator)) / rate * 1e9)
    }

    private func pause(until moment: UInt64) {
        var until = timespec(tv_sec: Int(moment / 1_000_000_000), tv_nsec: Int(moment % 1_000_000_000))
        clock_nanosleep(CLOCK_MONOTONIC, Int32(TIMER_ABSTIME), &until, nil)
    }

    /// Waits for answers until a moment, at most; those before `counted` are not kept.
    private mutating func collect(until moment: UInt64, from counted: UInt64, any: Bool) {
        let now = nanoseconds()
        let wait = moment > now ? moment - now : 0
        var limit = timespec(tv_sec: Int(wait / 1_000_000_000), tv_nsec: Int(wait % 1_000_000_000))
        let count = epoll_pwait2(poll, &events, Int32(events.count), &limit, nil)
        for event in events.prefix(Int(max(0, count))) {
            let index = Int(event.data.u64)
            guard connections[index].take(with: &piece) else { continue }
            let status = connections[index].status
            guard any || status == 200 else { fail("an answer with status \(status)") }
            free.append(index)
            let received = nanoseconds()
            if received >= counted { times[status, default: []].append(received &- connections[index].sent) }
        }
    }

    /// One line of JSON: of the good answers, and of those of each status.
    func summary(seconds: Double) -> String {
        guard !times.isEmpty else { fail("no request was answered") }
        let statuses = times.keys.sorted().map { "\"\($0)\": {\(figures(of: times[$0] ?? [], seconds: seconds))}" }
        return """
            {\(figures(of: times[200] ?? [], seconds: seconds)), "sent": \(sent), "crowded": \(crowded), "late": \(late), \
            "seconds": \(seconds), "statuses": {\(statuses.joined(separator: ", "))}}
            """
    }

    private func figures(of times: [UInt64], seconds: Double) -> String {
        let sorted = times.sorted()
        func microseconds(_ share: Double) -> Double {
            sorted.isEmpty ? 0 : Double(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]) / 1000
        }
        return """
            "requests": \(sorted.count), "rps": \(Double(sorted.count) / seconds), "p50_us": \(microseconds(0.5)), \
            "p90_us": \(microseconds(0.9)), "p99_us": \(microseconds(0.99)), "max_us": \(microseconds(1))
            """
    }
}
