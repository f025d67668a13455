import Identity
import InferenceProtocol

/// What the head of a scoring request says: which endpoint, and what forms.
extension HTTPConnection {
    /// The endpoint that a request to `/invocations` alone names; `nil` where it names none, and for every other route.
    func invocationTarget(
        _ match: RouteMatch, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer
    ) throws(HTTPFault) -> String? {
        guard match.route.id == .invocations else { return nil }
        let target = UnsafeRawBufferPointer(rebasing: bytes[head.target])
        return try InvocationTarget.named(
            query: UnsafeRawBufferPointer(rebasing: target[PathSegments.split(target).query]),
            header: value(of: InvocationTarget.header, bytes))
    }

    /// `match` with the endpoint that is meant, before anybody asks whether the caller may: some may reach only some.
    func choosing(_ target: String?, _ match: RouteMatch, _ caller: Caller) -> RouteMatch {
        guard match.route.id == .invocations else { return match }
        let space = match.namesSpace ? match.space : caller.home ?? match.space
        guard let name = target ?? InvocationTarget.only(in: space, of: gateway.dataPlane) else { return match }
        return match.naming(name)
    }

    func invocationsHeaders(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer
    ) throws(HTTPFault) -> InvocationsHeaders {
        let type = head.contentType.map { String(decoding: bytes[$0], as: UTF8.self) }
        let accept = value(of: "accept", bytes).map { String(decoding: $0, as: UTF8.self) }
        return try InvocationsHeaders(contentType: type, accept: accept)
    }
}
