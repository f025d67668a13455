import Tensors

/// Walks the messages of an ONNX file once. Field numbers are those of `onnx.proto3` in the ONNX repository.
struct ONNXFileReader: ~Copyable {
    typealias Extent = ProtobufFields.Extent

    private var fields: ProtobufFields
    private let file: String
    private var result = ONNXFile()
    private var external: [ExternalData] = []
    private var hasGraph = false
    private var metadataBytes = 0

    /// A graph, a node and an attribute count one each: 30 graphs inside one another, where real models have 3 or 4.
    private static let deepest = 90
    /// Longer texts (a tokenizer in the metadata, say) are cut, since descriptions are listed and stored.
    private static let longestText = 64 * 1024
    private static let mostMetadataBytes = 1 << 20
    private static let controlFlow: Set<String> = ["Loop", "Scan", "If", "SequenceMap"]

    init(fields: consuming ProtobufFields, file: String) {
        self.fields = fields
        self.file = file
    }

    mutating func read() throws(ModelLoadError) -> (file: ONNXFile, external: [ExternalData]) {
        do throws(ProtobufError) {
            try model(fields.whole)
        } catch {
            throw refusal(error)
        }
        guard hasGraph, !result.opsets.isEmpty else { throw refusal(nil) }
        return (result, external)
    }

    // MARK: - Messages

    private mutating func model(_ extent: Extent) throws(ProtobufError) {
        var message = extent
        while let field = try fields.next(&message) {
            switch (field.number, field.value) {
            case (1, .number(let version)): result.irVersion = Int(clamping: version)
            case (2, .extent(let extent)): result.producer = try text(extent)
            case (3, .extent(let extent)): result.producerVersion = try text(extent)
            case (6, .extent(let extent)): result.documentation = try text(extent)
            case (7, .extent(let extent)):
                hasGraph = true
                try graph(extent, depth: 0, isMain: true)
            case (8, .extent(let extent)): try opset(extent)
            case (14, .extent(let extent)):
                let (key, value) = try entry(extent)
                metadataBytes += key.utf8.count + value.utf8.count
                if metadataBytes <= Self.mostMetadataBytes { result.customMetadata[key] = value }
            case (20, .extent(let extent)): try trainingInfo(extent)
            case (25, .extent(let extent)): try function(extent)
            case (1, _), (2, _), (3, _), (6, _), (7, _), (8, _), (14, _), (20, _), (25, _):
                throw .malformed(offset: message.start)
            default: break
            }
        }
    }

    private mutating func opset(_ extent: Extent) throws(ProtobufError) {
        var message = extent
        var domain = ""
        var version = 0
        while let field = try fields.next(&message) {
            switch (field.number, field.value) {
            case (1, .extent(let extent)): domain = try text(extent)
            case (2, .number(let number)): version = Int(clamping: number)
            default: break
            }
        }
        result.opsets[domain.isEmpty ? "ai.onnx" : domain] = version
    }

    private mutating func trainingInfo(_ extent: Extent) throws(ProtobufError) {
        var message = extent
        while let field = try fields.next(&message) {
            if case (1...2, .extent(let extent)) = (field.number, field.value) { try graph(extent, depth: 1) }
        }
    }

    private mutating func function(_ extent: Extent) throws(ProtobufError) {
        var message = extent
        while let field = try fields.next(&message) {
            switch (field.number, field.value) {
            case (7, .extent(let extent)): try node(extent, depth: 1)
            case (11, .extent(let extent)): try attribute(extent, depth: 1)
            default: break
            }
        }
    }

    private mutating func graph(_ extent: Extent, depth: Int, isMain: Bool = false) throws(ProtobufError) {
        guard depth < Self.deepest else { throw .tooDeep }
        var message = extent
        while let field = try fields.next(&message) {
            switch (field.number, field.value) {
            case (1, .extent(let extent)): try node(extent, depth: depth + 1)
            case (2, .extent(let extent)): if isMain { result.graphName = try text(extent) }
            case (5, .extent(let extent)): try tensor(extent)
            case (10, .extent(let extent)):
                if isMain && result.documentation.isEmpty { result.documentation = try text(extent) }
            case (11, .extent(let extent)): if isMain { result.inputs.append(try declaredValue(extent)) }
            case (12, .extent(let extent)): if isMain { result.outputs.append(try declaredValue(extent)) }
            case (15, .extent(let extent)): try sparseTensor(extent)
            default: break
            }
        }
    }

    private mutating func node(_ extent: Extent, depth: Int) throws(ProtobufError) {
        guard depth < Self.deepest else { throw .tooDeep }
        var message = extent
        while let field = try fields.next(&message) {
            switch (field.number, field.value) {
            case (4, .extent(let extent)):
                if Self.controlFlow.contains(try text(extent)) { result.hasControlFlow = true }
            case (5, .extent(let extent)): try attribute(extent, depth: depth + 1)
            default: break
            }
        }
    }

