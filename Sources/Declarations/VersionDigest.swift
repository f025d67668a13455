package import Journal
package import ManagementAPI
import Registry
import Serving

/// The digest that a version of some files has, before there is one.
package enum VersionDigest {
    package static func of(_ files: [FileEntry]) throws(ControlError) -> String {
        let manifest = try Manifest(
            files.map { ArtifactReference.File(path: $0.path, sha256: $0.sha256, size: $0.size) })
        return try manifest.withoutName.digest
    }
}
