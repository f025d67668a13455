import Foundation
import Journal
import Registry
import Serving
import Synchronization
import Testing

@testable import Store

/// Takes an image of the data folder before and after each call that makes bytes durable: what a process killed there would
/// leave. Power cuts, where unsynced bytes go too, are not shown by this.
private final class CrashImages: Sendable {
    private let workshop: Workshop
    private let taken = Mutex<[Workshop]>([])
    private let isOn = Atomic<Bool>(false)

    init(of workshop: Workshop) { self.workshop = workshop }

    var images: [Workshop] { taken.withLock { $0 } }

    func begin() { isOn.store(true, ordering: .relaxed) }

    func take() {
        guard isOn.load(ordering: .relaxed), let image = try? Workshop() else { return }
        let copied = (try? FileManager.default.copyItem(atPath: workshop.data, toPath: image.data)) != nil
        if copied { taken.withLock { $0.append(image) } }
    }

    private func around<Value>(_ body: () -> Value) -> Value {
        take()
        let value = body()
        let number = errno
        take()
        errno = number
        return value
    }

    var calls: FileCalls {
        let real = FileCalls()
        var calls = FileCalls()
        calls.write = { [self] file, bytes in
            around { real.write(file, UnsafeRawBufferPointer(rebasing: bytes.prefix(100 << 10))) }
        }
        calls.fsync = { [self] file in around { real.fsync(file) } }
        calls.rename = { [self] from, to in around { real.rename(from, to) } }
        return calls
    }
}

struct CrashTests {
    private static let weights = (0..<(200 << 10)).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    /// What a client does, from the beginning, as a retry does it.
    private static func push(_ store: Store) async throws -> PushOutcome {
        let model = try await store.upload(Array("the model".utf8))
        let weights = try await store.upload(Self.weights).at("weights.bin")
        return try await store.service.push(
            model: "churn", space: "default", files: [model, weights], principal: .local, idempotencyKey: "one")
    }

    @Test func `killed at any write, sync or rename of a push, the folder opens clean and a retry converges`()
        async throws
    {
        let workshop = try Workshop()
        let crash = CrashImages(of: workshop)
        let store = try workshop.open(calls: crash.calls)
        crash.begin()
        let outcome = try await Self.push(store)
        crash.take()
        let images = crash.images
        #expect(images.count > 20)
        var completed = 0
        for image in images {
            let again = try image.open()
            #expect(image.files("tmp").isEmpty)
            let found = try await again.verify()
            #expect(found.problems.isEmpty)
            completed += found.auditEvents
            let retried = try await Self.push(again)
            #expect(retried.version.number == 1)
            #expect(retried.version.artifact == outcome.version.artifact)
            #expect(retried.isNew)
            _ = try again.artifacts.locate(retried.version.artifact)
            let after = try await again.verify()
            #expect(after.problems.isEmpty)
            #expect(after.auditEvents == 1)
        }
        // The last image was taken after the acknowledgement; in it, and only from there on, the version is there.
        #expect(completed == 1)
    }
}
