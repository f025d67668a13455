import Logging
import Synchronization
import Tensors
import Testing

@testable import Serving

@Suite struct TraceContextTests {
    private static let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private static func read(_ text: String) -> TraceContext? {
        Array(text.utf8).withUnsafeBytes { TraceContext($0) }
    }

    @Test func `a valid header is read and written the same`() throws {
        let trace = try #require(Self.read(Self.valid))
        #expect(trace.id.text == "0af7651916cd43dd8448eb211c80319c")
        #expect(trace.parent == 0xb7ad_6b71_6920_3331 && trace.flags == 1)
        #expect(trace.text == Self.valid)
        #expect(trace.with(parent: 10).text == "00-0af7651916cd43dd8448eb211c80319c-000000000000000a-01")
    }

    @Test func `a later version is read as far as this one goes, and flags that are not known are not passed on`()
        throws
    {
        for text in [Self.valid, Self.valid + "-more", Self.valid + "-"] {
            #expect(Self.read("cc" + text.dropFirst(2)) != nil)
        }
        let trace = try #require(Self.read(Self.valid.dropLast(2) + "ff"))
        #expect(trace.flags == 0xff && trace.text == Self.valid)
    }

    @Test(arguments: [
        "", "00", valid.uppercased(), "ff" + valid.dropFirst(2), String(valid.dropLast()), valid + "-x", valid + " ",
        "0" + valid, "cc" + valid.dropFirst(2) + "x",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
    ])
    func `what is not valid is as if it were not there`(text: String) { #expect(Self.read(text) == nil) }
}

@Suite struct FailureLogTests {
    /// Keeps what is said.
    private final class Said: Sendable {
        let lines = Mutex<[(level: Logger.Level, metadata: Logger.Metadata)]>([])

        func logger(_ level: Logger.Level) -> Logger {
            var logger = Logger(label: "test") { _ in Handler(said: self) }
            logger.logLevel = level
            return logger
        }

        struct Handler: LogHandler {
            let said: Said
            var logLevel = Logger.Level.info
            var metadata: Logger.Metadata = [:]

            init(said: Said) { self.said = said }

            subscript(metadataKey key: String) -> Logger.Metadata.Value? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }

            func log(event: LogEvent) { said.lines.withLock { $0.append((event.level, event.metadata ?? [:])) } }
        }
    }

    private static func report(_ log: FailureLog, _ fault: PredictionFault, trace: TraceContext? = nil) {
        let entry = EndpointEntry(
            space: "default", name: "churn", model: "churn", version: 3, revision: 7,
            artifact: ArtifactReference(digest: "d", format: "onnx", files: []),
            description: .init(format: "onnx", signature: .init(inputs: [], outputs: [])), options: EndpointOptions(),
            isLoaded: true)
        log.report(fault, of: PredictionID(high: 1, low: 2), trace: trace, caller: "ann", at: entry)
    }

    @Test func `a failure is said with the prediction's id and its trace`() throws {
        let said = Said()
        let trace = TraceContext(id: TraceID(high: 3, low: 4), parent: 5, flags: 0)
        let log = FailureLog(logger: said.logger(.info))
        Self.report(log, .failed, trace: trace)
        Self.report(log, .invalidRequest)
        let lines = said.lines.withLock { $0 }
        #expect(lines.map(\.level) == [.warning])
        let about = try #require(lines.first).metadata.mapValues { "\($0)" }
        #expect(
            about == [
                "prediction.id": "00000000000000010000000000000002", "error.kind": "failed", "caller.id": "ann",
                "endpoint.space": "default", "endpoint.name": "churn", "model.version": "churn:3",
                "endpoint.revision": "7", "trace.id": "00000000000000030000000000000004",
            ])
    }

    @Test func `what callers did wrong is said to those who debug`() {
        let said = Said()
        Self.report(FailureLog(logger: said.logger(.debug)), .tooLarge)
        #expect(said.lines.withLock { $0.map(\.level) } == [.debug])
    }

    @Test func `of many failures some are said each second, and how many were left out`() {
        let said = Said()
        let seconds = CountedSeconds()
        let log = FailureLog(logger: said.logger(.info)) { seconds.nanoseconds }
        for _ in 0..<100 { Self.report(log, .overloaded) }
        #expect(said.lines.withLock(\.count) == FailureLog.perSecond)
        seconds.pass()
        Self.report(log, .overloaded)
        Self.report(log, .overloaded)
        let last = said.lines.withLock { $0.suffix(2).map { $0.metadata["left_out"].map { "\($0)" } } }
        #expect(last == ["90", nil])
    }

    private final class CountedSeconds: Sendable {
        private let seconds = Mutex<UInt64>(100)

        var nanoseconds: UInt64 { seconds.withLock { $0 * 1_000_000_000 } }

        func pass() { seconds.withLock { $0 += 1 } }
    }
}
