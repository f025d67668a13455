import Gateway
import Governance
import Hummingbird
import Journal
import ManagementAPI
import Registry

extension ManagementInterface {
    func dataSets(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let list = try await services.dataSets.list(space: call.space, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(DataSetInfo.init), next: list.next))
    }

    func dataSetVersions(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let list = try await services.dataSets.versions(of: call.name, space: call.space, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(DataSetInfo.init), next: list.next))
    }

    func dataSetVersion(_ call: ManagementRequest) async throws -> Response {
        let version = try await services.dataSets.version(
            call.name, number: try call.versionNumber(), space: call.space)
        return try .json(DataSetInfo(version))
    }

    func pushDataSet(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(DataSetPushRequest.self, schema: "DataSetPushRequest")
        let outcome = try await services.dataSets.push(
            name: order.name, space: call.space, format: DataSetFormat(order.format), sha256: order.sha256,
            size: order.size, schema: order.schema.map(DataSetSchema.init), principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(
            DataSetPushResponse(dataSet: DataSetInfo(outcome.version), isNew: outcome.isNew),
            status: outcome.isNew ? .created : .ok)
    }

    func dataSetRules(_ call: ManagementRequest) async throws -> Response {
        let found = try await DataRuleInference(dataSets: services.dataSets).rule(
            for: call.name, version: try call.versionNumber(), space: call.space)
        return try .json(DataRules(found.rule, of: found.of))
    }
}

extension DataSetInfo {
    init(_ version: DataSetVersion) {
        self.init(
            name: version.name, version: version.number, space: version.space,
            format: DataFileFormat(version.format), sha256: version.sha256, size: version.size,
            rows: version.rowCount,
            schema: DataSchema(
                columns: version.schema.columns.map {
                    DataColumn(name: $0.name, type: DataColumnType($0.type), allowsMissing: $0.allowsMissing)
                }),
            createdAt: version.createdAt.description, createdBy: version.createdBy)
    }
}

extension DataRules {
    init(_ rule: DataRule, of version: DataSetVersion) {
        self.init(
            dataset: version.label,
            columns: (rule.columns ?? []).map { column in
                DataColumnRule(
                    name: column.name, type: column.type.map { DataColumnType($0) }, min: column.min, max: column.max,
                    maxMissingShare: column.maxMissingShare, allowed: column.allowed)
            },
            onlyTheseColumns: rule.onlyTheseColumns, minRows: rule.minRows, maxRows: rule.maxRows,
            maxDuplicateShare: rule.maxDuplicateShare)
    }
}

extension DataSetSchema {
    init(_ schema: DataSchema) {
        self.init(
            columns: schema.columns.map {
                DataSetColumn(name: $0.name, type: ColumnType($0.type), allowsMissing: $0.allowsMissing)
            })
    }
}

extension DataSetFormat {
    init(_ format: DataFileFormat) {
        switch format {
        case .csv: self = .csv
        case .jsonl: self = .jsonl
        }
    }
}

extension DataFileFormat {
    init(_ format: DataSetFormat) {
        switch format {
        case .csv: self = .csv
        case .jsonl: self = .jsonl
        }
    }
}

extension ColumnType {
    init(_ type: DataColumnType) {
        switch type {
        case .number: self = .number
        case .integer: self = .integer
        case .text: self = .text
        case .boolean: self = .boolean
        }
    }
}

extension DataColumnType {
    init(_ type: ColumnType) {
        switch type {
        case .number: self = .number
        case .integer: self = .integer
        case .text: self = .text
        case .boolean: self = .boolean
        }
    }
}
