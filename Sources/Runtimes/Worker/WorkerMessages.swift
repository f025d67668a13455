import CWorkerMemory
import FoundationEssentials
import Glibc
import Tensors

/// What the worker tells the server once: the model it has loaded, or why it has not.
struct WorkerReport: Codable, Sendable {
    var load: CheckerReport
    /// The threads of its slots, by number.
    var threads: [Int32]

    /// Parts of a report that are sent one by one: a message has to fit the socket's buffer.
    private static let partBytes = 32 << 10
    /// More than any description takes.
    static let longest = 64 << 20

    /// Sends it, and an empty line as its end; blocks while the server does not read. False when nobody does any more.
    func send(over socket: CInt) -> Bool {
        guard let bytes = try? JSONEncoder().encode(self) else { return false }
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(Self.partBytes))
            guard
                part.withUnsafeBytes({ Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) })
                    == part.count
            else { return false }
            rest = rest.dropFirst(part.count)
        }
        var end: UInt8 = 0x0a
        return Glibc.send(socket, &end, 1, CInt(MSG_NOSIGNAL)) == 1
    }

    init(load: CheckerReport, threads: [Int32]) {
        self.load = load
        self.threads = threads
    }

    /// `nil` when the bytes are no report.
    init?(_ bytes: [UInt8]) {
        guard let report = try? JSONDecoder().decode(WorkerReport.self, from: Data(bytes)) else { return nil }
        self = report
    }
}

/// What the server tells a worker beside the words in shared memory.
enum WorkerOrder {
    /// A slot's new area; its descriptor comes with the message.
    case area(slot: Int, generation: UInt32, byteCount: Int)
    /// The run with this number is not wanted any more.
    case stop(slot: Int, number: UInt32)

    private static let byteCount = 24

    /// False when the socket is gone or full.
    func send(over socket: CInt, descriptor: CInt = -1) -> Bool {
        var words = [UInt64](repeating: 0, count: 3)
        switch self {
        case .area(let slot, let generation, let bytes):
            words = [1 << 32 | UInt64(UInt32(truncatingIfNeeded: slot)), UInt64(generation), UInt64(max(0, bytes))]
        case .stop(let slot, let number):
            words = [2 << 32 | UInt64(UInt32(truncatingIfNeeded: slot)), UInt64(number), 0]
        }
        return WorkerSend(socket, &words, Self.byteCount, descriptor)
    }

    /// The next order, and the descriptor that came with it; blocks. `nil` when the server is gone.
    static func receive(from socket: CInt) -> (order: WorkerOrder, descriptor: CInt)? {
        var words = [UInt64](repeating: 0, count: 3)
        var descriptor: CInt = -1
        guard WorkerReceive(socket, &words, byteCount, &descriptor) == byteCount else { return nil }
        let slot = Int(UInt32(truncatingIfNeeded: words[0]))
        let number = UInt32(truncatingIfNeeded: words[1])
        switch words[0] >> 32 {
        case 1: return (.area(slot: slot, generation: number, byteCount: Int(clamping: words[2])), descriptor)
        case 2: return (.stop(slot: slot, number: number), descriptor)
        default: return nil
        }
    }
}
