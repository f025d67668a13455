/// Where a text stops being JSON, in line and column, which the decoder does not tell.
struct JSONFault: Sendable, Hashable {
    var line: Int
    var column: Int
    /// `expected a value`, `expected ',' or ']'`.
    var problem: String

    /// The first fault, or `nil` where the text is JSON as far as this looks (RFC 8259, without the insides of escapes
    /// and numbers).
    static func find(in bytes: [UInt8]) -> JSONFault? {
        var scan = Scan(bytes: bytes)
        do {
            try scan.value(depth: 0)
            scan.skipBlanks()
            return scan.at == bytes.count ? nil : fault(bytes, scan.at, "expected the end")
        } catch let error as Scan.Stop {
            return fault(bytes, scan.at, error.problem)
        } catch {
            return nil
        }
    }

    private static func fault(_ bytes: [UInt8], _ at: Int, _ problem: String) -> JSONFault {
        let before = bytes.prefix(at)
        let newline = UInt8(ascii: "\n")
        let column = at - (before.lastIndex(of: newline) ?? -1)
        let end = at >= bytes.count ? ", but the text ends" : ""
        return JSONFault(line: before.count { $0 == newline } + 1, column: column, problem: problem + end)
    }

    private struct Scan {
        struct Stop: Error { let problem: String }

        let bytes: [UInt8]
        var at = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

        mutating func skipBlanks() {
            while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { at += 1 }
        }

        mutating func value(depth: Int) throws {
            guard depth < 512 else { throw Stop(problem: "more than 512 arrays and objects in each other") }
            skipBlanks()
            switch next {
            case UInt8(ascii: "["):
                try members(until: UInt8(ascii: "]"), depth: depth) { try $0.value(depth: depth + 1) }
            case UInt8(ascii: "{"):
                try members(until: UInt8(ascii: "}"), depth: depth) { scan in
                    scan.skipBlanks()
                    guard scan.next == UInt8(ascii: "\"") else { throw Stop(problem: "expected a name in \"quotes\"") }
                    try scan.string()
                    scan.skipBlanks()
                    guard scan.next == UInt8(ascii: ":") else { throw Stop(problem: "expected ':'") }
                    scan.at += 1
                    try scan.value(depth: depth + 1)
                }
            case UInt8(ascii: "\""): try string()
            default: try word()
            }
        }

        private mutating func members(until end: UInt8, depth: Int, _ one: (inout Scan) throws -> Void) throws {
            at += 1
            skipBlanks()
            if next == end { return at += 1 }
            while true {
                try one(&self)
                skipBlanks()
                if next == end { return at += 1 }
                guard next == UInt8(ascii: ",") else {
                    throw Stop(problem: "expected ',' or '\(Character(UnicodeScalar(end)))'")
                }
                at += 1
            }
        }

        private mutating func string() throws {
            at += 1
            while let byte = next, byte != UInt8(ascii: "\"") {
                guard byte >= 0x20 else { throw Stop(problem: "a control character in a string") }
                at += byte == UInt8(ascii: "\\") ? 2 : 1
            }
            guard at < bytes.count else { throw Stop(problem: "expected a quote to close the string") }
            at += 1
        }

        private mutating func word() throws {
            let start = at
            while let byte = next, ![0x20, 0x09, 0x0A, 0x0D].contains(byte), !Array(",:]}[{\"".utf8).contains(byte) {
                at += 1
            }
            let text = String(decoding: bytes[start..<at], as: UTF8.self)
            let isNumber = text.first.map { $0.isNumber || $0 == "-" } == true && Double(text)?.isFinite == true
            guard isNumber || ["true", "false", "null"].contains(text) else {
                at = start
                throw Stop(problem: "expected a value")
            }
        }
    }
}
