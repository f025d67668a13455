import Foundation
import Journal

/// Where the next page of a search begins. Clients hand it back as it is; to them it is a word without meaning.
enum PageToken {
    private static let start = "offset:"

    static func text(_ offset: Int) -> String { Data("\(start)\(offset)".utf8).base64EncodedString() }

    /// 0 without a token.
    static func offset(_ token: String?) throws(ControlError) -> Int {
        guard let token, !token.isEmpty else { return 0 }
        guard let data = Data(base64Encoded: token), let text = String(data: data, encoding: .utf8),
            text.hasPrefix(start), let offset = Int(text.dropFirst(start.count)), offset >= 0
        else {
            throw ControlError(
                .invalid, "'\(Name.excerpt(of: token))' is no token of a page", field: "page_token",
                hint: "send back what the page before gave as next_page_token")
        }
        return offset
    }
}
