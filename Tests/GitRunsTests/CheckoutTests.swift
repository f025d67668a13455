import Foundation
import GitRuns
import Journal
import Testing

/// A folder of its own, gone when the test ends.
final class ScratchFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/slipway-checkout-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path + "/tree", withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var tree: String { path + "/tree" }

    /// In the tree, with the folders it needs.
    func write(_ name: String, _ text: String = "text\n") throws {
        let place = tree + "/" + name
        try FileManager.default.createDirectory(
            atPath: (place as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: place))
    }

    func link(_ name: String, to target: String) { #expect(symlink(target, tree + "/" + name) == 0) }
}

@Suite struct CheckoutTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
        try scratch.write("train.py")
        try scratch.write("data/train.csv", "a,b\n1,2\n")
    }

    private func inspect(mostFiles: Int = 1000, mostBytes: Int = 1 << 20) throws -> Checkout {
        try Checkout.inspect(scratch.tree, mostFiles: mostFiles, mostBytes: mostBytes)
    }

    private func refusal(mostFiles: Int = 1000, mostBytes: Int = 1 << 20) -> String {
        let error = #expect(throws: ControlError.self) { try inspect(mostFiles: mostFiles, mostBytes: mostBytes) }
        #expect(error?.code == .refused)
        return error?.message ?? ""
    }

    @Test func `files, folders and links among them are taken`() throws {
        scratch.link("latest.csv", to: "data/train.csv")
        scratch.link("data/up", to: "../train.py")
        scratch.link("data/not-made-yet", to: "../out/model.onnx")
        let checkout = try inspect()
        #expect(checkout.bytes == 5 + 8)
        #expect(checkout.files == 6)
        #expect(checkout.pointers.isEmpty)
    }

    @Test(arguments: [
        "/etc/passwd", "../outside", "data/../../outside", "data/../..", "../tree/train.py", "..", ".git/config",
        "data/../.GIT/hooks/pre-commit",
    ])
    func `a link that leads out is refused with where it leads`(_ target: String) throws {
        scratch.link("innocent", to: target)
        let message = refusal()
        #expect(message.contains("innocent"))
        #expect(message.contains(target))
    }

    @Test func `a link through another link is followed to its end`() throws {
        scratch.link("data/here", to: ".")
        scratch.link("one", to: "data/here/here/here/train.csv")
        _ = try inspect()
        // Each of the two is inside when it is read alone.
        scratch.link("data/back", to: "..")
        _ = try inspect()
        scratch.link("two", to: "data/back/../outside")
        #expect(refusal().contains("two"))
    }

    @Test func `links in circles are refused`() throws {
        scratch.link("one", to: "two")
        scratch.link("two", to: "one")
        #expect(refusal().contains("circles"))
    }

    @Test func `a second name of a file is refused, wherever the first is`() throws {
        try Data("secret".utf8).write(to: URL(fileURLWithPath: scratch.path + "/outside"))
        #expect(link(scratch.path + "/outside", scratch.tree + "/data/copy") == 0)
        #expect(refusal().contains("'data/copy' is a hard link"))
    }

    @Test func `a pipe is refused`() throws {
        #expect(mkfifo(scratch.tree + "/pipe", 0o600) == 0)
        #expect(refusal().contains("'pipe' is neither"))
    }

    @Test func `submodules are refused`() throws {
        try scratch.write(".gitmodules", "[submodule \"x\"]\n")
        #expect(refusal().contains("submodule"))
    }

    @Test func `git's own folder is left alone at the top and refused below`() throws {
        try scratch.write(".git/config")
        scratch.link(".git/link", to: "/etc/passwd")
        _ = try inspect()
        try scratch.write("vendor/.Git/config")
        #expect(refusal().contains("vendor/.Git"))
    }

    @Test func `names with control characters are refused, and shown without them`() throws {
        try scratch.write("data/a\u{1B}[2Jb")
        let message = refusal()
        #expect(message.contains("control characters"))
        #expect(!message.contains("\u{1B}"))
    }

    @Test func `more files or bytes than are allowed are refused`() throws {
        #expect(refusal(mostFiles: 2).contains("more than 2 files"))
        #expect(refusal(mostBytes: 12).contains("more than 12 bytes"))
        #expect(try inspect(mostFiles: 3, mostBytes: 13).files == 3)
    }

    @Test func `pointers of Git LFS are found, and can be refused by name`() throws {
        let oid = String(repeating: "4d", count: 32)
        try scratch.write("big.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:\(oid)\nsize 12345\n")
        let checkout = try inspect()
        #expect(checkout.pointers["big.csv"] == LFSPointer(Array(pointer(oid: oid, size: "12345").utf8)))
        try checkout.refusePointers(among: ["data/train.csv", "big.csv.old", "big"])
        let error = #expect(throws: ControlError.self) { try checkout.refusePointers(among: ["x", "big.csv"]) }
        #expect(error?.message.contains("'big.csv' is a pointer of Git LFS, not the file of 12345 bytes") == true)
    }

    private func pointer(oid: String, size: String) -> String {
        "version https://git-lfs.github.com/spec/v1\noid sha256:\(oid)\nsize \(size)\n"
    }

    @Test func `what only looks like a pointer is none`() {
        let oid = String(repeating: "4d", count: 32)
        let texts = [
            "", "version https://git-lfs.github.com/spec/v1\n", pointer(oid: "4d", size: "1"),
            pointer(oid: oid, size: "-1"), pointer(oid: oid, size: "99999999999999999999"),
            pointer(oid: oid.uppercased(), size: "1"), "# \(pointer(oid: oid, size: "1"))",
            String(pointer(oid: oid, size: "1").dropLast()),
            pointer(oid: oid, size: "1") + String(repeating: "x y\n", count: 300),
        ]
        for text in texts { #expect(LFSPointer(Array(text.utf8)) == nil, "\(text)") }
        let extended = "version https://hawser.github.com/spec/v1\next-0-foo sha256:\(oid)\noid sha256:\(oid)\nsize 0\n"
        #expect(LFSPointer(Array(extended.utf8))?.size == 0)
    }

    @Test func `a file that a document names is found inside, by links too, and nowhere else`() throws {
        let root = try inspect().root
        scratch.link("latest.csv", to: "data/train.csv")
        let found = try CheckoutFile.locate("latest.csv", in: root, field: "pipeline.model.file")
        #expect(found == root + "/data/train.csv")
        // As a command may leave it behind.
        scratch.link("out.onnx", to: "/etc/hostname")
        #expect(link(scratch.tree + "/train.py", scratch.tree + "/twin") == 0)
        for name in ["../outside", "/etc/passwd", "data", "", "missing", "out.onnx", "twin", "a\0b", ".git/config"] {
            let error = #expect(throws: ControlError.self, "\(name)") {
                try CheckoutFile.locate(name, in: root, field: "pipeline.model.file")
            }
            #expect(error?.field == "pipeline.model.file")
            #expect(error?.code == .invalid)
        }
    }
}

