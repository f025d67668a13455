import NIOCore
import NIOEmbedded
import Serving
import Testing

@testable import Gateway

@Suite struct PipeliningTests {
    @Test func `predict, manage, predict in one piece are answered in order`() async throws {
        let workshop = try await Workshop()
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                let manage = Request.text("GET", "/api/v1/spaces")
                try await session.send(Request.predict("fast") + manage + Request.predict("fast", fields: ["X: 1"]))
                var answers: [WireAnswer] = []
                for _ in 0..<3 { answers.append(try #require(try await session.answer())) }
                #expect(answers.map(\.status) == [200, 200, 200])
                #expect(answers[0].text.contains("\"outputs\""))
                #expect(answers[1].text.contains("\"items\""))
                #expect(answers[2].text.contains("\"outputs\""))
                #expect(Set(answers.map { $0["slipway-prediction-id"] }).count == 3)
            }
        }
    }

    @Test func `a slow prediction keeps its place before fast ones`() async throws {
        let workshop = try await Workshop()
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                try await session.send(Request.predict("slow") + Request.text("GET", "/v2") + Request.predict("fast"))
                await workshop.runtime.gate.whenArrived()
                // Others are answered meanwhile.
                let other = try await Wire.connect(address) { try await $0.ask("GET", "/v2/models/fast/ready") }
                #expect(other.status == 200)
                workshop.runtime.gate.open()
                let first = try #require(try await session.answer())
                #expect(try first.object()["model_name"] as? String == "slow")
                let second = try #require(try await session.answer())
                #expect(try second.object()["name"] as? String == "slipway")
                let third = try #require(try await session.answer())
                #expect(try third.object()["model_name"] as? String == "fast")
            }
        }
    }

    @Test func `many requests in one piece are all answered`() async throws {
        let bench = try Bench(try await Workshop())
        let one = Request.text("GET", "/v2/models/fast") + Request.text("GET", "/v2/models/none")
        let answers = bench.exchange(String(repeating: one, count: 200))
        #expect(answers.count == 400)
        #expect(answers.enumerated().allSatisfy { $0.element.status == ($0.offset % 2 == 0 ? 200 : 404) })
        #expect(bench.isOpen)
    }

    @Test func `a connection that never pauses between requests keeps no more than one of them`() async throws {
        let bench = try Bench(try await Workshop())
        let connection = try bench.channel.pipeline.syncOperations.handler(type: HTTPConnection.self)
        let padding = "X-Padding: " + String(repeating: "a", count: 1000)
        let request = Array(Request.text("GET", "/v2", fields: [padding]).utf8)
        bench.send(Array(request.dropLast()))
        for _ in 0..<100 { bench.send(Array(request.suffix(1) + request.dropLast())) }
        #expect(bench.answers().count == 100)
        #expect(connection.buffer.capacity <= 16 << 10)
    }

    @Test func `a client that has nothing more to say gets its answer and then the end`() async throws {
        let workshop = try await Workshop()
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                try await session.send(Request.text("GET", "/api/v1/spaces"))
                session.finish()
                let answer = try #require(try await session.answer())
                #expect(answer.status == 200)
                #expect(try await session.answer() == nil)
            }
        }
    }

    @Test func `a client that leaves a slow prediction has it given up`() async throws {
        let workshop = try await Workshop()
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                try await session.send(Request.predict("slow"))
                await workshop.runtime.gate.whenArrived()
            }
            await workshop.runtime.gate.whenTerminated()
        }
        #expect(workshop.dataPlane.endpoint(space: "default", name: "slow")?.statistics.snapshot().successes == 0)
    }

    @Test func `draining lets what is under way finish and ends idle connections`() async throws {
        let workshop = try await Workshop()
        try await workshop.serving { address in
            try await Wire.connect(address) { idle in
                _ = try await idle.ask("GET", "/v2")
                try await Wire.connect(address) { busy in
                    try await busy.send(Request.predict("slow"))
                    await workshop.runtime.gate.whenArrived()
                    async let drained: Void = workshop.door.drain(within: .seconds(30))
                    #expect(try await idle.answer() == nil)
                    workshop.runtime.gate.open()
                    let last = try #require(try await busy.answer())
                    #expect(last.status == 200)
                    #expect(last["connection"] == "close")
                    #expect(try await busy.answer() == nil)
                    busy.finish()
                    await drained
                }
            }
        }
        #expect(!workshop.context.memory.isReady)
    }

    @Test func `what does not finish in time is ended by draining`() async throws {
        let workshop = try await Workshop()
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                try await session.send(Request.predict("slow"))
                await workshop.runtime.gate.whenArrived()
                await workshop.door.drain(within: .milliseconds(1))
                let last = try? await session.answer()
                #expect(last == nil)
            }
            await workshop.runtime.gate.whenTerminated()
        }
    }

    @Test func `connections beyond the bound wait until others end`() async throws {
        var limits = HTTPLimits()
        limits.connections = 1
        let workshop = try await Workshop(limits: limits)
        try await workshop.serving { address in
            let waiting = try await Wire.connect(address) { first in
                _ = try await first.ask("GET", "/v2")
                let second = Task {
                    try await Wire.connect(address) { try await $0.ask("GET", "/v2/models/fast/ready") }
                }
                // The first is still served after the second has come.
                let again = try await first.ask("GET", "/v2")
                #expect(again.status == 200)
                return second
            }
            let answer = try await waiting.value
            #expect(answer.status == 200)
        }
    }
}
