import Declarations
import Documents
import Foundation

/// The files of declared state that `-f` names.
enum DeclarationSource {
    /// Files of one folder at most.
    private static let mostFiles = 256

    /// - Parameter path: a file, '-' for standard input, or a folder: all of its `.yaml` and `.yml` files, hidden ones
    ///   and further folders not.
    static func files(_ path: String) throws(Failure) -> [DeclarationFile] {
        if path == "-" {
            let data = FileHandle.standardInput.readDataToEndOfFile()
            return [try file(data, named: "standard input", in: FileManager.default.currentDirectoryPath)]
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Failure("there is no file \(path)", hint: "-f takes a file or a folder", code: .usage)
        }
        guard isFolder.boolValue else {
            let folder = (path as NSString).deletingLastPathComponent
            return [try file(at: path, in: folder.isEmpty ? "." : folder)]
        }
        var files: [DeclarationFile] = []
        for name in try names(in: path) { files.append(try file(at: join(path, name), in: path)) }
        return files
    }

    private static func names(in folder: String) throws(Failure) -> [String] {
        let all: [String]
        do { all = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
            throw Failure("cannot read the folder \(folder): \(error.localizedDescription)", code: .usage)
        }
        let names = all.filter { !$0.hasPrefix(".") && ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) }.sorted()
        guard !names.isEmpty else {
            throw Failure("\(folder) has no .yaml file", hint: "-f takes a file or a folder with some", code: .usage)
        }
        guard names.count <= mostFiles else {
            throw Failure("\(folder) has \(names.count) .yaml files, at most \(mostFiles)", code: .usage)
        }
        return names
    }

    private static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    private static func file(at path: String, in folder: String) throws(Failure) -> DeclarationFile {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw Failure("cannot read \(path)", hint: "check the path and its permissions", code: .usage)
        }
        defer { try? handle.close() }
        let data: Data
        // One byte more than there may be is enough to say that it is too large.
        do { data = try handle.read(upToCount: DeclarationFile.limits.bytes + 1) ?? Data() } catch {
            throw Failure("cannot read \(path): \(error.localizedDescription)", code: .usage)
        }
        return try Self.file(data, named: path, in: folder)
    }

    private static func file(_ data: Data, named name: String, in folder: String) throws(Failure) -> DeclarationFile {
        guard let text = String(validating: data, as: UTF8.self) else { throw Failure("\(name) is not UTF-8 text") }
        return DeclarationFile(name: name, folder: folder, text: text)
    }
}

extension Failure {
    init(_ error: DeclarationError) {
        self.init(error.sentence, hint: error.hint)
    }
}
