import Foundation
import Journal
import NIOCore
import Serving
import Synchronization
import Tensors
import Testing

@testable import Monitoring

@Suite struct LedgerTests {
    private static let space = LedgerWorkshop.space
    private static let endpoint = LedgerWorkshop.endpoint

    private static func text(_ export: LedgerExport?) async throws -> String {
        var all = ByteBuffer()
        while let piece = try await export?.next() { all.writeImmutableBuffer(piece) }
        return String(buffer: all)
    }

    private static func export(
        _ ledger: Ledger, _ format: LedgerFormat = .jsonl, _ query: LedgerQuery = LedgerQuery()
    ) async throws -> String {
        try await text(try await ledger.export(space: space, endpoint: endpoint, format: format, query: query))
    }

    @Test func `what many threads hand over at once is there, each row once`() async throws {
        let workshop = LedgerWorkshop()
        let ledger = workshop.ledger()
        let observer = try #require(ledger.observer(of: LedgerWorkshop.entry(LedgerOptions()), as: nil))
        let (threads, each) = (4, 2000)
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            for number in 0..<each { observer.observe(.numbered(thread * each + number)) }
        }
        let report = try await ledger.report(space: Self.space, endpoint: Self.endpoint)
        #expect(report.rows == threads * each)
        #expect(report.counts == ObserverCounts(recorded: UInt64(threads * each)))
        #expect(observer.counts == report.counts)
        let lines = try await Self.export(ledger).split(separator: "\n")
        #expect(Set(lines).count == threads * each)
        ledger.close()
        // And in a ledger that is opened anew.
        let again = workshop.ledger()
        #expect(try await again.report(space: Self.space, endpoint: Self.endpoint).rows == threads * each)
        again.close()
    }

    @Test func `what is handed over before the end is written`() async throws {
        let workshop = LedgerWorkshop()
        let ledger = workshop.ledger()
        let observer = try #require(ledger.observer(of: LedgerWorkshop.entry(LedgerOptions()), as: nil))
        for number in 0..<100 { observer.observe(.numbered(number)) }
        ledger.close()
        #expect(observer.counts.recorded == 100)
    }

    @Test func `a line of JSON has everything that is known of a prediction`() async throws {
        let workshop = LedgerWorkshop()
        let ledger = workshop.ledger()
        let options = LedgerOptions(exclude: ["secret"], hash: ["customer"])
        let observer = try #require(ledger.observer(of: LedgerWorkshop.entry(options), as: "canary"))
        var row = ObservedPrediction.numbered(255, customer: 9)
        row.key = "k1"
        row.requestID = "a\"b"
        row.inputs.append(.numbers("secret", [1]))
        let text = try #require(BytesElements.encode([Array("x".utf8), [0xff]]))
        row.outputs.append(Tensor(checkedName: "t", elementType: .bytes, shape: .vector(2), storage: text))
        observer.observe(row)
        let line = try await Self.export(ledger)
        ledger.close()
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect((object["time"] as? String).flatMap { Timestamp($0) } != nil)
        #expect(object["prediction"] as? String == "000000000000000100000000000000ff")
        #expect(object["request_id"] as? String == "a\"b")
        #expect((object["caller"] as? String, object["key"] as? String) == ("alice", "k1"))
        #expect((object["version"] as? Int, object["revision"] as? Int) == (3, 7))
        #expect((object["variant"] as? String, object["model"] as? String) == ("canary", "churn"))
        #expect(object["error"] is NSNull)
        let inputs = try #require(object["inputs"] as? [[String: Any]])
        #expect(inputs[0]["data"] == nil && (inputs[0]["hashed"] as? [String])?.first?.count == 32)
        #expect(inputs[1]["left_out"] as? String == "excluded")
        let outputs = try #require(object["outputs"] as? [[String: Any]])
        #expect(outputs[0]["data"] as? [Int] == [255])
        #expect(outputs[1]["data"] as? NSArray == ["x", ["b64": "/w=="]] as NSArray)
    }

    @Test func `a CSV has a column for each tensor that any of its rows has`() async throws {
        let workshop = LedgerWorkshop()
        let ledger = workshop.ledger()
        let observer = try #require(ledger.observer(of: LedgerWorkshop.entry(LedgerOptions(exclude: ["z"])), as: nil))
        var row = ObservedPrediction.numbered(1, customer: 5)
        row.requestID = "a,\"b\""
        observer.observe(row)
        var other = ObservedPrediction.numbered(2)
        let shape = try Shape([2, 1])
        other.inputs = [
            Tensor(
                checkedName: "x", elementType: .int64, shape: shape, storage: Tensor.numbers("", [3, 4]).storage),
            .numbers("z", [1]),
        ]
        other.fault = .failed
        other.outputs = []
        observer.observe(other)
        let text = try await Self.export(ledger, .csv)
        ledger.close()
        let lines = text.components(separatedBy: "\r\n")
        #expect(
            lines[0]
                == "time,prediction,request_id,caller,key,version,revision,variant,error,latency_ms,trace,input:customer,"
                + "input:x,input:z,output:y")
        #expect(lines[1].hasSuffix(#",00000000000000010000000000000001,"a,""b""",alice,,3,7,,,1e-06,,[5],,,[1]"#))
        #expect(lines[2].hasSuffix(#",r2,alice,,3,7,,failed,2e-06,,,"[[3],[4]]",(excluded),"#))
        #expect(lines[3...] == [""])
    }

    @Test func `an endpoint without the option has no observer, and its ledger is empty`() async throws {
        let workshop = LedgerWorkshop()
        let ledger = workshop.ledger()
        #expect(ledger.observer(of: LedgerWorkshop.entry(nil), as: nil) == nil)
        #expect(try await ledger.report(space: Self.space, endpoint: Self.endpoint).rows == 0)
        #expect(
            try await ledger.export(space: Self.space, endpoint: Self.endpoint, format: .csv, query: LedgerQuery())
                == nil)
        ledger.close()
        #expect(!FileManager.default.fileExists(atPath: workshop.folder))
    }

    @Test func `what is forgotten is gone from the ledger that goes on`() async throws {
        let workshop = LedgerWorkshop()
        let ledger = workshop.ledger()
        let options = LedgerOptions(hash: ["customer"])
        let observer = try #require(ledger.observer(of: LedgerWorkshop.entry(options), as: nil))
        for number in 0..<10 { observer.observe(.numbered(number, customer: number % 2)) }
        let forgotten = try await ledger.forget(
            space: Self.space, endpoint: Self.endpoint, field: "customer", value: "1")
        #expect((forgotten.rows, forgotten.withField) == (5, 10))
        observer.observe(.numbered(10, customer: 1))
        #expect(try await ledger.report(space: Self.space, endpoint: Self.endpoint).rows == 6)
        ledger.close()
    }

    @Test func `nothing is left of a space that is gone`() async throws {
        let workshop = LedgerWorkshop()
        let ledger = workshop.ledger()
        let observer = try #require(ledger.observer(of: LedgerWorkshop.entry(LedgerOptions()), as: nil))
        observer.observe(.numbered(1))
        _ = try await ledger.report(space: Self.space, endpoint: Self.endpoint)
        await ledger.remove(space: Self.space)
        #expect(try await ledger.report(space: Self.space, endpoint: Self.endpoint).rows == 0)
        #expect(LedgerFolder.names(workshop.folder + "/default/churn").isEmpty)
        ledger.close()
    }
}
