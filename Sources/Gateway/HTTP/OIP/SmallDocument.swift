import Foundation
import NIOCore
import NIOFoundationCompat

/// The small JSON documents that Triton's control routes take: an object, or nothing at all.
struct SmallDocument {
    private let members: [String: Any]

    init(_ body: ByteBuffer) throws(HTTPFault) {
        guard body.readableBytes > 0 else {
            members = [:]
            return
        }
        guard let value = try? JSONSerialization.jsonObject(with: Data(buffer: body)),
            let object = value as? [String: Any]
        else { throw HTTPFault(.badRequest, "the body must be a JSON object, or empty") }
        members = object
    }

    var names: [String] { members.keys.sorted() }

    /// `nil` where the member is missing or null.
    func bool(_ name: String) throws(HTTPFault) -> Bool? {
        guard let value = members[name], !(value is NSNull) else { return nil }
        guard let flag = value as? Bool else { throw HTTPFault(.badRequest, "'\(name)' must be true or false") }
        return flag
    }

    /// The member as text, a list as its elements; empty where it is missing or null.
    func texts(_ name: String) -> [String] {
        switch members[name] {
        case nil, is NSNull: []
        case let list as [Any]: list.map { "\($0)" }
        case let value?: ["\(value)"]
        }
    }
}