    private mutating func attribute(_ extent: Extent, depth: Int) throws(ProtobufError) {
        guard depth < Self.deepest else { throw .tooDeep }
        var message = extent
        while let field = try fields.next(&message) {
            switch (field.number, field.value) {
            case (5, .extent(let extent)), (10, .extent(let extent)): try tensor(extent)
            case (6, .extent(let extent)), (11, .extent(let extent)):
                // A node with a graph inside runs it as often as it likes, whatever its name is.
                result.hasControlFlow = true
                try graph(extent, depth: depth + 1)
            case (22, .extent(let extent)), (23, .extent(let extent)): try sparseTensor(extent)
            default: break
            }
        }
    }

    private mutating func sparseTensor(_ extent: Extent) throws(ProtobufError) {
        var message = extent
        while let field = try fields.next(&message) {
            if case (1...2, .extent(let extent)) = (field.number, field.value) { try tensor(extent) }
        }
    }

    private mutating func tensor(_ extent: Extent) throws(ProtobufError) {
        var message = extent
        var name = ""
        var entries: [(key: String, value: String)] = []
        while let field = try fields.next(&message) {
            switch (field.number, field.value) {
            case (8, .extent(let extent)): name = try text(extent)
            case (13, .extent(let extent)): entries.append(try entry(extent))
            default: break
            }
        }
        if !entries.isEmpty { external.append(ExternalData(tensor: name, entries: entries)) }
    }

    // MARK: - Declarations and texts

    private mutating func declaredValue(_ extent: Extent) throws(ProtobufError) -> ONNXFile.DeclaredValue {
        var message = extent
        var value = ONNXFile.DeclaredValue()
        while let field = try fields.next(&message) {
            switch (field.number, field.value) {
            case (1, .extent(let extent)): value.name = try text(extent)
            case (2, .extent(let extent)): value.shape = try shape(ofType: extent)
            default: break
            }
        }
        return value
    }

    private mutating func shape(ofType extent: Extent) throws(ProtobufError) -> [Dimension]? {
        var type = extent
        while let field = try fields.next(&type) {
            guard case (1, .extent(var tensor)) = (field.number, field.value) else { continue }
            while let field = try fields.next(&tensor) {
                guard case (2, .extent(var shape)) = (field.number, field.value) else { continue }
                var dimensions: [Dimension] = []
                while let field = try fields.next(&shape) {
                    if case (1, .extent(let extent)) = (field.number, field.value) {
                        dimensions.append(try dimension(extent))
                    }
                }
                return dimensions
            }
        }
        return nil
    }

    private mutating func dimension(_ extent: Extent) throws(ProtobufError) -> Dimension {
        var message = extent
        while let field = try fields.next(&message) {
            switch (field.number, field.value) {
            case (1, .number(let size)):
                if let size = Int(exactly: size) { return .fixed(size) }
            case (2, .extent(let extent)) where extent.count > 0: return .symbolic(try text(extent))
            default: break
            }
        }
        return .unknown
    }

    private mutating func entry(_ extent: Extent) throws(ProtobufError) -> (key: String, value: String) {
        var message = extent
        var key = ""
        var value = ""
        while let field = try fields.next(&message) {
            switch (field.number, field.value) {
            case (1, .extent(let extent)): key = try text(extent)
            case (2, .extent(let extent)): value = try text(extent)
            default: break
            }
        }
        return (key, value)
    }

    private mutating func text(_ extent: Extent) throws(ProtobufError) -> String {
        let text = String(decoding: try fields.bytes(extent, limit: Self.longestText), as: UTF8.self)
        return extent.count > Self.longestText ? text + "… (cut; \(extent.count) bytes in the file)" : text
    }

    // MARK: - Refusals

    /// What to say about a file that is not an ONNX model, or was one.
    private mutating func refusal(_ error: ProtobufError?) -> ModelLoadError {
        if case .file(let error)? = error { return error.loadError(file: file) }
        let start = (try? fields.bytes(fields.whole, limit: 64 * 1024)) ?? []
        if let kind = FileKind.recognise(start, name: file) {
            return ModelLoadError(.invalidModel, "\(file) is not an ONNX model: it \(kind)")
        }
        // A model says its format version first, and everything that writes ONNX writes it first.
        let began = result.irVersion > 0 && start.first == 0x08
        let what =
            switch error {
            case .truncated(let offset, let claimed, let left) where began:
                "\(file) is cut short or damaged: at byte \(offset) it announces \(claimed) bytes, and \(left) are left"
            case .tooDeep: "\(file) has graphs inside graphs more than \(Self.deepest / 3) deep"
            case .malformed(let offset) where began: "\(file) is damaged: what stands before byte \(offset) is not ONNX"
            case nil where began && !hasGraph:
                "\(file) begins like an ONNX model, but holds no graph; it may be cut short"
            case nil where began:
                "\(file) begins like an ONNX model, but does not say which operator sets it uses; it may be cut short"
            default: "\(file) is not an ONNX model, nor any other format that slipway recognises"
            }
        return ModelLoadError(.invalidModel, what)
    }
}
