import Glibc

/// A keep-alive connection with one request under way at most.
struct Connection {
    let descriptor: Int32
    /// When what is under way was sent.
    var sent: UInt64 = 0
    private var received: [UInt8] = []
    /// Bytes of the whole answer, once its head is there.
    private var length: Int?

    init(port: UInt16) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
        }
        guard descriptor >= 0, isConnected else { fail("nobody listens on port \(port)") }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    mutating func send(_ request: [UInt8], at moment: UInt64) {
        sent = moment
        received.removeAll(keepingCapacity: true)
        length = nil
        guard write(descriptor, request, request.count) == request.count else { fail("a request was not taken whole") }
    }

    /// Takes what has come; whether the whole answer is there.
    mutating func take(with piece: inout [UInt8]) -> Bool {
        let count = read(descriptor, &piece, piece.count)
        if count < 0, errno == EAGAIN { return false }
        guard count > 0 else { fail("a connection ended without an answer") }
        received += piece[..<count]
        if length == nil { length = answerLength() }
        return length.map { received.count >= $0 } ?? false
    }

    private func answerLength() -> Int? {
        guard let end = received.indices.dropLast(3).first(where: { received[$0...].starts(with: [13, 10, 13, 10]) })
        else { return nil }
        let lines = String(decoding: received[..<end], as: UTF8.self).lowercased().split(separator: "\r\n")
        guard lines.first?.split(separator: " ").dropFirst().first == "200" else {
            fail("an answer that is none: \(lines.first ?? "")")
        }
        let field = lines.first { $0.hasPrefix("content-length:") }
        guard let length = field.flatMap({ Int($0.dropFirst(15).drop { $0 == " " }) }) else {
            fail("an answer without a length")
        }
        return end + 4 + length
    }
}
