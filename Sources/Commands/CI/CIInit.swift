import ArgumentParser

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct CIInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write the file that makes a CI take a commit to production.",
        discussion: """
            The file validates the data, trains and tests, pushes the model with where it
            came from, promotes it from space to space as far as gates and people let it,
            and deploys it. It is made out of the section `pipeline` of slipway.yaml, and
            yours to change. Where there is no slipway.yaml, one to begin with is written
            too.

              slipway ci init github        .github/workflows/slipway.yml
              slipway ci init generic       slipway-ci.sh, for any other CI

            Talks to no server.
            """)

    enum System: String, ExpressibleByArgument, CaseIterable, Sendable {
        case github, generic

        var file: String {
            switch self {
            case .github: ".github/workflows/slipway.yml"
            case .generic: "slipway-ci.sh"
            }
        }
    }

    @Argument(help: "Which CI: github or generic.")
    var system: System

    @Option(help: ArgumentHelp("The top folder of the repository.", valueName: "folder"))
    var dir: String = "."

    @Flag(help: "Write over the file if it is there.")
    var force = false

    func run() async throws {
        let folder = try CIFolder(dir)
        let console = Console.standard
        let found = try folder.read(CIPlan.document)
        let plan = try found.map { try CIPlan(yaml: $0) } ?? CIPlan.starter(name: folder.name)
        let text =
            switch system {
            case .github: CIWorkflow(plan).text
            case .generic: CIScript(plan).text
            }
        // The file that may be there already first: then nothing has been written.
        try folder.write(system.file, text, isProgram: system == .generic, force: force)
        console.print("wrote \(system.file)")
        if found == nil {
            try folder.write(CIPlan.document, CIPlan.starterText(name: folder.name), isProgram: false, force: false)
            console.print(
                "wrote \(CIPlan.document), to be filled in: then run `slipway ci init \(system.rawValue) --force`")
        }
        console.print()
        for line in Self.advice(system, plan) { console.print(line) }
    }

    private static func advice(_ system: System, _ plan: CIPlan) -> [String] {
        let place =
            switch system {
            case .github: "as secrets of the repository on GitHub (Settings, Secrets and variables, Actions)"
            case .generic: "as secret variables of your CI"
            }
        var lines = [
            "set \(place):", "  SLIPWAY_SERVER  the server's address, https://...",
            "  SLIPWAY_TOKEN   a key of its own:",
            "    slipway member add ci --role developer --space \(CIPlan.space)",
        ]
        for space in plan.promote.dropLast() {
            lines.append("    slipway member add ci --role developer --space \(space)")
        }
        if let space = plan.deploySpace {
            lines.append("    slipway member add ci --role operator --space \(space)")
        }
        lines.append("    slipway key create --principal ci --name ci")
        switch system {
        case .github:
            lines += [
                "and as a variable there, unless slipway is on the runner's path:",
                "  SLIPWAY_DOWNLOAD  where the runner gets the program slipway from",
            ]
        case .generic: lines.append("and have it run ./\(system.file) for each push, with slipway on the path")
        }
        return lines
    }
}

/// The folder that a repository is checked out in.
struct CIFolder {
    private let path: String
    /// A model's name, made out of the folder's.
    let name: String

    init(_ path: String) throws(Failure) {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder else {
            throw Failure("\(path) is no folder", hint: "--dir is the top folder of the repository", code: .usage)
        }
        self.path = path
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
        let letters = absolute.unicodeScalars.map { scalar -> Character in
            let isWord = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            return isWord || scalar == "_" || scalar == "." ? Character(scalar) : "-"
        }
        let name = String(String(letters).drop { !$0.isLetter && !$0.isNumber }.prefix(64))
        self.name = name.isEmpty ? "model" : name
    }

    /// `nil` where it is not there.
    func read(_ file: String) throws(Failure) -> String? {
        let place = path + "/" + file
        guard FileManager.default.fileExists(atPath: place) else { return nil }
        guard let data = FileManager.default.contents(atPath: place), let text = String(data: data, encoding: .utf8)
        else {
            throw Failure("\(place) cannot be read", code: .usage)
        }
        return text
    }

    func write(_ file: String, _ text: String, isProgram: Bool, force: Bool) throws(Failure) {
        let place = path + "/" + file
        guard force || !FileManager.default.fileExists(atPath: place) else {
            throw Failure(
                "\(file) is there already, and nothing was written", hint: "--force writes over it")
        }
        do {
            try FileManager.default.createDirectory(
                atPath: URL(fileURLWithPath: place).deletingLastPathComponent().path, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: place), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: isProgram ? 0o755 : 0o644], ofItemAtPath: place)
        } catch {
            throw Failure("\(place) cannot be written: \(error)")
        }
    }
}
