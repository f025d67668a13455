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
            headers.routingKey = value(of: name, bytes).map { RoutingKey($0) }
        }
        let own = VariantChoice.ownHeader(of: endpoint, in: gateway.dataPlane).flatMap { value(of: $0, bytes) }
        // Most callers name none, and cost nothing.
        guard head.variant != nil || own != nil else { return endpoint }
        let named = head.variant.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
        let names = [named, own].compactMap { $0 }.map { String(decoding: $0, as: UTF8.self) }
        do throws(VariantChoice.Refusal) {
            return try VariantChoice.find(names, of: endpoint, in: gateway.dataPlane)
        } catch {
            throw HTTPFault(error)
        }
    }

    /// The first header of that name, which is in lower case.
    func value(of name: String, _ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var name = name
        return name.withUTF8 { wanted in
            for field in parser.fields where Self.isEqual(wanted, bytes, at: field.name) {
                return UnsafeRawBufferPointer(rebasing: bytes[field.value])
            }
            return nil
        }
    }

    private static func isEqual(
        _ wanted: UnsafeBufferPointer<UInt8>, _ bytes: UnsafeRawBufferPointer, at range: Range<Int>
    ) -> Bool {
        guard wanted.count == range.count else { return false }
        for index in 0..<wanted.count where wanted[index] != HTTPSyntax.lowercased(bytes[range.lowerBound + index]) {
            return false
        }
        return true
    }
}
