import Foundation
import Journal

/// The query of a target: what clients send in place of a body with GET.
enum QueryText {
    /// By name; a name that comes several times has a list.
    static func members(of target: String) throws(ControlError) -> [String: MLflowValue] {
        guard let mark = target.firstIndex(of: "?") else { return [:] }
        var members: [String: MLflowValue] = [:]
        for pair in target[target.index(after: mark)...].split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(halves[0]), let value = decoded(halves.count > 1 ? halves[1] : "") else {
                throw ControlError(.invalid, "the query has a '%' that is not followed by two hexadecimal digits")
            }
            switch members[name] {
            case nil: members[name] = .text(value)
            case .list(let items): members[name] = .list(items + [.text(value)])
            case .some(let first): members[name] = .list([first, .text(value)])
            }
        }
        return members
    }

    private static func decoded(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }
}
