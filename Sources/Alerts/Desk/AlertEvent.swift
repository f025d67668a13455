package import Documents
package import Journal
package import Webhooks

/// What is told of an alert: the same for webhooks, commands and tests of either.
extension CloudEvent {
    /// - Parameters:
    ///   - what: `fired` or `resolved`.
    ///   - id: of the event, unique in the world.
    package init(_ what: String, _ alert: Alert, id: String, at time: Timestamp) {
        var data: [String: DocumentValue] = [
            "alert": .whole(alert.number), "space": .text(alert.space), "endpoint": .text(alert.endpoint),
            "rule": .text(alert.rule), "kind": .text(alert.kind.rawValue), "state": .text(alert.state.rawValue),
            "firedAt": .text(alert.firedAt.description), "summary": .text(alert.evidence.summary),
            "evidence": alert.evidence.value,
        ]
        if let resolvedAt = alert.resolvedAt {
            data["resolvedAt"] = .text(resolvedAt.description)
            data["resolution"] = .text(alert.resolution)
        }
        self.init(
            id: id, source: "/api/v1/spaces/\(alert.space)/deployments/\(alert.endpoint)",
            type: "slipway.alert." + what, subject: "alerts/\(alert.number)", time: time, data: .mapping(data))
    }

    /// What a test of a target sends.
    package init(testOf space: String, by principal: Principal, id: String, at time: Timestamp) {
        self.init(
            id: id, source: "/api/v1/spaces/\(space)", type: "slipway.alert.test", subject: "tests/\(id)", time: time,
            data: .mapping([
                "space": .text(space), "by": .text(principal.id),
                "summary": .text("a test: whoever reads this would be told of alerts"),
            ]))
    }
}

extension AlertEvidence {
    /// As it travels in events.
    package var value: DocumentValue {
        var members: [String: DocumentValue] = [
            "summary": .text(summary),
            "figures": .list(
                figures.map { figure in
                    var members: [String: DocumentValue] = [
                        "name": .text(figure.name), "value": .finite(figure.value), "unit": .text(figure.unit),
                    ]
                    if let bound = figure.bound { members["bound"] = .finite(bound) }
                    return .mapping(members)
                }),
            "links": .list(
                links.map { link in
                    var members: [String: DocumentValue] = ["title": .text(link.title)]
                    if let path = link.path { members["path"] = .text(path) }
                    if let command = link.command { members["command"] = .text(command) }
                    return .mapping(members)
                }),
        ]
        if let windowSeconds { members["windowSeconds"] = .whole(windowSeconds) }
        if let version { members["version"] = .whole(version) }
        return .mapping(members)
    }

    /// With the places where there is more to see.
    func linked(_ kind: AlertKind, space: String, endpoint: String, hasLedger: Bool) -> AlertEvidence {
        let path = "/api/v1/spaces/\(space)/deployments/\(endpoint)"
        let flag = space == "default" ? "" : " --space \(space)"
        var linked = self
        switch kind {
        case .errors, .latency, .traffic:
            linked.links = [
                .init("time series", path: path + "/series", command: "slipway monitor show \(endpoint)\(flag)")
            ]
            if kind == .errors, hasLedger {
                linked.links.append(
                    .init(
                        "predictions that failed", path: path + "/ledger/rows?errors=true",
                        command: "slipway monitor export \(endpoint) --errors-only\(flag)"))
            }
        case .drift:
            linked.links = [.init("drift", path: path + "/drift", command: "slipway monitor drift \(endpoint)\(flag)")]
        case .quality:
            linked.links = [
                .init("quality", path: path + "/quality", command: "slipway monitor quality \(endpoint)\(flag)")
            ]
        case .ledger:
            linked.links = [.init("ledger", path: path + "/ledger", command: "slipway monitor show \(endpoint)\(flag)")]
        }
        linked.links.append(
            .init("what is live, and why", path: path + "/why", command: "slipway why \(endpoint)\(flag)"))
        return linked
    }
}

extension DocumentValue {
    /// JSON has no infinity.
    fileprivate static func finite(_ number: Double) -> DocumentValue {
        number.isFinite ? .number(number) : .text("\(number)")
    }
}
