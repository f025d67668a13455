/// The head of one request, checked as RFC 9113 section 8 asks. The same object stands for every repetition of the same
/// header block, so that what is derived from it can be kept by its identity.
package final class HTTP2RequestHead: Sendable {
    package let method: String
    package let path: String
    /// All lines but the pseudo-headers.
    package let fields: HeaderList
    /// Bytes of DATA that it promises.
    package let contentLength: Int?

    /// `nil` when it is malformed.
    init?(_ list: HeaderList) {
        var method: ArraySlice<UInt8>?
        var path: ArraySlice<UInt8>?
        var scheme: ArraySlice<UInt8>?
        var authority: ArraySlice<UInt8>?
        var fields = HeaderList()
        var length: Int?
        for index in 0..<list.count {
            let (name, value) = (list.name(index), list.value(index))
            guard HeaderSyntax.isValue(value) else { return nil }
            if name.first == UInt8(ascii: ":") {
                // Before all others, and each once.
                guard fields.count == 0 else { return nil }
                if name.equals(":method"), method == nil {
                    method = value
                } else if name.equals(":path"), path == nil {
                    path = value
                } else if name.equals(":scheme"), scheme == nil {
                    scheme = value
                } else if name.equals(":authority"), authority == nil {
                    authority = value
                } else {
                    return nil
                }
                continue
            }
            guard HeaderSyntax.isFieldName(name), !HeaderSyntax.isConnectionSpecific(name, value) else { return nil }
            if name.equals("content-length") {
                guard let number = HeaderSyntax.number(value), length == nil || length == number else { return nil }
                length = number
            }
            fields.append(name + value, nameLength: name.count)
        }
        guard let method, let path, scheme != nil, !method.isEmpty, !path.isEmpty else { return nil }
        self.method = String(decoding: method, as: UTF8.self)
        self.path = String(decoding: path, as: UTF8.self)
        self.fields = fields
        self.contentLength = length
    }
}

/// What names and values of header lines may be.
enum HeaderSyntax {
    /// A name in lower case (RFC 9113 section 8.2.1).
    static func isFieldName(_ name: ArraySlice<UInt8>) -> Bool {
        !name.isEmpty && name.allSatisfy { $0 > 0x20 && $0 < 0x7f && !(0x41...0x5a).contains($0) && $0 != 0x3a }
    }

    static func isValue(_ value: ArraySlice<UInt8>) -> Bool {
        value.allSatisfy { $0 != 0 && $0 != 0x0a && $0 != 0x0d }
    }

    /// Lines that HTTP/2 has no use for (RFC 9113 section 8.2.2).
    static func isConnectionSpecific(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Bool {
        if name.equals("te") { return !value.equals("trailers") }
        return name.equals("connection") || name.equals("keep-alive") || name.equals("proxy-connection")
            || name.equals("transfer-encoding") || name.equals("upgrade")
    }

    static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.count <= 18 else { return nil }
        var number = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            number = number * 10 + Int(digit - 0x30)
        }
        return number
    }

    /// Whether a list may end a stream: nothing that belongs before the body.
    static func areTrailers(_ list: HeaderList) -> Bool {
        (0..<list.count).allSatisfy { isFieldName(list.name($0)) && isValue(list.value($0)) }
    }
}
