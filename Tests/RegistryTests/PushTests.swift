import Journal
import Registry
import Runtimes
import Serving
import Store
import Tensors
import Testing

struct PushTests {
    @Test func `versions are numbered 1, 2, 3 and keep what was said of them`() async throws {
        let bench = try Bench()
        for number in 1...3 {
            let file = try await bench.upload("model \(number)")
            let outcome = try await bench.push("churn", [file], metrics: ["auc": 0.1 * Double(number)])
            #expect(outcome.isNew)
            #expect(outcome.version.number == number)
            #expect(outcome.version.provenance.metrics == ["auc": 0.1 * Double(number)])
            #expect(outcome.version.description.graphName == "model \(number)")
            #expect(outcome.version.artifact.files == [file])
        }
        #expect(try await bench.registry.version("churn", space: "default").number == 3)
        #expect(try await bench.registry.version("churn", number: 2, space: "default").number == 2)
        #expect(try await bench.store.generation().number == 3)
    }

    @Test func `identical content makes no new version, no event, and is not checked again`() async throws {
        let bench = try Bench()
        let first = try await bench.push("churn", "same")
        _ = try await bench.push("churn", "other")
        let again = try await bench.push("churn", "same")
        #expect(first.isNew && !again.isNew)
        #expect(again.version == first.version)
        #expect(try await bench.store.verify().auditEvents == 2)
        #expect(try await bench.store.generation().number == 2)
        #expect(bench.checker.count == 2)
    }

    @Test func `what a single file is called makes no version`() async throws {
        let bench = try Bench()
        let first = try await bench.push("churn", [try await bench.upload("same", path: "churn.onnx")])
        let second = try await bench.push("churn", [try await bench.upload("same", path: "copy-of-churn.ONNX")])
        #expect(first.isNew && !second.isNew)
        #expect(second.version.number == 1)
        #expect(second.version.artifact.files.map(\.path) == ["model.onnx"])
    }

    @Test func `golden inputs are part of a version, and do not make its file's name one`() async throws {
        let bench = try Bench()
        let golden = try await bench.upload("[]", path: "golden.json")
        let plain = try await bench.push("churn", [try await bench.upload("same", path: "churn.onnx")])
        let first = try await bench.push("churn", [try await bench.upload("same", path: "churn.onnx"), golden])
        let second = try await bench.push("churn", [golden, try await bench.upload("same", path: "other.onnx")])
        #expect(plain.version.number == 1)
        #expect(first.version.number == 2)
        #expect(!second.isNew)
        #expect(second.version.artifact.files.map(\.path) == ["golden.json", "model.onnx"])
    }

    @Test func `the same content under another name is another model's version`() async throws {
        let bench = try Bench()
        let one = try await bench.push("a", "same")
        let two = try await bench.push("b", "same")
        #expect(one.isNew && two.isNew)
        #expect(one.version.artifact.digest == two.version.artifact.digest)
        #expect(try await bench.store.usage().blobs == 1)
    }

