import Journal

/// The names of files in a repository, as far as they are what they seem.
enum CheckoutPath {
    /// Folders in each other, the file included.
    static let mostComponents = 64

    /// Throws `refused` for a path that is absolute, leads upwards, or into git's own folder, and for names that hide what
    /// they are. Git refuses most of these itself; a repository can be made by other programs.
    static func check(_ path: String) throws(ControlError) {
        let shown = Name.excerpt(of: path)
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.hasPrefix("/") else { throw Checkout.refusal("it has a file with an absolute name, '\(shown)'") }
        guard names.count <= mostComponents else {
            throw Checkout.refusal("'\(shown)' is more than \(mostComponents) folders deep")
        }
        for name in names {
            switch name {
            case "", ".", "..": throw Checkout.refusal("it has a file whose name leads elsewhere, '\(shown)'")
            case _ where name.lowercased() == ".git":
                throw Checkout.refusal("it has a file in a folder of git's own, '\(shown)'")
            default: break
            }
        }
        guard path.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw Checkout.refusal("it has a file with control characters in its name, '\(shown)'")
        }
    }
}
