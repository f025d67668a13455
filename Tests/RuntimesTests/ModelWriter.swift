/// Writes protobuf messages, so that tests can make ONNX models, and things that only look like them, in memory.
struct Message {
    var bytes: [UInt8] = []

    static func varint(_ value: UInt64) -> [UInt8] {
        var value = value
        var bytes: [UInt8] = []
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        return bytes + [UInt8(truncatingIfNeeded: value)]
    }

    mutating func number(_ field: UInt64, _ value: Int) {
        bytes += Self.varint(field << 3) + Self.varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func bytes(_ field: UInt64, _ value: [UInt8]) {
        bytes += Self.varint(field << 3 | 2) + Self.varint(UInt64(value.count)) + value
    }

    mutating func text(_ field: UInt64, _ value: String) { bytes(field, Array(value.utf8)) }
    mutating func message(_ field: UInt64, _ value: Message) { bytes(field, value.bytes) }

    static func make(_ body: (inout Message) -> Void) -> Message {
        var message = Message()
        body(&message)
        return message
    }
}

/// ONNX's messages, as far as tests need them. Field numbers are those of `onnx.proto3`.
enum ONNX {
    /// A dimension: a number, a name, or neither.
    enum Size: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
        case fixed(Int)
        case named(String)
        case open
        init(integerLiteral value: Int) { self = .fixed(value) }
        init(stringLiteral value: String) { self = .named(value) }
    }

    static let float = 1
    static let int64 = 7
    static let string = 8
    static let bool = 9

    /// A named tensor value; no `shape` leaves out even the number of dimensions.
    static func value(_ name: String, _ type: Int, _ shape: [Size]?) -> Message {
        .make { value in
            value.text(1, name)
            value.message(2, .make { $0.message(1, tensorType(type, shape)) })
        }
    }

    static func tensorType(_ type: Int, _ shape: [Size]?) -> Message {
        .make { tensor in
            tensor.number(1, type)
            guard let shape else { return }
            tensor.message(
                2,
                .make { list in
                    for size in shape {
                        list.message(
                            1,
                            .make {
                                switch size {
                                case .fixed(let size): $0.number(1, size)
                                case .named(let name): $0.text(2, name)
                                case .open: break
                                }
                            })
                    }
                })
        }
    }

    static func node(_ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [Message] = []) -> Message {
        .make { node in
            for input in inputs { node.text(1, input) }
            for output in outputs { node.text(2, output) }
            node.text(4, type)
            for attribute in attributes { node.message(5, attribute) }
        }
    }

    static func attribute(_ name: String, graph: Message) -> Message {
        .make {
            $0.text(1, name)
            $0.message(6, graph)
            $0.number(20, 5)
        }
    }

    static func attribute(_ name: String, number: Int) -> Message {
        .make {
            $0.text(1, name)
            $0.number(3, number)
            $0.number(20, 2)
        }
    }

    static func tensor(_ name: String, _ type: Int, _ sizes: [Int], raw: [UInt8]) -> Message {
        .make {
            for size in sizes { $0.number(1, size) }
            $0.number(2, type)
            $0.text(8, name)
            $0.bytes(9, raw)
        }
    }

    static func external(_ name: String, _ sizes: [Int], _ entries: [(String, String)]) -> Message {
        .make { tensor in
            for size in sizes { tensor.number(1, size) }
            tensor.number(2, float)
            tensor.text(8, name)
            for (key, value) in entries {
                tensor.message(
                    13,
                    .make {
                        $0.text(1, key)
                        $0.text(2, value)
                    })
            }
            tensor.number(14, 1)
        }
    }

    static func graph(
        _ name: String, nodes: [Message], inputs: [Message], outputs: [Message], initializers: [Message] = []
    ) -> Message {
        .make { graph in
            for node in nodes { graph.message(1, node) }
            graph.text(2, name)
            for tensor in initializers { graph.message(5, tensor) }
            for input in inputs { graph.message(11, input) }
            for output in outputs { graph.message(12, output) }
        }
    }

    static func model(_ graph: Message, opset: Int = 20) -> Message {
        .make { model in
            model.number(1, 9)
            model.text(2, "slipway-tests")
            model.text(3, "1.2")
            model.message(7, graph)
            model.message(8, .make { $0.number(2, opset) })
            model.message(
                14,
                .make {
                    $0.text(1, "owner")
                    $0.text(2, "us")
                })
        }
    }
}
