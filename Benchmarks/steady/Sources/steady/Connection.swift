import Glibc

/// A keep-alive connection with one request under way at most.
struct Connection {
    let descriptor: Int32
    /// When what is under way was sent.
    var sent: UInt64 = 0
    /// Of the last answer, once its head is there.
    private(set) var status = 0
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

    /// Of the whole answer, once its head is there. Reads bytes, not strings: whoever measures shares the machine with what
    /// is measured.
    private mutating func answerLength() -> Int? {
        var line = 0
        var length: Int?
        var index = 0
        while index + 1 < received.count {
            guard received[index] == 13, received[index + 1] == 10 else {
                index += 1
                continue
            }
            if index == line {
                guard let length, status > 0 else { fail("an answer without a length") }
                return index + 2 + length
            }
            if line == 0 {
                status = number(in: 9..<12)
            } else if isLength(line) {
                length = number(in: line + 15..<index)
            }
            index += 2
            line = index
        }
        return nil
    }

    private func isLength(_ start: Int) -> Bool {
        let name: StaticString = "content-length:"
        guard start + name.utf8CodeUnitCount <= received.count else { return false }
        return (0..<name.utf8CodeUnitCount).allSatisfy { received[start + $0] | 0x20 == name.utf8Start[$0] | 0x20 }
    }

    private func number(in range: Range<Int>) -> Int {
        var number = 0
        for byte in received[range] where byte != UInt8(ascii: " ") {
            guard (48...57).contains(byte), number < 1 << 40 else { fail("an answer that is none") }
            number = 10 * number + Int(byte - 48)
        }
        return number
    }
}
