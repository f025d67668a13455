import HTTPTypes
import Hummingbird
package import Serving
import Synchronization

/// Which traces the rollouts were started in, so that what the server asks of other systems for them belongs to the same
/// trace. In memory only: after a restart their calls begin traces of their own.
package final class RolloutTraces: Sendable {
    /// Rollouts that are remembered; of more, the oldest are forgotten.
    private static let most = 256

    private struct Rollout: Sendable, Hashable {
        var space: String
        var endpoint: String
        var number: Int
    }

    private let known = Mutex<[(rollout: Rollout, trace: TraceContext, state: TraceState?)]>([])

    package init() {}

    func note(_ trace: TraceContext, _ state: TraceState?, space: String, endpoint: String, rollout: Int) {
        known.withLock { known in
            known.append((Rollout(space: space, endpoint: endpoint, number: rollout), trace, state))
            if known.count > Self.most { known.removeFirst() }
        }
    }

    /// The headers of one call for a rollout: a part of its own of the trace that the rollout was started in, or of a new
    /// one where that is not known.
    package func headers(
        space: String, endpoint: String, rollout: Int
    ) -> (trace: TraceContext, fields: [(name: String, value: String)]) {
        let wanted = Rollout(space: space, endpoint: endpoint, number: rollout)
        let found = known.withLock { known in known.last { $0.rollout == wanted } }
        let parent = UInt64.random(in: 1...UInt64.max)
        let new = TraceID(high: .random(in: 1...UInt64.max), low: .random(in: 0...UInt64.max))
        let trace = found?.trace.with(parent: parent) ?? TraceContext(id: new, parent: parent, flags: 0)
        var fields = [(name: "traceparent", value: trace.text)]
        if let state = found?.state { fields.append((name: "tracestate", value: state.text)) }
        return (trace, fields)
    }
}

extension ManagementRequest {
    /// The trace that the caller says the request belongs to; `nil` where they say nothing, or nothing valid.
    var trace: (context: TraceContext, state: TraceState?)? {
        guard let parent = HTTPField.Name("traceparent"), let state = HTTPField.Name("tracestate") else { return nil }
        let parents = request.headers[values: parent]
        guard parents.count == 1, let text = parents.first,
            let context = Array(text.utf8).withUnsafeBytes({ TraceContext($0) })
        else { return nil }
        return (context, TraceState(request.headers[values: state]))
    }
}
