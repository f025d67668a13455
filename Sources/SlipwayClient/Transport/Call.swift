import NIOCore
import NIOHTTP1

/// One request as the transport sees it, before it knows where the server is.
struct Call: Sendable {
    enum Body: Sendable {
        case none
        case bytes(ByteBuffer, type: String)
        /// Bytes in several places, sent one after the other.
        case parts([ByteBuffer], type: String)
        /// Bytes that are read again from the start on every attempt.
        case file(FileBody)
    }

    var method: HTTPMethod
    /// From the root, encoded.
    var path: String
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body: Body = .none
    /// Whether making it twice does no more than making it once. What is not is made again only where the server surely
    /// did nothing yet.
    var isRepeatable: Bool
    /// For each attempt until its answer begins; `nil` waits as long as bytes flow.
    var timeout: TimeAmount? = .seconds(30)
    /// For all attempts, the pauses between them and the answer's last byte.
    var deadline: Duration?
    /// Most bytes of an answer that are taken into memory.
    var answerLimit = 256 << 20
    /// What the server is asked to do, after "to": `list the models`.
    var operation: String

    /// The path and the query.
    var target: String {
        guard !query.isEmpty else { return path }
        return path + "?"
            + query.map { "\($0.name)=\(ServerAddress.encode($0.value))" }.joined(separator: "&")
    }

    static func get(_ path: String, _ operation: String) -> Call {
        Call(method: .GET, path: path, isRepeatable: true, operation: operation)
    }

    /// A change; the key, made once here and sent on every attempt, makes it repeatable.
    static func change(_ method: HTTPMethod, _ path: String, _ operation: String) -> Call {
        Call(
            method: method, path: path, headers: [("idempotency-key", IdempotencyKey.make())], isRepeatable: true,
            timeout: .minutes(15), operation: operation)
    }
}

struct Answer: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: ByteBuffer
}

enum IdempotencyKey {
    /// 128 random bits in hexadecimal.
    static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(random.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
