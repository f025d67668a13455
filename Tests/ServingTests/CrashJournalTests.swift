import Foundation
import Runtimes
import Tensors
import Testing

@testable import Serving

@Suite struct CrashJournalTests {
    /// A data folder, gone after the test.
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-crash-\(UUID())").path

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func report(_ crashes: CrashReport...) throws {
            try Data(crashes.map(\.text).joined().utf8).write(to: URL(fileURLWithPath: path + "/crash-report"))
        }
    }

    private func entry(
        _ name: String, revision: Int = 1, digest: String = "ab", isolation: Isolation = .shared
    ) -> EndpointEntry {
        EndpointEntry(
            space: "default", name: name, model: "m", version: 1, revision: revision,
            artifact: ArtifactReference(digest: digest, format: "gate", files: []),
            description: ModelDescription(format: "gate", signature: GateInstance.signature),
            options: EndpointOptions(), isolation: isolation, isLoaded: true)
    }

    private func crash(_ name: String, revision: Int = 1, digest: String = "ab") -> CrashReport {
        CrashReport(
            signal: 11, at: 1, phase: .run, space: "default", endpoint: name, revision: revision, digest: digest)
    }

    @Test func `without a report nobody is moved`() throws {
        let journal = CrashJournal(folder: try Folder().path)
        #expect(journal.settle([entry("a")]).isEmpty)
        #expect(journal.crash(of: entry("a")) == nil)
    }

    @Test func `every endpoint with the bytes that crashed is moved, and no other`() throws {
        let folder = try Folder()
        try folder.report(crash("a"))
        let journal = CrashJournal(folder: folder.path)
        let entries = [entry("a"), entry("twin", revision: 7), entry("other", digest: "cd")]
        let settled = journal.settle(entries)
        #expect(settled.map(\.moved) == [[entries[0], entries[1]]])
        #expect(entries.map { journal.crash(of: $0) != nil } == [true, true, false])
        #expect(journal.settle(entries).isEmpty, "a crash is settled once")
    }

    @Test func `what was moved stays moved after a restart, and the report is gone`() throws {
        let folder = try Folder()
        try folder.report(crash("a"))
        #expect(CrashJournal.hasReport(folder: folder.path, otherThan: nil))
        let old = CrashJournal.report(folder: folder.path)
        #expect(!CrashJournal.hasReport(folder: folder.path, otherThan: old), "an old one is not of this crash")
        _ = CrashJournal(folder: folder.path).settle([entry("a")])
        #expect(!CrashJournal.hasReport(folder: folder.path, otherThan: nil))
        let next = CrashJournal(folder: folder.path)
        #expect(next.crash(of: entry("a")) == crash("a"))
        #expect(next.settle([entry("a")]).isEmpty)
    }

    @Test func `a new revision is trusted again, and what it replaced is forgotten`() throws {
        let folder = try Folder()
        try folder.report(crash("a"))
        _ = CrashJournal(folder: folder.path).settle([entry("a")])
        try folder.report(crash("b", digest: "cd"))
        let journal = CrashJournal(folder: folder.path)
        #expect(journal.crash(of: entry("a", revision: 2)) == nil)
        _ = journal.settle([entry("a", revision: 2), entry("b", digest: "cd")])
        #expect(journal.crash(of: entry("a")) == nil)
        #expect(journal.crash(of: entry("b", digest: "cd")) != nil)
    }

    @Test func `a revision that crashed while it was loaded is known before it is committed`() throws {
        let folder = try Folder()
        try folder.report(crash("a", revision: 2, digest: "new"))
        let journal = CrashJournal(folder: folder.path)
        let settled = journal.settle([entry("a", revision: 1, digest: "old")])
        #expect(settled.map(\.moved) == [[]])
        #expect(journal.crash(of: entry("a", revision: 1, digest: "old")) == nil)
        #expect(journal.crash(of: entry("a", revision: 2, digest: "new")) != nil)
    }

    @Test func `an endpoint that runs apart already is not moved`() throws {
        let folder = try Folder()
        try folder.report(crash("shared"))
        let apart = entry("apart", isolation: .worker)
        let settled = CrashJournal(folder: folder.path).settle([apart, entry("shared")])
        #expect(settled.flatMap(\.moved).map(\.name) == ["shared"])
    }

    @Test func `a report that cannot be settled on disk is found again by the next start`() throws {
        let folder = try Folder()
        try folder.report(crash("a"))
        try FileManager.default.createDirectory(
            atPath: folder.path + "/crashes.new", withIntermediateDirectories: false)
        let journal = CrashJournal(folder: folder.path)
        #expect(journal.settle([entry("a")]).count == 1)
        #expect(journal.crash(of: entry("a")) != nil)
        #expect(CrashJournal.hasReport(folder: folder.path, otherThan: nil))
    }
}
