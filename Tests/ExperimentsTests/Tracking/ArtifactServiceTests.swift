import Experiments
import Foundation
import Journal
import Store
import Testing

/// Artifacts: bytes that are blobs, and the index of whose they are.
@Suite struct ArtifactServiceTests {
    private func place(_ run: String, _ path: String = "") throws -> ArtifactPath {
        try ArtifactPath(proxied: "0/\(run)/artifacts").at(path)
    }

    @Test func `folders are what is between slashes, listed one level at a time`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        for path in ["a/x", "a/y/z", "a.txt", "a-b/c", "b"] { try await bench.put(path, at: path, of: run) }
        let root = try await bench.artifacts.list(place(run), space: "default")
        #expect(
            root == [
                .folder(name: "a"), .folder(name: "a-b"), .file(name: "a.txt", size: 5), .file(name: "b", size: 1),
            ])
        let folder = try await bench.artifacts.list(place(run, "a"), space: "default")
        #expect(folder == [.file(name: "x", size: 3), .folder(name: "y")])
        #expect(try await bench.artifacts.list(place(run, "b"), space: "default") == [.file(name: "b", size: 1)])
        #expect(try await bench.artifacts.list(place(run, "none"), space: "default") == [])
        #expect(
            try await bench.artifacts.entries(at: place(run, "a"), space: "default").map(\.path) == ["a/x", "a/y/z"])
    }

    @Test func `the same bytes are stored once, and stay as long as anybody has them`() async throws {
        let bench = try TrackingBench(keepDeletedRunsSeconds: 100)
        let (first, second) = (try await bench.newRun(), try await bench.newRun())
        let one = try await bench.put("same", at: "one", of: first)
        let two = try await bench.put("same", at: "two", of: second)
        try await bench.put("own", at: "own", of: first)
        #expect(one.sha256 == two.sha256)
        bench.clock.advance(seconds: 20)
        #expect(try await bench.store.collect(by: .local).blobs == 0)
        try await bench.runs.delete(first, space: "default", principal: .local)
        bench.clock.advance(seconds: 99)
        #expect(try await bench.store.collect(by: .local).blobs == 0)
        // It can be brought back to the last moment.
        #expect(try await bench.read(one) == "same")
        bench.clock.advance(seconds: 2)
        #expect(try await bench.store.collect(by: .local).blobs == 1)
        let refused1 = await refusal { _ = try await bench.runs.run(first, space: "default") }
        #expect(refused1?.code == .notFound)
        #expect(try await bench.read(two) == "same")
        #expect(try await bench.store.verify().isIntact)
    }

    @Test func `deleting an artifact frees its bytes, and only those`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        for path in ["a/1", "a/2", "a0"] { try await bench.put(path, at: path, of: run) }
        try await bench.artifacts.remove(place(run, "a"), space: "default", principal: .local)
        #expect(try await bench.artifacts.list(place(run), space: "default") == [.file(name: "a0", size: 2)])
        bench.clock.advance(seconds: 20)
        #expect(try await bench.store.collect(by: .local).blobs == 2)
        let error = await refusal {
            try await bench.artifacts.remove(try place(run, "a"), space: "default", principal: .local)
        }
        #expect(error?.code == .notFound)
    }

    @Test func `a path is a file or a folder`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        try await bench.put("x", at: "a/b", of: run)
        for path in ["a", "a/b/c", "a/b/c/d"] {
            let refused2 = await refusal { try await bench.put("y", at: path, of: run) }
            #expect(refused2?.code == .invalid)
        }
        try await bench.put("z", at: "a/b", of: run)
        #expect(try await bench.read(bench.artifacts.entry(at: place(run, "a/b"), space: "default")) == "z")
    }

    @Test func `an upload whose run is deleted meanwhile is refused at its end`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        let upload = try await bench.artifacts.beginUpload(
            to: try place(run, "late"), space: "default", declaredSize: 4, principal: .local)
        try await upload.append(Array("late".utf8))
        try await bench.runs.delete(run, space: "default", principal: .local)
        let refused3 = await refusal { _ = try await upload.finish() }
        #expect(refused3?.code == .invalid)
        #expect(try await bench.artifacts.list(place(run), space: "default") == [])
    }

    @Test func `an upload that is shorter or longer than it said is refused`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        for size in [3, 5] {
            let upload = try await bench.artifacts.beginUpload(
                to: try place(run, "x"), space: "default", declaredSize: size, principal: .local)
            let error = await refusal {
                try await upload.append(Array("four".utf8))
                _ = try await upload.finish()
            }
            #expect(error?.code == .invalid)
        }
        #expect(try await bench.artifacts.list(place(run), space: "default") == [])
    }

    @Test func `bytes that rotted are not given out to the end`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        let text = String(repeating: "x", count: 700_000)
        let entry = try await bench.put(text, at: "x", of: run)
        let path = "\(bench.folder)/blobs/sha256/\(entry.sha256.prefix(2))/\(entry.sha256)"
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        try Data(repeating: UInt8(ascii: "y"), count: 700_000).write(to: URL(fileURLWithPath: path))
        let refused4 = await refusal { _ = try await bench.read(entry) }
        #expect(refused4?.code == .digestMismatch)
        // Logged again, it is whole again.
        try await bench.put(text, at: "x", of: run)
        #expect(try await bench.read(entry) == text)
    }

    @Test func `what is of another experiment or space is not there`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        try await bench.put("x", at: "x", of: run)
        let elsewhere = try ArtifactPath(proxied: "7/\(run)/artifacts/x")
        let refused5 = await refusal { _ = try await bench.artifacts.entry(at: elsewhere, space: "default") }
        #expect(refused5?.code == .notFound)
        let here = try place(run, "x")
        let refused6 = await refusal { _ = try await bench.artifacts.entry(at: here, space: "other") }
        #expect(refused6?.code == .notFound)
    }
}
