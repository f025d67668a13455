package import Identity
package import NIOCore

/// One request of the management interface, as its connection hands it on: the head as values, the body as it comes.
package struct ForwardedRequest: Sendable {
    /// The pieces of the body, once; an error when the caller left before its end.
    package typealias Body = NIOThrowingAsyncSequenceProducer<
        ByteBuffer, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, BodyDemand
    >

    package let head: ForwardedHead
    package let match: RouteMatch
    /// Authorised for the route already.
    package let caller: Caller
    package let body: Body
}

/// Request line and headers.
package struct ForwardedHead: Sendable {
    package let method: HTTPMethod
    /// Path and query. The path is put together anew from its decoded pieces, so that it has one spelling only.
    package let target: String
    /// All header lines in their order, as they were sent, but for the caller's credentials: nobody else has to see those.
    package let fields: [(name: String, value: String)]

    /// Copies what was found in `bytes`; `nil` for a target that no route can have.
    init?(_ bytes: UnsafeRawBufferPointer, _ head: RequestHead, fields: [RequestHead.Field]) {
        let target = UnsafeRawBufferPointer(rebasing: bytes[head.target])
        let split = PathSegments.split(target)
        guard let segments = try? PathSegments(UnsafeRawBufferPointer(rebasing: target[split.path])) else { return nil }
        var path = segments.withSegments(UnsafeRawBufferPointer(rebasing: target[split.path])) { bytes, ranges in
            ranges.map { "/" + String(decoding: bytes[$0], as: UTF8.self) }.joined()
        }
        if !split.query.isEmpty { path += "?" + String(decoding: target[split.query], as: UTF8.self) }
        self.method = head.method
        self.target = path
        self.fields = fields.filter { $0.value != head.authorization }.map { field in
            let name = String(decoding: bytes[field.name], as: UTF8.self)
            return (name, String(decoding: bytes[field.value], as: UTF8.self))
        }
    }
}
