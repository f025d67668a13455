import Foundation
package import Journal

/// A push, as GitHub tells of it in the event `push`. Other systems can say the same with a few lines of shell.
package struct PushEvent: Sendable, Hashable {
    /// Bytes of a message at most: that of a push of a thousand commits has fewer.
    package static let maximumBytes = 1 << 20

    package enum Reference: Sendable, Hashable {
        case branch(String)
        case tag(String)
        case other(String)
    }

    package let reference: Reference
    /// What the reference pointed at before and points at now: 40 or 64 hexadecimal digits, all zeros for nothing.
    package let before: String
    package let after: String
    package let isDeleted: Bool
    /// Where the repository can be cloned from.
    package let url: String
    /// Who wrote the newest commit: `Ada <ada@example.org>`.
    package let author: String?
    /// Who pushed.
    package let pusher: String?

    /// Reads a message, whose signature has been checked.
    ///
    /// Throws `tooLarge`; `invalid` with the field for what is missing or not what it must be.
    package init(_ body: [UInt8]) throws(ControlError) {
        guard body.count <= Self.maximumBytes else {
            throw ControlError(.tooLarge, "the message has \(body.count) bytes, at most \(Self.maximumBytes)")
        }
        let document = try Self.read(body)
        let ref = try Self.bounded(document.ref, "ref", 1024)
        reference = try Self.reference(ref)
        before = try Self.object(document.before ?? String(repeating: "0", count: document.after.utf8.count), "before")
        after = try Self.object(document.after, "after")
        isDeleted = document.deleted ?? Self.isNothing(after)
        guard isDeleted == Self.isNothing(after) else {
            throw ControlError(
                .invalid, "'deleted' is \(isDeleted), but 'after' is \(after)", field: "deleted",
                hint: "after a deletion 'after' is all zeros")
        }
        url = try Self.bounded(document.repository.cloneURL, "repository.clone_url", 2048)
        author = try document.headCommit?.author.map { author throws(ControlError) in
            try Self.person(author, "head_commit.author")
        }
        pusher = try document.pusher.map { pusher throws(ControlError) in
            try Self.bounded(pusher.name ?? pusher.email ?? "", "pusher.name", 256)
        }
    }

    /// All zeros: no object.
    package static func isNothing(_ object: String) -> Bool { object.utf8.allSatisfy { $0 == UInt8(ascii: "0") } }

    /// For people: whose push it was.
    package var person: String {
        if let pusher, !pusher.isEmpty { return Name.excerpt(of: pusher) }
        if let author, !author.isEmpty { return Name.excerpt(of: author) }
        return "somebody"
    }

    // MARK: - Fields

    private static func reference(_ ref: String) throws(ControlError) -> Reference {
        let (heads, tags) = ("refs/heads/", "refs/tags/")
        guard ref.hasPrefix("refs/"), ref.utf8.count > "refs/".utf8.count else {
            throw ControlError(
                .invalid, "'ref' is '\(Name.excerpt(of: ref))'", field: "ref",
                hint: "the whole name, as in refs/heads/main")
        }
        if ref.hasPrefix(heads), ref != heads { return .branch(String(ref.dropFirst(heads.count))) }
        if ref.hasPrefix(tags), ref != tags { return .tag(String(ref.dropFirst(tags.count))) }
        return .other(ref)
    }

    /// SHA-1, or SHA-256 in newer repositories.
    private static func object(_ text: String, _ field: String) throws(ControlError) -> String {
        let isHexadecimal = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        guard [40, 64].contains(text.utf8.count), isHexadecimal else {
            throw ControlError(
                .invalid, "'\(field)' is '\(Name.excerpt(of: text))'", field: field,
                hint: "the whole name of a commit: 40 or 64 hexadecimal digits in small letters")
        }
        return text
    }

    private static func person(_ person: PushDocument.Person, _ field: String) throws(ControlError) -> String {
        let name = try bounded(person.name ?? "", "\(field).name", 256)
        let email = try bounded(person.email ?? "", "\(field).email", 256)
        return email.isEmpty ? name : name.isEmpty ? email : "\(name) <\(email)>"
    }

    private static func bounded(_ text: String, _ field: String, _ limit: Int) throws(ControlError) -> String {
        guard text.utf8.count <= limit else {
            throw ControlError(.invalid, "'\(field)' has \(text.utf8.count) bytes, at most \(limit)", field: field)
        }
        return text
    }

    // MARK: - JSON

    private static func read(_ body: [UInt8]) throws(ControlError) -> PushDocument {
        do {
            return try JSONDecoder().decode(PushDocument.self, from: Data(body))
        } catch let error as DecodingError {
            throw refusal(error)
        } catch {
            throw ControlError(.invalid, "the message cannot be read")
        }
    }

    private static func refusal(_ error: DecodingError) -> ControlError {
        func refused(_ path: [any CodingKey], _ what: String) -> ControlError {
            let place = path.map(\.stringValue).joined(separator: ".")
            // Nothing has a name yet in what is no JSON.
            guard !place.isEmpty else { return notJSON }
            return ControlError(.invalid, "'\(place)' \(what)", field: place, hint: "docs/reference/git-hooks.md")
        }
        switch error {
        case .keyNotFound(let key, let context): return refused(context.codingPath + [key], "is missing")
        case .valueNotFound(_, let context): return refused(context.codingPath, "is missing")
        case .typeMismatch(let type, let context):
            let expected = type == String.self ? "a text" : type == Bool.self ? "true or false" : "an object"
            return refused(context.codingPath, "must be \(expected)")
        case .dataCorrupted: return notJSON
        @unknown default: return notJSON
        }
    }

    private static let notJSON = ControlError(
        .invalid, "the message is not a JSON object",
        hint: "where GitHub asks for the webhook's content type, choose application/json")
}

/// What is read of the message; it has much more.
private struct PushDocument: Decodable {
    struct Repository: Decodable {
        var cloneURL: String

        enum CodingKeys: String, CodingKey { case cloneURL = "clone_url" }
    }

    struct Person: Decodable {
        var name: String?
        var email: String?
    }

    struct Commit: Decodable {
        var author: Person?
    }

    var ref: String
    var before: String?
    var after: String
    var deleted: Bool?
    var repository: Repository
    var headCommit: Commit?
    var pusher: Person?

    enum CodingKeys: String, CodingKey {
        case ref, before, after, deleted, repository, pusher
        case headCommit = "head_commit"
    }
}
