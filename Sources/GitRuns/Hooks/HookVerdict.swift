import Foundation
import Journal

/// What a message is good for.
package enum HookVerdict: Sendable, Hashable {
    /// A run of this commit.
    case start(commit: String)
    /// Nothing, and why.
    case ignored(String)
}

extension PushEvent {
    /// What is to be done about this push where a repository is registered with this address and branch.
    package func verdict(branch: String, url registered: String) -> HookVerdict {
        guard RepositoryAddress.isSame(url, registered) else {
            return .ignored(
                "the message is about \(Name.excerpt(of: url, limit: 256)), registered is "
                    + Name.excerpt(of: registered, limit: 256))
        }
        switch reference {
        case .tag(let name):
            return .ignored("the tag \(Name.excerpt(of: name)) was pushed; runs are of the branch \(branch)")
        case .other(let name): return .ignored("\(Name.excerpt(of: name)) is no branch")
        case .branch(let name) where name != branch:
            return .ignored("the branch \(Name.excerpt(of: name)) was pushed; runs are of the branch \(branch)")
        case .branch(let name) where isDeleted: return .ignored("the branch \(Name.excerpt(of: name)) was deleted")
        case .branch: return .start(commit: after)
        }
    }
}

/// Whether two addresses mean the same repository.
package enum RepositoryAddress {
    /// `https://GitHub.com/Some/Thing.git/` is `https://github.com/some/thing`; paths of the file system are as they are.
    package static func isSame(_ one: String, _ other: String) -> Bool { plain(one) == plain(other) }

    private static func plain(_ address: String) -> String {
        var text = address[...]
        while text.hasSuffix("/") { text = text.dropLast() }
        if text.hasSuffix(".git") { text = text.dropLast(".git".count) }
        while text.hasSuffix("/") { text = text.dropLast() }
        guard let scheme = text.range(of: "://"), text[..<scheme.lowerBound].lowercased() != "file" else {
            return String(text)
        }
        var rest = text[scheme.upperBound...]
        let host = rest.prefix { $0 != "/" }
        // A name and a token before the host are no part of where it is.
        if let at = host.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        return rest.lowercased()
    }
}
