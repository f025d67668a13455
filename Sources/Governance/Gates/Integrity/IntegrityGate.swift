package import Journal
import Registry
package import Serving

/// Reads what is stored of a version again.
package protocol VersionHashing: Sendable {
    /// Hashes every file; what differs from the manifest, one sentence each, with the bytes that were read.
    ///
    /// - Parameter progress: files done so far.
    func rehash(
        _ artifact: ArtifactReference, progress: @escaping @Sendable (Int) -> Void
    ) async throws(ControlError) -> (bytes: Int, problems: [String])
}

/// Every file of the version has the bytes that were pushed: hashed again now, not remembered.
package struct IntegrityGate: Gate {
    package let name: String
    package var kind: GateKind { .integrity }
    private let hashing: any VersionHashing
    private let clock: any WallClock

    package init(name: String, hashing: any VersionHashing, clock: any WallClock) {
        self.name = name
        self.hashing = hashing
        self.clock = clock
    }

    package func run(on subject: GateSubject, progress: @escaping @Sendable (String) -> Void) async -> GateReport {
        let artifact = subject.candidate.artifact
        let count = artifact.files.count
        let started = Timestamp(microseconds: clock.now)
        var report = GateReport(gate: name, kind: kind, outcome: .error, summary: "", startedAt: started)
        do {
            let found = try await hashing.rehash(artifact) { done in progress("hashed \(done) of \(count) files") }
            report.outcome = found.problems.isEmpty ? .passed : .failed
            report.summary =
                found.problems.first
                ?? (count == 1
                    ? "the file has the digest it was pushed with"
                    : "all \(count) files have the digests they were pushed with")
            report.notes = Array(found.problems.dropFirst())
            report.figures = [
                GateFigure(
                    name: "files that differ", candidate: Double(found.problems.count), limit: "at most 0",
                    passed: found.problems.isEmpty),
                GateFigure(name: "bytes hashed", candidate: Double(found.bytes)),
            ]
        } catch {
            report.summary = "the files could not be read: \(error.message)"
        }
        report.endedAt = Timestamp(microseconds: clock.now)
        return report
    }
}
