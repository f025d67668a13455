import Experiments
import Gateway
import Identity
import Journal
import NIOCore

/// One request of MLflow's interface, as values.
struct MLflowCall {
    let match: RouteMatch
    let caller: Caller
    /// Of the body, or of the query where there is no body.
    let fields: MLflowFields
    /// The body of what is streamed; of anything else it has been read.
    let body: ForwardedRequest.Body
    /// What the client says the body's length is.
    let declaredLength: Int?

    var space: String { match.space }
    var principal: Principal { caller.principal }
    /// The logged model that the path names.
    var loggedModel: String { match.other ?? "" }

    init(_ request: ForwardedRequest, largestDocument: Int) async throws {
        match = request.match
        caller = request.caller
        body = request.body
        declaredLength = request.head.fields.first { $0.name.lowercased() == "content-length" }.flatMap {
            Int($0.value)
        }
        var members = try QueryText.members(of: request.head.target)
        if match.route.id != .mlflowUpload {
            let document = try await Self.collect(request.body, upTo: largestDocument)
            members.merge(try MLflowValue.object(document)) { $1 }
        }
        fields = MLflowFields(members)
    }

    private static func collect(_ body: ForwardedRequest.Body, upTo limit: Int) async throws -> ByteBuffer {
        var whole = ByteBuffer()
        for try await var piece in body {
            guard piece.readableBytes <= limit - whole.readableBytes else {
                throw ControlError(.tooLarge, "the body is larger than \(limit) bytes")
            }
            whole.writeBuffer(&piece)
        }
        return whole
    }

    /// The experiment that a field names.
    func experiment(_ name: String = "experiment_id") throws(ControlError) -> ExperimentID {
        let text = try fields.required(name)
        guard let id = ExperimentID(text: text) else { throw .experimentNotFound(text) }
        return id
    }

    /// Those that a list names; what no experiment is called is left out, as of another space.
    func experiments() throws(ControlError) -> [ExperimentID] {
        try fields.texts("experiment_ids").compactMap { ExperimentID(text: $0) }
    }

    /// A run by its id, under the name that older clients know as well.
    func run() throws(ControlError) -> String {
        if let id = try fields.text("run_id"), !id.isEmpty { return id }
        if let id = try fields.text("run_uuid"), !id.isEmpty { return id }
        throw fields.missing("run_id")
    }

    /// What comes before this page, and how many it may have.
    func page(standard: Int, maximum: Int) throws(ControlError) -> (offset: Int, limit: Int) {
        let limit = try fields.whole("max_results") ?? standard
        guard (1...maximum).contains(limit) else {
            throw ControlError(
                .invalid, "'max_results' must be from 1 to \(maximum), got \(limit)", field: "max_results")
        }
        return (try PageToken.offset(try fields.text("page_token")), limit)
    }

    func view(_ name: String) throws(ControlError) -> LifecycleView {
        switch try fields.text(name) {
        case nil, "", "ACTIVE_ONLY", "1": .active
        case "DELETED_ONLY", "2": .deleted
        case "ALL", "3": .all
        case let other?:
            throw ControlError(
                .invalid, "'\(name)' must be ACTIVE_ONLY, DELETED_ONLY or ALL, got '\(Name.excerpt(of: other))'",
                field: name)
        }
    }
}
