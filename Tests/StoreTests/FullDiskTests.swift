import Foundation
import Journal
import Registry
import Synchronization
import Testing

@testable import Store

struct FullDiskTests {
    enum Call: CaseIterable { case write, fileSync, rename, folderSync }

    /// Calls that fail with `number` in one place while `isBroken`.
    private static func failing(_ call: Call, _ number: Int32, _ isBroken: Switch) -> FileCalls {
        var calls = FileCalls()
        let real = FileCalls()
        calls.write = { file, bytes in
            guard call == .write, isBroken.isOn else { return real.write(file, bytes) }
            errno = number
            return -1
        }
        calls.fsync = { file in
            var status = stat()
            let isFolder = fstat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            guard call == (isFolder ? .folderSync : .fileSync), isBroken.isOn else { return real.fsync(file) }
            errno = number
            return -1
        }
        calls.rename = { from, to in
            guard call == .rename, isBroken.isOn else { return real.rename(from, to) }
            errno = number
            return -1
        }
        return calls
    }

    private final class Switch: Sendable {
        private let state = Atomic<Bool>(false)
        var isOn: Bool {
            get { state.load(ordering: .relaxed) }
            set { state.store(newValue, ordering: .relaxed) }
        }
    }

    @Test(arguments: [Call.write, .fileSync, .rename, .folderSync], [ENOSPC, EDQUOT, EFBIG])
    func `a full disk at any call of an upload is said, leaves nothing acknowledged, and passes`(
        call: Call, number: Int32
    ) async throws {
        let workshop = try Workshop()
        let isBroken = Switch()
        let store = try workshop.open(calls: Self.failing(call, number, isBroken))
        let bytes = [UInt8](repeating: 3, count: 600 << 10)
        isBroken.isOn = true
        #expect(await controlError { try await store.upload(bytes) }?.code == .storageFull)
        #expect(workshop.files("tmp").isEmpty)
        #expect(try await store.usage().blobs == 0)
        isBroken.isOn = false
        try await store.upload(bytes)
        #expect(try await store.verify().isIntact)
    }

    @Test func `any other failure of the disk is not taken for a full one`() async throws {
        let workshop = try Workshop()
        let isBroken = Switch()
        let store = try workshop.open(calls: Self.failing(.fileSync, EIO, isBroken))
        isBroken.isOn = true
        #expect(await controlError { try await store.upload([1]) }?.code == .internalFailure)
        #expect(try await store.usage().blobs == 0)
    }

    /// A small file system of one's own needs the right to mount; the failing calls above need nothing.
    private static let mayMount: Bool = {
        let folder = NSTemporaryDirectory() + "slipway-mount-\(UUID().uuidString)"
        guard mkdir(folder, 0o700) == 0 else { return false }
        defer { rmdir(folder) }
        guard mount("tmpfs", folder, "tmpfs", 0, "size=64k") == 0 else { return false }
        return umount(folder) == 0
    }()

    @Test(.enabled(if: mayMount, "this user may not mount a small file system"))
    func `a file system that really is full refuses, keeps what it had, and goes on after room was made`()
        async throws
    {
        let workshop = try Workshop()
        try FileManager.default.createDirectory(atPath: workshop.data, withIntermediateDirectories: true)
        try #require(mount("tmpfs", workshop.data, "tmpfs", 0, "size=4m") == 0)
        defer { umount2(workshop.data, Int32(MNT_DETACH)) }
        let store = try workshop.open()
        try await store.push("churn", "kept")
        let large = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0) }
        // With the size announced, it is refused before a byte came.
        #expect(await controlError { try await store.upload(large) }?.code == .storageFull)
        let error = await controlError {
            let upload = try await store.blobs.beginUpload(
                space: "default", sha256: String(repeating: "a", count: 64), declaredSize: nil, principal: .local)
            for _ in 0..<32 { try await upload.append([UInt8](repeating: 1, count: 256 << 10)) }
        }
        #expect(error?.code == .storageFull)
        #expect(workshop.files("tmp").isEmpty)
        try await store.push("churn", "after")
        #expect(try await store.service.version("churn", space: "default").number == 2)
        #expect(try await store.verify().isIntact)
    }

    @Test(.enabled(if: mayMount, "this user may not mount a small file system"))
    func `a disk too full for the database says so, changes nothing, and recovers`() async throws {
        let workshop = try Workshop()
        try FileManager.default.createDirectory(atPath: workshop.data, withIntermediateDirectories: true)
        try #require(mount("tmpfs", workshop.data, "tmpfs", 0, "size=4m") == 0)
        defer { umount2(workshop.data, Int32(MNT_DETACH)) }
        let store = try workshop.open()
        let file = try await store.upload([9])
        let filler = workshop.data + "/filler"
        let handle = open(filler, O_WRONLY | O_CREAT, 0o600)
        let page = [UInt8](repeating: 0, count: 4096)
        while write(handle, page, page.count) > 0 {}
        close(handle)
        let before = try await store.generation()
        let push = { () async throws in
            _ = try await store.service.push(
                model: "churn", space: "default", files: [file], principal: .local, idempotencyKey: "k")
        }
        #expect(await controlError(push)?.code == .storageFull)
        #expect(try await store.generation() == before)
        unlink(filler)
        #expect(await controlError(push) == nil)
        #expect(try await store.generation().number == before.number + 1)
        #expect(try await store.verify().isIntact)
    }
}
