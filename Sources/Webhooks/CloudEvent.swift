package import Documents
package import Journal

/// One event in the form of CloudEvents 1.0, to be sent as a JSON document (structured mode).
package struct CloudEvent: Sendable, Hashable {
    /// The same each time that the event is sent, so that a receiver can tell a repetition.
    package var id: String
    /// A path of the server's own interface: whom it is about.
    package var source: String
    /// `slipway.alert.fired`
    package var type: String
    /// Within the source: `alerts/12`.
    package var subject: String
    package var time: Timestamp
    package var data: DocumentValue

    package init(id: String, source: String, type: String, subject: String, time: Timestamp, data: DocumentValue) {
        self.id = id
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.data = data
    }

    /// The media type of `json`.
    package static let contentType = "application/cloudevents+json; charset=utf-8"

    /// The document, with sorted keys.
    package var json: String {
        DocumentValue.mapping([
            "specversion": .text("1.0"), "id": .text(id), "source": .text(source), "type": .text(type),
            "subject": .text(subject), "time": .text(time.description),
            "datacontenttype": .text("application/json"), "data": data,
        ]).json
    }
}
