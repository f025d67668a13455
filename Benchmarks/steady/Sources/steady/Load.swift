import CLinux
import Glibc

/// The requests of one run, and what became of them.
struct Load {
    private let request: [UInt8]
    private let rate: Double
    private let poll: Int32
    private var connections: [Connection]
    private var free: [Int]
    private var generator = SystemRandomNumberGenerator()
    private var piece = [UInt8](repeating: 0, count: 1 << 16)
    private var events = [epoll_event](repeating: epoll_event(), count: 64)
    /// Nanoseconds from sending to the whole answer.
    private var times: [UInt64] = []
    /// Requests that were due while every connection had one under way; they were sent later.
    private var crowded = 0

    init(port: UInt16, request: [UInt8], connections count: Int, rate: Double) {
        self.request = request
        self.rate = rate
        poll = epoll_create1(0)
        connections = (0..<count).map { _ in Connection(port: port) }
        free = Array(0..<count)
        for (index, connection) in connections.enumerated() {
            var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(u64: UInt64(index)))
            epoll_ctl(poll, EPOLL_CTL_ADD, connection.descriptor, &event)
        }
    }

    mutating func run(seconds: Double) {
        let start = nanoseconds()
        let end = start &+ UInt64(seconds * 1e9)
        var due = start
        var isWaiting = false
        times.reserveCapacity(Int(rate * seconds * 1.2))
        while true {
            let now = nanoseconds()
            if due <= now, due < end {
                if let index = free.popLast() {
                    connections[index].send(request, at: isWaiting ? due : nanoseconds())
                    isWaiting = false
                    due &+= gap()
                    continue
                }
                if !isWaiting { crowded += 1 }
                isWaiting = true
            }
            let isOver = due >= end
            if isOver, free.count == connections.count { return }
            guard now < end &+ 10_000_000_000 else { fail("answers that never came") }
            collect(until: isOver || isWaiting ? now &+ 1_000_000_000 : due, now: now)
        }
    }

    /// Until the next request: exponentially distributed, as between independent callers.
    private mutating func gap() -> UInt64 {
        UInt64(-log(Double.random(in: 0x1p-53...1, using: &generator)) / rate * 1e9)
    }

    private mutating func collect(until moment: UInt64, now: UInt64) {
        let wait = moment > now ? moment - now : 0
        var limit = timespec(tv_sec: Int(wait / 1_000_000_000), tv_nsec: Int(wait % 1_000_000_000))
        let count = epoll_pwait2(poll, &events, Int32(events.count), &limit, nil)
        for event in events.prefix(Int(max(0, count))) {
            let index = Int(event.data.u64)
            guard connections[index].take(with: &piece) else { continue }
            times.append(nanoseconds() &- connections[index].sent)
            free.append(index)
        }
    }

    func summary(seconds: Double) -> String {
        let sorted = times.sorted()
        guard !sorted.isEmpty else { fail("no request was sent") }
        func microseconds(_ share: Double) -> Double {
            Double(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]) / 1000
        }
        return """
            {"requests": \(sorted.count), "rps": \(Double(sorted.count) / seconds), "crowded": \(crowded), \
            "p50_us": \(microseconds(0.5)), "p90_us": \(microseconds(0.9)), "p99_us": \(microseconds(0.99))}
            """
    }
}
