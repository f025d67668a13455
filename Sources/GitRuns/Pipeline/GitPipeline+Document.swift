package import Documents
package import Journal

/// The pipeline as a document: `docs/reference/git-runs.md` describes each member.
extension GitPipeline {
    /// Commands of one step, and bytes of each, at most.
    private static let mostCommands = 32
    private static let longestCommand = 4096

    /// - Throws: `invalid` that names the member, what was expected and what came.
    package static func read(_ document: DocumentValue, at path: String = "pipeline") throws(ControlError)
        -> GitPipeline
    {
        var fields = try DocumentFields(document, at: path)
        var pipeline = GitPipeline()
        if let value = fields.value("model") { pipeline.model = try Model(value, at: fields.place("model")) }
        for item in try fields.list("data") ?? [] {
            pipeline.data.append(try DataFile(item, at: "\(fields.place("data"))[\(pipeline.data.count)]"))
        }
        pipeline.validate = try commands("validate", &fields)
        pipeline.build = try commands("build", &fields)
        pipeline.test = try commands("test", &fields)
        pipeline.promote = try spaces(&fields)
        if let value = fields.value("deploy") {
            pipeline.deploy = try Deployment(value, at: fields.place("deploy"), model: pipeline.model)
        }
        if let value = fields.value("limits") { pipeline.limits = try GitRunLimits(value, at: fields.place("limits")) }
        try fields.finish()
        guard pipeline.model != nil || pipeline.promote.isEmpty && pipeline.deploy == nil else {
            throw fields.refusal(
                "model", "is missing", hint: "what is promoted and deployed: {name: NAME, file: PATH}")
        }
        guard !pipeline.steps.isEmpty else {
            throw ControlError(
                .invalid, "'\(path)' asks for nothing", field: path,
                hint: "a model to push, data to push, or commands to run")
        }
        return pipeline
    }

    private static func commands(_ name: String, _ fields: inout DocumentFields) throws(ControlError) -> [String] {
        let texts = try fields.texts(name, atMost: mostCommands) ?? []
        for (index, text) in texts.enumerated() {
            let isBlank = text.allSatisfy(\.isWhitespace)
            guard !isBlank, text.utf8.count <= longestCommand, !text.utf8.contains(0) else {
                throw fields.refusal(
                    "\(name)[\(index)]", isBlank ? "is empty" : "is too long, or has a zero in it",
                    hint: "a command for /bin/sh of at most \(longestCommand) bytes")
            }
        }
        return texts
    }

    private static func spaces(_ fields: inout DocumentFields) throws(ControlError) -> [String] {
        let names = try fields.texts("promote", atMost: 16) ?? []
        for (index, name) in names.enumerated() {
            try Name.validate(name, field: "\(fields.place("promote"))[\(index)]")
            guard !names[..<index].contains(name) else {
                throw fields.refusal("promote[\(index)]", "is '\(name)' a second time")
            }
        }
        return names
    }
}

extension GitPipeline.Model {
    fileprivate init(_ value: DocumentValue, at path: String) throws(ControlError) {
        var fields = try DocumentFields(value, at: path)
        let name = try fields.required("name")
        try Name.validate(name, field: fields.place("name"))
        self.init(name: name, file: try PipelinePath.check(try fields.required("file"), field: fields.place("file")))
        metrics = try PipelinePath.read("metrics", &fields)
        reference = try PipelinePath.read("reference", &fields)
        golden = try PipelinePath.read("golden", &fields)
        dataSet = try fields.text("dataSet")
        try fields.finish()
    }
}

extension GitPipeline.DataFile {
    fileprivate init(_ value: DocumentValue, at path: String) throws(ControlError) {
        var fields = try DocumentFields(value, at: path)
        let name = try fields.required("name")
        try Name.validate(name, field: fields.place("name"))
        self.init(name: name, file: try PipelinePath.check(try fields.required("file"), field: fields.place("file")))
        space = try fields.text("space")
        if let space { try Name.validate(space, field: fields.place("space")) }
        try fields.finish()
    }
}

extension GitPipeline.Deployment {
    fileprivate init(
        _ value: DocumentValue, at path: String, model: GitPipeline.Model?
    ) throws(ControlError) {
        var fields = try DocumentFields(value, at: path)
        let space = try fields.required("space")
        try Name.validate(space, field: fields.place("space"))
        guard let endpoint = try fields.text("as") ?? model?.name else { throw fields.refusal("as", "is missing") }
        try Name.validate(endpoint, field: fields.place("as"))
        self.init(space: space, endpoint: endpoint)
        if let value = fields.value("rollout") {
            guard case .mapping(let members) = value else {
                throw DocumentFields.wrong(fields.place("rollout"), "a mapping of names to values", value)
            }
            guard members["to"] == nil, members["variants"] == nil else {
                throw fields.refusal("rollout", "names a version", hint: "it is about what the run pushes")
            }
            rollout = value
        }
        try fields.finish()
    }
}

extension GitRunLimits {
    fileprivate init(_ value: DocumentValue, at path: String) throws(ControlError) {
        self.init()
        var fields = try DocumentFields(value, at: path)
        if let time = try fields.duration("time", in: 1...86_400) { seconds = time }
        if let bytes = try fields.size("memory", in: 16_000_000...(1 << 44)) { memoryBytes = bytes }
        if let bytes = try fields.size("disk", in: 1_000_000...(1 << 44)) { diskBytes = bytes }
        if let count = try fields.whole("processes", in: 1...10_000) { processes = count }
        try fields.finish()
    }
}

extension DocumentFields {
    /// `2GB`, `512MB`, `1GiB`, or bytes as a bare number.
    fileprivate mutating func size(_ name: String, in range: ClosedRange<Int>) throws(ControlError) -> Int? {
        guard let value = value(name) else { return nil }
        let bytes: Int? =
            switch value {
            case .whole(let number): number
            case .text(let text): Self.bytes(text)
            default: nil
            }
        guard let bytes else { throw refusal(name, "is no size", hint: "as 512MB, 2GB or 1GiB") }
        guard range.contains(bytes) else {
            throw refusal(
                name, "is \(bytes) bytes", hint: "from \(range.lowerBound) to \(range.upperBound) bytes")
        }
        return bytes
    }

    private static func bytes(_ text: String) -> Int? {
        let units = [
            ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("kB", 1000), ("KB", 1000),
            ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
        ]
        guard let (unit, factor) = units.first(where: { text.hasSuffix($0.0) }),
            let count = Int(text.dropLast(unit.count).filter { $0 != " " }), count >= 0
        else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
        return overflow ? nil : bytes
    }
}
