import AsyncHTTPClient
import Deployments
import Foundation
import Journal
import Logging
import ManagementGateway
import NIOCore
import NIOHTTP1
import Serving

/// Asks other systems over HTTP whether a candidate may go on: Prometheus and webhooks.
///
/// Nothing of an answer is kept or shown but one number, or whether it passed: whoever names an address here must not
/// read through this server what they could not read themselves. Redirects are not followed.
final class OutsideChecks: RolloutCheckRunning {
    /// Bytes of an answer at most.
    private static let largest = 64 << 10

    private let http: HTTPClient
    private let traces: RolloutTraces
    private let logger: Logger

    /// - Parameter traces: the traces that rollouts were started in, which the calls for them are parts of.
    init(traces: RolloutTraces, logger: Logger) {
        self.traces = traces
        self.logger = logger
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func ask(_ check: RolloutCheck, about subject: RolloutCheckSubject) async -> CheckResult {
        let timeout = TimeAmount.seconds(Int64(check.timeoutSeconds))
        let (trace, fields) = traces.headers(
            space: subject.space, endpoint: subject.endpoint, rollout: subject.rollout)
        logger.debug(
            "asking another system for a rollout",
            metadata: [
                "endpoint.space": "\(subject.space)", "endpoint.name": "\(subject.endpoint)",
                "rollout.number": "\(subject.rollout)", "check.name": "\(check.name)", "trace.id": "\(trace.id.text)",
            ])
        do throws(Unavailable) {
            switch check.question {
            case .prometheus(let url, let query, let minimum, let maximum):
                var request = try Self.query(query, at: url)
                for field in fields { request.headers.add(name: field.name, value: field.value) }
                let value = try Self.number(try await answer(to: request, within: timeout))
                return Self.judge(value, minimum, maximum, check.name)
            case .webhook(let url):
                var request = Self.call(url, check, subject)
                for field in fields { request.headers.add(name: field.name, value: field.value) }
                let passed = try Self.passed(try await answer(to: request, within: timeout))
                return CheckResult(
                    name: check.name, outcome: passed ? .passed : .failed,
                    detail: passed ? "the webhook lets it pass" : "the webhook does not let it pass")
            }
        } catch {
            return CheckResult(name: check.name, outcome: .unavailable, detail: error.why)
        }
    }

    /// Closes its connections; to be called once, last.
    func close() async { try? await http.shutdown() }

    private struct Unavailable: Error {
        let why: String
    }

    private func answer(to request: HTTPClientRequest, within timeout: TimeAmount) async throws(Unavailable) -> Data {
        do {
            let response = try await http.execute(request, deadline: .now() + timeout)
            guard (200..<300).contains(response.status.code) else {
                throw Unavailable(why: "it answered with status \(response.status.code)")
            }
            return Data(try await response.body.collect(upTo: Self.largest).readableBytesView)
        } catch let error as Unavailable {
            throw error
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
            throw Unavailable(why: "it did not answer in time")
        } catch is NIOTooManyBytesError {
            throw Unavailable(why: "it answered with more than \(Self.largest) bytes")
        } catch {
            throw Unavailable(why: "it cannot be reached")
        }
    }

    // MARK: - Prometheus

    private static func query(_ query: String, at server: String) throws(Unavailable) -> HTTPClientRequest {
        guard var parts = URLComponents(string: server) else { throw Unavailable(why: "its address is no address") }
        let base = parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path
        parts.path = base + "/api/v1/query"
        parts.queryItems = [URLQueryItem(name: "query", value: query)]
        // A plus sign means a space to whoever reads a query.
        parts.percentEncodedQuery = parts.percentEncodedQuery?.replacing("+", with: "%2B")
        guard let url = parts.string else { throw Unavailable(why: "its address is no address") }
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "accept", value: "application/json")
        return request
    }

    private struct PrometheusAnswer: Decodable {
        struct Content: Decodable {
            var resultType: String
            var result: Result
        }

        /// A scalar, or the samples of a vector: a time and a number as text.
        enum Result: Decodable {
            case values([String])

            init(from decoder: any Decoder) throws {
                struct Sample: Decodable {
                    var value: Pair
                }
                struct Pair: Decodable {
                    var text: String

                    init(from decoder: any Decoder) throws {
                        var pair = try decoder.unkeyedContainer()
                        _ = try pair.decode(Double.self)
                        text = try pair.decode(String.self)
                    }
                }
                if let pair = try? Pair(from: decoder) {
                    self = .values([pair.text])
                } else {
                    self = .values(try [Sample](from: decoder).map(\.value.text))
                }
            }
        }

        var status: String
        var data: Content?
    }

    private static func number(_ data: Data) throws(Unavailable) -> Double {
        guard let answer = try? JSONDecoder().decode(PrometheusAnswer.self, from: data), answer.status == "success",
            case .values(let values)? = answer.data?.result
        else { throw Unavailable(why: "its answer is not one of Prometheus to an instant query") }
        guard values.count == 1, let text = values.first else {
            throw Unavailable(why: "the query gives \(values.count) series, one is needed")
        }
        guard let value = Double(text), !value.isNaN else { throw Unavailable(why: "the query gives no number") }
        return value
    }

    private static func judge(_ value: Double, _ minimum: Double?, _ maximum: Double?, _ name: String) -> CheckResult {
        let passed = value >= minimum ?? -.infinity && value <= maximum ?? .infinity
        let limits = [minimum.map { "at least \($0)" }, maximum.map { "at most \($0)" }].compactMap { $0 }
        return CheckResult(
            name: name, outcome: passed ? .passed : .failed,
            detail: "the query gives \(value), allowed is \(limits.joined(separator: " and "))")
    }

    // MARK: - Webhooks

    private static func call(
        _ url: String, _ check: RolloutCheck, _ subject: RolloutCheckSubject
    ) -> HTTPClientRequest {
        struct Question: Encodable {
            var check: String
            var subject: RolloutCheckSubject

            func encode(to encoder: any Encoder) throws {
                try subject.encode(to: encoder)
                var members = encoder.container(keyedBy: CodingKeys.self)
                try members.encode(check, forKey: .check)
            }

            private enum CodingKeys: String, CodingKey { case check }
        }
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        let body = (try? JSONEncoder().encode(Question(check: check.name, subject: subject))) ?? Data("{}".utf8)
        request.body = .bytes(ByteBuffer(bytes: body))
        return request
    }

    private static func passed(_ data: Data) throws(Unavailable) -> Bool {
        struct Verdict: Decodable {
            var passed: Bool
        }
        guard let verdict = try? JSONDecoder().decode(Verdict.self, from: data) else {
            throw Unavailable(why: "its answer is not {\"passed\": true} or {\"passed\": false}")
        }
        return verdict.passed
    }
}
