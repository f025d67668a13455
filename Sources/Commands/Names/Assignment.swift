import ArgumentParser

/// `KEY=VALUE` on the command line.
struct Assignment: Sendable, Hashable, ExpressibleByArgument {
    var key: String
    var value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        key = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }

    /// The assignments as a dictionary; `nil` when there are none.
    static func dictionary(_ all: [Assignment], _ flag: String) throws(Failure) -> [String: String]? {
        var result: [String: String] = [:]
        for one in all {
            guard result.updateValue(one.value, forKey: one.key) == nil else {
                throw Failure("\(flag) \(one.key) is given twice", code: .usage)
            }
        }
        return result.isEmpty ? nil : result
    }

    /// The same for values that are finite numbers.
    static func numbers(_ all: [Assignment], _ flag: String) throws(Failure) -> [String: Double]? {
        guard let texts = try dictionary(all, flag) else { return nil }
        var result: [String: Double] = [:]
        for (key, text) in texts {
            guard let number = Double(text), number.isFinite else {
                throw Failure(
                    "\(flag) \(key)=\(text): \"\(text)\" is not a number", hint: "write it as \(flag) \(key)=0.97",
                    code: .usage)
            }
            result[key] = number
        }
        return result
    }
}
