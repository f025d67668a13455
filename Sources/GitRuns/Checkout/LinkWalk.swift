import Foundation

/// Follows symbolic links without following them out of a folder.
enum LinkWalk {
    enum Ending: Equatable {
        /// The path below the root; whether something is there is not asked.
        case inside(String)
        case outside
        /// Links that lead to each other.
        case endless
    }

    /// Links on the way at most, as the kernel has it.
    private static let mostLinks = 40

    /// Where a path below `root` leads, link by link. `root` itself has no links in it.
    static func follow(_ path: String, below root: String) -> Ending {
        guard !path.hasPrefix("/") else { return .outside }
        var ahead = Array(path.split(separator: "/").reversed())
        var reached: [Substring] = []
        var links = 0
        while let name = ahead.popLast() {
            switch name {
            case ".": continue
            case "..":
                guard reached.popLast() != nil else { return .outside }
            default:
                guard let target = target(of: ([root[...]] + reached + [name]).joined(separator: "/")) else {
                    reached.append(name)
                    continue
                }
                links += 1
                guard links <= mostLinks else { return .endless }
                guard !target.isEmpty, !target.hasPrefix("/") else { return .outside }
                ahead += target.split(separator: "/").reversed()
            }
        }
        // What git keeps for itself is none of the repository's files.
        guard reached.first?.lowercased() != ".git" else { return .outside }
        return .inside(reached.joined(separator: "/"))
    }

    /// `nil` for what is no link. One that cannot be read leads nowhere good.
    static func target(of path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink(path, &buffer, buffer.count)
        guard count > 0 else { return nil }
        let bytes = buffer.prefix(count).map { UInt8(bitPattern: $0) }
        guard bytes.count <= Int(PATH_MAX), let text = String(validating: bytes, as: UTF8.self) else { return "/" }
        return text
    }
}
