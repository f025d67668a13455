import ArgumentParser
import ManagementAPI

struct AlertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alert", abstract: "See what is wrong with endpoints, say who looks after it, keep messages back.",
        subcommands: [
            AlertList.self, AlertShow.self, AlertAcknowledge.self, AlertRules.self, AlertSilence.self,
            AlertUnsilence.self, AlertSilences.self, AlertTest.self, AlertDeliveries.self,
        ])
}

/// How alerts are shown.
enum AlertText {
    static func table(_ alerts: [AlertInfo], withSpace: Bool = false) -> Table {
        let space = withSpace ? [Table.Column(title: "SPACE", mayShrink: true)] : []
        return Table(
            columns: space + [
                .init(title: "ALERT", isNumber: true), .init(title: "ENDPOINT", mayShrink: true),
                .init(title: "RULE", mayShrink: true), .init(title: "STATE"), .init(title: "SINCE"),
                .init(title: "BY", mayShrink: true), .init(title: "", mayShrink: true),
            ],
            rows: alerts.map { alert in
                (withSpace ? [alert.space] : []) + [
                    String(alert.alert), alert.endpoint, alert.rule, alert.state,
                    Age.text(alert.resolvedAt ?? alert.firedAt), alert.acknowledgedBy ?? "", alert.summary,
                ]
            })
    }

    static func figure(_ figure: AlertInfo.Figure) -> String {
        let unit = figure.unit.isEmpty ? "" : " \(figure.unit)"
        let bound = figure.bound.map { " (bound \(number($0)))" } ?? ""
        return "\(figure.name) \(number(figure.value))\(unit)\(bound)"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : NumberText.significant(value)
    }

    static func silence(_ silence: SilenceInfo) -> String {
        let endpoint = silence.endpoint.map { "endpoint \($0)" } ?? "every endpoint"
        return endpoint + (silence.rule.map { ", rule \($0)" } ?? "")
    }

    static func delivery(_ delivery: DeliveryInfo) -> String {
        switch delivery.state {
        case "delivered": "\(delivery.target): delivered" + (delivery.status.map { " (\($0))" } ?? "")
        case "failed": "\(delivery.target): failed: \(delivery.outcome)"
        default: "\(delivery.target): not yet: \(delivery.outcome.isEmpty ? "it waits" : delivery.outcome)"
        }
    }
}
