import NIOCore

/// Which other files an ONNX file keeps its weights in.
///
/// Reads the parts of onnx.proto that can name one: graph (7) > initializer (5), node (1) > attribute (5) > tensor (5),
/// tensors (10), graph (6), graphs (11); in a tensor, external_data (13) entries of key (1) and value (2). Everything
/// else is stepped over unread, so that a file of any size costs its headers only. What does not parse is no finding:
/// the server says what is wrong with such a file.
enum ExternalData {
    /// A single file whose weights lie in others would be refused by the server after the upload; say so before.
    static func refuseMissing(in path: String) throws(ClientError) {
        guard path.hasSuffix(".onnx"), let file = try? OpenFile(path) else { return }
        let names = locations(in: file)
        guard let first = names.first else { return }
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let list = names.count == 1 ? first : "\(first) and \(names.count - 1) more"
        throw .file(
            path: path, problem: "keeps its weights in other files (\(list)), which have to come along",
            hint: "put the model and its weights in a folder of their own and push that folder, for example "
                + "\(folder.isEmpty ? "." : folder)")
    }

    static func locations(in file: OpenFile) -> [String] {
        var scan = Scan(file: file)
        do { try scan.message(.model, from: 0, to: file.size, depth: 0) } catch { return [] }
        return scan.names.sorted()
    }

    private struct Malformed: Error {}

    private enum Kind {
        case model, graph, node, attribute, tensor, entry

        /// The message that a field holds, where it is worth reading.
        func field(_ number: UInt64) -> Kind? {
            switch (self, number) {
            case (.model, 7), (.attribute, 6), (.attribute, 11): .graph
            case (.graph, 1): .node
            case (.graph, 5), (.attribute, 5), (.attribute, 10): .tensor
            case (.node, 5): .attribute
            case (.tensor, 13): .entry
            default: nil
            }
        }
    }

    private struct Scan {
        let file: OpenFile
        var names: Set<String> = []
        private var steps = 0
        private var window: [UInt8] = []
        private var windowStart = 0
        private static let deepest = 64
        private static let mostNames = 1_000
        /// More than a graph of a hundred thousand nodes has: no file keeps a person waiting.
        private static let mostFields = 4_000_000

        init(file: OpenFile) { self.file = file }

        mutating func message(_ kind: Kind, from start: Int, to end: Int, depth: Int) throws {
            guard depth < Self.deepest, names.count < Self.mostNames else { throw Malformed() }
            var (at, key) = (start, "")
            while at < end {
                let tag = try varint(&at, end)
                steps += 1
                guard tag >> 3 > 0, steps < Self.mostFields else { throw Malformed() }
                switch tag & 7 {
                case 0: _ = try varint(&at, end)
                case 1: at += 8
                case 5: at += 4
                case 2:
                    let length = try varint(&at, end)
                    guard length <= UInt64(end - at) else { throw Malformed() }
                    let stop = at + Int(length)
                    if kind == .entry {
                        if tag >> 3 == 1 { key = try text(at, stop) }
                        if tag >> 3 == 2, key == "location" { names.insert(try text(at, stop)) }
                    } else if let inner = kind.field(tag >> 3) {
                        try message(inner, from: at, to: stop, depth: depth + 1)
                    }
                    at = stop
                default: throw Malformed()
                }
            }
            guard at == end else { throw Malformed() }
        }

        private mutating func varint(_ at: inout Int, _ end: Int) throws -> UInt64 {
            var (value, shift): (UInt64, UInt64) = (0, 0)
            while at < end, shift < 64 {
                let byte = try byte(at)
                at += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            throw Malformed()
        }

        private mutating func text(_ start: Int, _ end: Int) throws -> String {
            guard end - start <= 4096 else { throw Malformed() }
            var bytes: [UInt8] = []
            for at in start..<end { bytes.append(try byte(at)) }
            return String(decoding: bytes, as: UTF8.self)
        }

        private mutating func byte(_ at: Int) throws -> UInt8 {
            if at < windowStart || at >= windowStart + window.count {
                window = Array(try file.read(at: at, count: 4096).readableBytesView)
                windowStart = at
            }
            guard at - windowStart < window.count else { throw Malformed() }
            return window[at - windowStart]
        }
    }
}
