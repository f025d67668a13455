#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Lists of names that models carry in their metadata: a JSON array of strings, or names with commas between.
enum NameList {
    /// Names of the columns that a model's one input is made of.
    static func features(_ metadata: [String: String]) -> [String]? {
        first(["feature_names", "features", "columns"], metadata)
    }

    /// Names of the classes that scores are about; the same keys that the server reads.
    static func classes(_ metadata: [String: String]) -> [String]? {
        first(["labels", "class_names", "classes"], metadata)
    }

    private static func first(_ keys: [String], _ metadata: [String: String]) -> [String]? {
        for key in keys {
            if let text = metadata[key], case let names = parse(text), !names.isEmpty { return names }
        }
        return nil
    }

    static func parse(_ text: String) -> [String] {
        if let values = try? JSONDecoder().decode([JSONValue].self, from: Data(text.utf8)) {
            return values.compactMap(\.cell)
        }
        return text.split(separator: ",").map { trimmed(String($0)) }.filter { !$0.isEmpty }
    }
}
