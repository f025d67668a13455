import InferenceProtocol
import Serving

/// What a request's headers say about which version is to answer.
extension HTTPConnection {
    /// `endpoint`, or the variant of it that the headers name; notes the key that a rollout routes by.
    func variant(
        of endpoint: Endpoint, _ bytes: UnsafeRawBufferPointer, _ headers: inout PredictionHeaders
    ) throws(HTTPFault) -> Endpoint {
        if endpoint.traffic == nil, endpoint.variant == nil, parser.head.variant == nil { return endpoint }
        let head = parser.head
        if let name = endpoint.traffic?.keyHeader {
            headers.routingKey = value(of: name, head, bytes).map { RoutingKey($0) }
        }
        let own = VariantChoice.ownHeader(of: endpoint, in: gateway.dataPlane)
        let named = head.variant.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
        let values = [named, own.flatMap { value(of: $0, head, bytes) }].compactMap { $0 }
        if values.isEmpty { return endpoint }
        do throws(VariantChoice.Refusal) {
            return try VariantChoice.find(
                values.map { String(decoding: $0, as: UTF8.self) }, of: endpoint, in: gateway.dataPlane)
        } catch {
            throw HTTPFault(error)
        }
    }

    /// The first header of that name, which is in lower case.
    private func value(
        of name: String, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        for field in head.fields where field.name.count == name.utf8.count {
            let given = bytes[field.name].lazy.map(HTTPSyntax.lowercased)
            if given.elementsEqual(name.utf8) { return UnsafeRawBufferPointer(rebasing: bytes[field.value]) }
        }
        return nil
    }
}