    @Test func `racing pushes of different content get different numbers`() async throws {
        let bench = try Bench()
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<12 {
                group.addTask { try await bench.push("churn", "content \(number)").version.number }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(numbers.sorted() == Array(1...12))
        #expect(try await bench.store.verify().problems.isEmpty)
    }

    @Test(arguments: [nil, "one-key"])
    func `racing pushes of identical content make one version`(key: String?) async throws {
        let bench = try Bench()
        let outcomes = try await withThrowingTaskGroup(of: PushOutcome.self) { group in
            for _ in 0..<12 { group.addTask { try await bench.push("churn", "same", key: key) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(outcomes.map(\.version.number)) == [1])
        // Under one key they are one request with one answer; without, only one of them made it.
        #expect(outcomes.filter(\.isNew).count == (key == nil ? 1 : 12))
        #expect(bench.checker.count == 1)
        #expect(try await bench.store.verify().auditEvents == 1)
    }

    @Test func `a retry under its key gets the first answer, another request under it is a conflict`() async throws {
        let bench = try Bench()
        let first = try await bench.push("churn", "one", key: "k")
        let retry = try await bench.push("churn", "one", key: "k")
        #expect(retry == first)
        #expect(await controlError { _ = try await bench.push("churn", "two", key: "k") }?.code == .conflict)
        #expect(await controlError { _ = try await bench.push("other", "one", key: "k") }?.code == .conflict)
        let file = try await bench.upload("one")
        let otherMetrics = await controlError { _ = try await bench.push("churn", [file], metrics: ["a": 1], key: "k") }
        #expect(otherMetrics?.code == .conflict)
        #expect(try await bench.store.generation().number == 1)
    }

    @Test(arguments: [
        (ModelLoadError(.invalidModel, "bad graph"), ControlError.Code.notAModel),
        (ModelLoadError(.unsupportedFormat, "bad format"), .notAModel),
        (ModelLoadError(.timedOut, "took too long"), .checkFailed), (ModelLoadError(.crashed, "it died"), .checkFailed),
        (ModelLoadError(.outOfMemory, "too big"), .checkFailed),
        (ModelLoadError(.fileMissing, "no weights"), .checkFailed),
        (ModelLoadError(.runtimeMissing, "no library"), .unavailable),
    ])
    func `what the checker refuses leaves neither version nor layout, and the reason is told`(
        failure: ModelLoadError, code: ControlError.Code
    ) async throws {
        let bench = try Bench(ScriptedChecker(failure: failure))
        let error = await controlError { _ = try await bench.push("churn", "bytes", key: "k") }
        #expect(error?.code == code)
        #expect(error?.message.contains(failure.message) == true)
        #expect(bench.layouts.isEmpty)
        #expect(try await bench.registry.models(space: "default").items.isEmpty)
        #expect(try await bench.store.generation().number == 0)
        #expect(try await bench.store.verify().problems.isEmpty)
    }

    @Test func `a refused push keeps the layout of a version with the same bytes`() async throws {
        let bench = try Bench()
        _ = try await bench.push("good", "bytes")
        let strict = RegistryService(
            store: bench.store.registry, artifacts: bench.store.artifacts,
            checker: ScriptedChecker(failure: ModelLoadError(.crashed, "it died")))
        let file = try await bench.upload("bytes")
        let error = await controlError {
            _ = try await strict.push(model: "other", space: "default", files: [file], principal: .local)
        }
        #expect(error?.code == .checkFailed)
        #expect(bench.layouts.count == 1)
    }

    @Test func `a pickle under an ONNX name never reaches the checker`() async throws {
        let bench = try Bench()
        let file = try await bench.upload([0x80, 0x04, 0x95, 1, 2, 3])
        let error = await controlError { _ = try await bench.push("churn", [file]) }
        #expect(error?.code == .notAModel)
        #expect(error?.message.contains("pickle") == true)
        #expect(bench.checker.count == 0)
    }

    @Test func `files that were not uploaded, or have another size, are refused`() async throws {
        let bench = try Bench()
        let file = try await bench.upload("bytes")
        let absent = ArtifactReference.File(path: "w.bin", sha256: String(repeating: "0", count: 64), size: 1)
        let error = await controlError { _ = try await bench.push("churn", [file, absent]) }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("w.bin") == true)
        let wrong = ArtifactReference.File(path: file.path, sha256: file.sha256, size: file.size + 1)
        #expect(await controlError { _ = try await bench.push("churn", [wrong]) }?.code == .invalid)
        #expect(bench.checker.count == 0)
    }

    @Test func `bad names, metrics and spaces are refused`() async throws {
        let bench = try Bench()
        let file = try await bench.upload("bytes")
        #expect(await controlError { _ = try await bench.push("../x", [file]) }?.field == "model")
        for value in [Double.nan, .infinity] {
            let error = await controlError { _ = try await bench.push("churn", [file], metrics: ["auc": value]) }
            #expect(error?.field == "metrics")
        }
        let error = await controlError {
            _ = try await bench.registry.push(model: "churn", space: "nowhere", files: [file], principal: .local)
        }
        #expect(error?.code == .notFound)
    }
}

struct ListingTests {
    @Test func `pages join to the whole list, in order, whatever their size`() async throws {
        let bench = try Bench()
        for name in ["b", "a", "C", "z-1", "z.2"] { _ = try await bench.push(name, "model \(name)") }
        for number in 0..<4 { _ = try await bench.push("a", "more \(number)") }
        for limit in 1...6 {
            var names: [String] = []
            var after: String?
            repeat {
                let page = try await bench.registry.models(space: "default", after: after, limit: limit)
                #expect(page.items.count <= limit)
                names += page.items.map(\.name)
                after = page.next
            } while after != nil
            #expect(names == ["C", "a", "b", "z-1", "z.2"])
            var numbers: [Int] = []
            repeat {
                let page = try await bench.registry.versions(of: "a", space: "default", after: after, limit: limit)
                numbers += page.items.map(\.number)
                after = page.next
            } while after != nil
            #expect(numbers == [5, 4, 3, 2, 1])
        }
        let summary = try await bench.registry.model("a", space: "default")
        #expect(summary.versions == 5)
        #expect(summary.latestVersion == 5)
        #expect(summary.latestSize == 6)
    }

    @Test func `unknown models, versions and spaces are not found`() async throws {
        let bench = try Bench()
        _ = try await bench.push("a", "one")
        let registry = bench.registry
        #expect(await controlError { _ = try await registry.model("b", space: "default") }?.code == .notFound)
        #expect(await controlError { _ = try await registry.versions(of: "b", space: "default") }?.code == .notFound)
        #expect(
            await controlError { _ = try await registry.version("a", number: 2, space: "default") }?.code == .notFound)
        #expect(
            await controlError { _ = try await registry.version("a", number: -1, space: "default") }?.code == .notFound)
        #expect(await controlError { _ = try await registry.models(space: "nowhere") }?.code == .notFound)
        let error = await controlError { _ = try await registry.versions(of: "a", space: "default", after: "x") }
        #expect(error?.field == "after")
    }
}
