import Declarations
import Foundation
import ManagementAPI
import SlipwayClient

/// What a plan has to know of the files that a declaration names: their digests.
struct FileReading {
    let console: Console

    func read(_ declaration: Declaration) async throws -> LocalFiles {
        var files = LocalFiles()
        for dataSet in declaration.dataSets {
            guard let file = dataSet.file else { continue }
            files.dataSets[dataSet] = try await at(file) { try await FileDigests.sha256(of: file.location) }
        }
        for model in declaration.models where model.file != nil {
            files.models[model] = try await ModelFiles(model).digest()
        }
        return files
    }

    private func at<Value>(_ file: FileReference, _ body: () async throws -> Value) async throws -> Value {
        try file.requireInside()
        do { return try await body() } catch let error as ClientError {
            throw Failure("\(file.place): \(error.message)", hint: error.hint)
        }
    }
}

/// A declared model with its files, as a push needs them.
struct ModelFiles {
    let model: ModelDeclaration

    init(_ model: ModelDeclaration) throws(Failure) {
        self.model = model
        for file in [model.file, model.golden, model.reference] { try file?.requireInside() }
    }

    /// Runs `body` with the path of the model, of its golden inputs and of a profile that is there as long.
    func with<Value>(_ body: (String, String?, String?) async throws -> Value) async throws -> Value {
        guard let file = model.file else { throw Failure("\(model.place): '\(model.name)' has no file") }
        do {
            let profile = try model.reference.map { try ProfileFile(rows: $0.location) }
            defer { profile?.remove() }
            return try await body(file.location, model.golden?.location, profile?.path)
        } catch let error as ClientError {
            if case .refused = error { throw error }
            throw Failure("\(file.place): \(error.message)", hint: error.hint, code: Failure(error).code)
        } catch let error as Failure {
            throw Failure("\(file.place): \(error.message)", hint: error.hint, code: error.code)
        }
    }

    func digest() async throws -> String {
        try await with { path, golden, profile in
            try VersionDigest.of(
                try await FileDigests.entries(of: path, golden: golden, reference: profile))
        }
    }
}

extension FileReference {
    /// What a link leads to has to be inside too.
    func requireInside() throws(Failure) {
        func real(_ path: String) -> String? {
            guard let found = realpath(path, nil) else { return nil }
            defer { free(found) }
            return String(cString: found)
        }
        guard let root = real(folder) else { throw Failure("\(place): the folder \(folder) cannot be read") }
        guard let found = real(location) else {
            throw Failure("\(place): there is no file \(path) in \(folder)", hint: "check the path")
        }
        guard found == root || found.hasPrefix(root == "/" ? root : root + "/") else {
            throw Failure(
                "\(place): \(path) leads out of the folder \(folder)", hint: "put the file there; links do not help")
        }
    }
}
