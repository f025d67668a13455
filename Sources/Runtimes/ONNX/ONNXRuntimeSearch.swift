import Glibc

/// Where ONNX Runtime's shared library is looked for, best place first.
package struct ONNXRuntimeSearch: Sendable {
    struct Place: Sendable, Hashable {
        let path: String
        /// Why we look there, for people.
        let origin: String
        /// Whether somebody asked for this very file.
        let isNamed: Bool

        /// Whether it is worth opening; what the dynamic linker would find cannot be told before.
        var mayBeThere: Bool { isNamed || !path.contains("/") || access(path, R_OK) == 0 }
    }

    /// The release that `dev/fetch-onnxruntime` fetches.
    package static let pinnedVersion = "1.31.1"
    private static let fileName = "libonnxruntime.so"
    private static let variable = "SLIPWAY_ONNXRUNTIME"

    let places: [Place]

    /// - Parameters:
    ///   - explicitPath: the file to open and no other.
    ///   - named: what the environment variable `SLIPWAY_ONNXRUNTIME` says; the file to open and no other.
    ///   - folder: the folder of the executable; the library may be beside it, or fetched into a checkout above it.
    ///   - workingFolder: a folder in or above which a checkout may be, for tests and tools.
    package init(explicitPath: String?, named: String?, folder: String?, workingFolder: String? = nil) {
        if let explicitPath, !explicitPath.isEmpty {
            places = [Place(path: explicitPath, origin: "configured", isNamed: true)]
            return
        }
        if let named, !named.isEmpty {
            places = [Place(path: named, origin: Self.variable, isNamed: true)]
            return
        }
        var places: [Place] = []
        if let folder {
            for relative in ["", "lib/", "../lib/"] {
                places.append(
                    Place(path: "\(folder)/\(relative)\(Self.fileName)", origin: "beside slipway", isNamed: false))
            }
        }
        for start in [folder, workingFolder] {
            guard let start else { continue }
            places += Self.ancestors(of: start).map {
                let path = "\($0)/.local/onnxruntime-\(Self.pinnedVersion)/lib/\(Self.fileName)"
                return Place(path: path, origin: "fetched by make", isNamed: false)
            }
        }
        places.append(Place(path: Self.fileName, origin: "the dynamic linker's path", isNamed: false))
        places.append(Place(path: Self.fileName + ".1", origin: "the dynamic linker's path", isNamed: false))
        self.places = places
    }

    /// The search of this process: `explicitPath`, then its environment, then the places around its executable.
    package static func ofThisProcess(explicitPath: String? = nil) -> ONNXRuntimeSearch {
        ONNXRuntimeSearch(
            explicitPath: explicitPath, named: getenv(variable).map { String(cString: $0) },
            folder: executablePath().flatMap(parent), workingFolder: nil)
    }

    /// What to tell somebody whose library was not found in any of the places `tried`.
    static func advice(tried: [String]) -> String {
        // Ancestors without a fetched library say nothing; one line for them all is enough.
        let absent = tried.filter { $0.contains("(fetched by make)") && $0.hasSuffix("no such file") }
        let rest = tried.filter { !absent.contains($0) }
        let walked = absent.first.map { ["\($0), nor in any folder above"] } ?? []
        return """
            ONNX Runtime's shared library was not found. Looked for it at:
            \((rest + walked).map { "  - \($0)" }.joined(separator: "\n"))
            In a checkout, `dev/fetch-onnxruntime` (part of `make run`) fetches version \(pinnedVersion). Elsewhere: \
            pip download --no-deps onnxruntime==\(pinnedVersion), unzip the wheel, and set \(variable) to the \
            libonnxruntime.so.\(pinnedVersion) in its onnxruntime/capi folder.
            """
    }

    private static func executablePath() -> String? {
        guard let resolved = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The folder that `path` is in; `nil` for the root.
    private static func parent(_ path: String) -> String? {
        guard let slash = path.lastIndex(of: "/"), path != "/" else { return nil }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func ancestors(of folder: String) -> [String] {
        var result: [String] = []
        var current: String? = folder
        while let path = current {
            result.append(path == "/" ? "" : path)
            current = parent(path)
        }
        return result
    }
}
