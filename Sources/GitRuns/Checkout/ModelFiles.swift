import Foundation
package import Journal

extension CheckoutFile {
    /// Files of a model that is a folder, at most.
    private static let mostFiles = 4096

    /// The files of a model: one file, or all of a folder but the hidden ones, with their paths inside the version.
    ///
    /// Throws as `locate` does, for each of them.
    package static func model(
        _ name: String, in root: String, field: String
    ) throws(ControlError) -> [(path: String, place: String)] {
        guard case .inside(let path) = LinkWalk.follow(name, below: root), !path.isEmpty,
            isFolder("\(root)/\(path)")
        else {
            let file = (name as NSString).lastPathComponent
            return [(file, try locate(name, in: root, field: field))]
        }
        var found: [(String, String)] = []
        var open = [path]
        while let folder = open.popLast() {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")) ?? []
            for name in names.sorted() where !name.hasPrefix(".") {
                let below = "\(folder)/\(name)"
                if isFolder("\(root)/\(below)") {
                    open.append(below)
                } else {
                    found.append(
                        (String(below.dropFirst(path.count + 1)), try locate(below, in: root, field: field)))
                }
                guard found.count <= mostFiles, open.count <= mostFiles else {
                    throw ControlError(.invalid, "'\(field)' has more than \(mostFiles) files", field: field)
                }
            }
        }
        guard !found.isEmpty else {
            throw ControlError(
                .invalid, "'\(field)' is '\(Name.excerpt(of: name))', a folder without files", field: field)
        }
        return found
    }

    /// Not a link to one.
    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