@Suite struct TreeListingTests {
    private func line(_ mode: String, _ type: String, _ size: String, _ path: String) -> [UInt8] {
        Array("\(mode) \(type) \(String(repeating: "a", count: 40)) \(size)\t\(path)\0".utf8)
    }

    private func file(_ path: String, size: String = "     10") -> [UInt8] { line("100644", "blob", size, path) }

    @Test func `files and their bytes are counted`() throws {
        let output = file("a") + file("b/c d\u{E9}", size: "5") + line("120000", "blob", "  3", "link")
        let listing = try TreeListing(output: output, mostBytes: 18)
        #expect(listing.files == 3)
        #expect(listing.bytes == 18)
        #expect(try TreeListing(output: [], mostBytes: 0).files == 0)
    }

    @Test(arguments: ["../a", "a/../b", "/a", "a//b", "./a", ".git/hooks/x", "a/.GIT/x", "", "a\u{7}b", "a\nb"])
    func `names that lead elsewhere are refused`(_ path: String) {
        let error = #expect(throws: ControlError.self) {
            try TreeListing(output: file("fine") + file(path), mostBytes: 1000)
        }
        #expect(error?.code == .refused)
        #expect(error?.field == "repository")
    }

    @Test func `submodules are refused by either of their marks`() {
        for output in [line("160000", "commit", "-", "vendor/lib"), file(".gitmodules")] {
            let error = #expect(throws: ControlError.self) { try TreeListing(output: output, mostBytes: 1000) }
            #expect(error?.message.contains("submodule") == true)
        }
    }

    @Test func `sizes are added without overflow, and bounded`() {
        let huge = file("a", size: "9223372036854775807") + file("b", size: "9223372036854775807")
        for output in [huge, file("a", size: "1001")] {
            let error = #expect(throws: ControlError.self) { try TreeListing(output: output, mostBytes: 1000) }
            #expect(error?.code == .refused)
        }
    }

    @Test(arguments: [
        "garbage", "100644 blob aa 1 no tab", "100644 blob\tx", "100644 blob aa -5\tx", "100644 blob aa zz\tx",
    ])
    func `what is no listing is not taken for one`(_ text: String) {
        let error = #expect(throws: ControlError.self) { try TreeListing(output: Array(text.utf8), mostBytes: 1000) }
        #expect(error?.code == .internalFailure)
    }
}
