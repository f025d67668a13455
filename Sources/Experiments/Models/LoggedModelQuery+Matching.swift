extension LoggedModelQuery {
    /// Whether a logged model is searched for.
    package func holds(_ model: LoggedModel) -> Bool {
        let asksMetrics = filter.clauses.contains { $0.field.kind == .metric }
        if !dataSets.isEmpty, !asksMetrics, !model.metrics.contains(where: isAbout) { return false }
        return filter.matches { values(of: model, at: $0) }
    }

    /// By the query's order; what that does not tell apart stays as it came.
    package func sorted(_ models: [LoggedModel]) -> [LoggedModel] {
        // From the last order to the first: each keeps what the one after it has done.
        order.reversed().reduce(models) { models, entry in
            [entry.order].sort(models) { model, field in
                guard field.kind == .metric else { return values(of: model, at: field).first }
                return model.metrics.filter { $0.key == field.key && entry.dataSet?.holds(for: $0) ?? true }
                    .max { ($0.timestamp, $0.step) < ($1.timestamp, $1.step) }
                    .map { .number($0.value) }
            }
        }
    }

    private func isAbout(_ point: MetricPoint) -> Bool {
        dataSets.isEmpty || dataSets.contains { $0.holds(for: point) }
    }

    private func values(of model: LoggedModel, at field: SearchField) -> [SearchValue] {
        switch field.kind {
        case .metric:
            return model.metrics.filter { $0.key == field.key && isAbout($0) }.map { .number($0.value) }
        case .parameter: return model.params[field.key].map { [.text($0)] } ?? []
        case .tag: return model.tags[field.key].map { [.text($0)] } ?? []
        case .dataset: return []
        case .attribute: break
        }
        return switch field.key {
        case "name": [.text(model.name)]
        case "model_id": [.text(model.id)]
        case "model_type": model.type.map { [.text($0)] } ?? []
        case "status": [.text(model.status.word)]
        case "source_run_id": model.sourceRun.map { [.text($0)] } ?? []
        case "creation_timestamp": [.number(Double(model.createdAt))]
        case "last_updated_timestamp": [.number(Double(model.updatedAt))]
        default: []
        }
    }
}
