import Journal

/// What is kept of a push of a data set under its idempotency key.
struct DataSetAnswer: Codable, Sendable {
    let number: Int
    let isNew: Bool
}

/// A push of a data set whose every field was checked, with the rules that the database decides.
struct DataSetPush: Sendable {
    let name: String
    let space: String
    let format: DataSetFormat
    let sha256: String
    let size: Int
    let schema: DataSetSchema?

    init(
        name: String, space: String, format: DataSetFormat, sha256: String, size: Int, schema: DataSetSchema?
    ) throws(ControlError) {
        try Name.validate(name, field: "name")
        try Manifest.checkDigest(sha256, field: "sha256")
        guard size >= 0 else { throw ControlError(.invalid, "the size is \(size)", field: "size") }
        guard size <= DataSetLimits.bytes else {
            throw ControlError(
                .tooLarge, "a data set may have at most \(DataSetLimits.bytes) bytes, not \(size)", field: "size",
                hint: "take a sample of its rows")
        }
        try schema?.validate()
        self.name = name
        self.space = space
        self.format = format
        self.sha256 = sha256
        self.size = size
        self.schema = schema
    }

    /// For the hash that an idempotency key is bound to.
    var canonical: [String] {
        var parts = ["dataset.push", space, name, format.rawValue, sha256, String(size)]
        for column in schema?.columns ?? [] {
            parts += [column.name, column.type.rawValue, String(column.allowsMissing)]
        }
        return parts
    }

    /// Throws when this push cannot become a version; returns the version that has these bytes already.
    func admit(_ transaction: any DataSetTransaction) throws -> DataSetAnswer? {
        guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
        guard let held = try transaction.heldBlobs([sha256], space: space)[sha256] else {
            throw ControlError(
                .invalid, "the bytes of the data set (\(sha256)) have not been uploaded", field: "sha256",
                hint: "upload the blob, then ask for the data set again")
        }
        guard held == size else {
            throw ControlError(.invalid, "the file has \(held) bytes, not \(size)", field: "size")
        }
        guard let known = try transaction.dataSet(name, sha256: sha256, space: space) else { return nil }
        guard known.format == format, schema == nil || schema == known.schema else {
            throw ControlError(
                .conflict, "these bytes are \(known.label) already, with another format or schema",
                field: known.format == format ? "schema" : "format",
                hint: "a version never changes: push under another name")
        }
        return DataSetAnswer(number: known.number, isNew: false)
    }

    /// The unit of work: decides again, since anything may have happened while the file was read.
    func insert(
        rowCount: Int, schema: DataSetSchema, principal: Principal, into transaction: any DataSetTransaction
    ) throws -> Change<DataSetAnswer> {
        if let known = try admit(transaction) { return Change(known, event: nil) }
        let number = try (transaction.latestDataSetNumber(name, space: space) ?? 0) + 1
        try transaction.insertDataSet(
            DataSetDraft(
                name: name, space: space, number: number, format: format, sha256: sha256, size: size,
                rowCount: rowCount, schema: schema),
            by: principal)
        return Change(
            DataSetAnswer(number: number, isNew: true),
            event: AuditDraft(
                action: "dataset.push", subject: "\(name):\(number)",
                detail: [
                    "sha256": sha256, "bytes": String(size), "rows": String(rowCount),
                    "columns": String(schema.columns.count),
                ]))
    }
}
