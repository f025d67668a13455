import Documents

/// The part of the schema about runs from Git.
enum PipelineSchema {
    private typealias Schema = DeclarationSchema

    static let pipeline: DocumentValue = Schema.object(
        [
            "model": Schema.object(
                [
                    "name": Schema.name("The model that is pushed."),
                    "file": path("A model file, or a folder with it; checked in, or made by a command."),
                    "metrics": path("A JSON file of numbers by name."),
                    "reference": path("Rows that drift is measured against."),
                    "golden": path("Requests with the answers that the version must give."),
                    "dataSet": Schema.text("What it was trained on."),
                ], required: ["name", "file"]),
            "data": Schema.list(
                Schema.object(
                    [
                        "name": Schema.name("The data set's name."), "file": path("A .csv or .jsonl file."),
                        "space": Schema.name("The space that it is pushed to; the repository's own unless given."),
                    ], required: ["name", "file"])),
            "validate": commands("What checks the data."), "build": commands("What makes the model."),
            "test": commands("What tests it."),
            "promote": Schema.array(Schema.name("A space; in this order, as far as gates and approvals allow.")),
            "deploy": Schema.object(
                [
                    "space": Schema.name("Where it answers in the end."),
                    "as": Schema.name("The endpoint; the model's name unless given."), "rollout": Schema.anyObject,
                ], required: ["space"]),
            "limits": Schema.object([
                "time": Schema.duration, "memory": size, "disk": size, "processes": Schema.whole(1...10_000),
            ]),
        ], more: ["description": .text("What a run from Git does with the repository: docs/reference/git-runs.md.")])

    private static let size = Schema.text("A size: 512MB, 2GB, 1GiB, or bytes.")

    private static func commands(_ description: String) -> DocumentValue {
        .mapping([
            "type": .text("array"), "maxItems": .whole(32), "items": Schema.text(), "description": .text(description),
        ])
    }

    private static func path(_ description: String) -> DocumentValue {
        Schema.described(
            ["type": .text("string"), "pattern": .text("^[^/]")], description + " A path in the repository.")
    }
}
