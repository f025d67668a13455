import HTTPTypes

/// A request head in the form that the management handlers take.
enum ForwardedRequest {
    /// The path is put together anew from its decoded pieces, so that it has one spelling only.
    static func make(_ bytes: UnsafeRawBufferPointer, _ head: RequestHead) -> HTTPRequest? {
        let method = String(decoding: bytes[head.methodRange], as: UTF8.self)
        guard let method = HTTPRequest.Method(method) else { return nil }
        var fields = HTTPFields()
        fields.reserveCapacity(head.fields.count)
        for field in head.fields {
            // Whoever answers knows the caller; nobody else has to see their key.
            if field.value == head.authorization { continue }
            guard let name = HTTPField.Name(String(decoding: bytes[field.name], as: UTF8.self)) else { continue }
            fields.append(HTTPField(name: name, value: String(decoding: bytes[field.value], as: UTF8.self)))
        }
        let target = UnsafeRawBufferPointer(rebasing: bytes[head.target])
        let split = PathSegments.split(target)
        guard let segments = try? PathSegments(UnsafeRawBufferPointer(rebasing: target[split.path])) else { return nil }
        var path = segments.withSegments(UnsafeRawBufferPointer(rebasing: target[split.path])) { bytes, ranges in
            ranges.map { "/" + String(decoding: bytes[$0], as: UTF8.self) }.joined()
        }
        if !split.query.isEmpty { path += "?" + String(decoding: target[split.query], as: UTF8.self) }
        return HTTPRequest(method: method, scheme: nil, authority: nil, path: path, headerFields: fields)
    }
}
