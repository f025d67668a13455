import Foundation
import InferenceProtobuf
import NIOCore

/// The compiled files of `proto/`, found by name and by what they define.
struct DescriptorFiles: Sendable {
    struct File: Sendable {
        let name: String
        /// The names of the files that it imports.
        let imports: [String]
        /// The serialised `FileDescriptorProto`.
        let bytes: ByteBuffer
    }

    private var files: [String: File] = [:]
    /// The file of each message, field, enum, value, service and method, by full name.
    private var symbols: [String: String] = [:]

    /// The files of this server.
    static let own: DescriptorFiles = {
        let data = Data(base64Encoded: Descriptors.base64, options: .ignoreUnknownCharacters) ?? Data()
        // The tests see to it that these bytes are what they should be.
        return (try? DescriptorFiles(ByteBuffer(bytes: data))) ?? DescriptorFiles()
    }()

    private init() {}

    /// Reads a serialised `FileDescriptorSet`.
    init(_ set: ByteBuffer) throws {
        for file in try ProtobufMessage(set).messages(1) { try add(file) }
    }

    /// The file and all those that it imports, itself first; `nil` when there is none of that name.
    func withImports(_ name: String) -> [File]? {
        guard let file = files[name] else { return nil }
        var found = [file]
        var next = 0
        while next < found.count {
            for name in found[next].imports where !found.contains(where: { $0.name == name }) {
                if let file = files[name] { found.append(file) }
            }
            next += 1
        }
        return found
    }

    /// The same for the file that defines `symbol`.
    func defining(_ symbol: String) -> [File]? { symbols[symbol].flatMap(withImports) }

    private mutating func add(_ file: ProtobufMessage) throws {
        let name = try file.string(1)
        let package = try file.string(2)
        files[name] = File(name: name, imports: try file.strings(3), bytes: file.bytes)
        for message in try file.messages(4) { try addMessage(message, in: package, of: name) }
        for kind in try file.messages(5) { try addEnum(kind, in: package, of: name) }
        for service in try file.messages(6) {
            try addParts(of: service, in: try define(service, in: package, of: name), of: name)
        }
    }

    private mutating func addMessage(_ message: ProtobufMessage, in scope: String, of file: String) throws {
        let name = try define(message, in: scope, of: file)
        try addParts(of: message, in: name, of: file)
        for nested in try message.messages(3) { try addMessage(nested, in: name, of: file) }
        for kind in try message.messages(4) { try addEnum(kind, in: name, of: file) }
    }

    /// The values of an enum are named beside it, not in it.
    private mutating func addEnum(_ kind: ProtobufMessage, in scope: String, of file: String) throws {
        _ = try define(kind, in: scope, of: file)
        try addParts(of: kind, in: scope, of: file)
    }

    /// Fields, values and methods: all of them field 2 of what has them.
    private mutating func addParts(of whole: ProtobufMessage, in scope: String, of file: String) throws {
        for part in try whole.messages(2) { _ = try define(part, in: scope, of: file) }
    }

    /// Every descriptor has its name in field 1.
    private mutating func define(_ descriptor: ProtobufMessage, in scope: String, of file: String) throws -> String {
        let name = scope + "." + (try descriptor.string(1))
        symbols[name] = file
        return name
    }
}
