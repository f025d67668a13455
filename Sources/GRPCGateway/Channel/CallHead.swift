import Gateway
import HTTP2
import Journal
import Serving

/// What the head of a request says of a call. The same head means the same, so connections keep these.
final class CallHead: Sendable {
    let method: GRPCMethod
    /// As the metadata names it; `nil` where they do not.
    let space: String?
    /// The value of `authorization`.
    let credentials: [UInt8]?
    /// Nanoseconds that the caller still wants to wait.
    let timeout: UInt64?
    /// How messages whose flag says so are packed; `nil` when none may be.
    let packing: PackedBody?

    /// The variant of the endpoint that the metadata name; `nil` where they do not.
    let variant: String?
    /// The trace that the metadata say it belongs to.
    let trace: TraceContext?
    /// All lines, for a rollout that routes by one of them.
    private let fields: HeaderList

    /// Why a request is no call.
    enum Refusal: Error, Sendable {
        /// It is not gRPC at all.
        case http(status: Int)
        case status(GRPCStatus)
    }

    init(_ head: HTTP2RequestHead, methods: [String: GRPCMethod]) throws(Refusal) {
        guard head.method == "POST" else { throw .http(status: 405) }
        guard let type = head.fields.first("content-type"), Self.isGRPC(type) else { throw .http(status: 415) }
        guard let method = methods[head.path] else {
            throw .status(
                GRPCStatus(.unimplemented, "there is no method '\(Name.excerpt(of: head.path, limit: 128))' here"))
        }
        self.method = method
        let space = head.fields.text("slipway-space")
        if let space, !Name.isValid(space) {
            throw .status(
                GRPCStatus(
                    .invalidArgument,
                    "the metadata 'slipway-space' is '\(Name.excerpt(of: space))', which is not a valid name"))
        }
        self.space = space
        credentials = try Self.credentials(head)
        timeout = try head.fields.first("grpc-timeout").map(Self.nanoseconds)
        packing = try Self.packing(head.fields.first("grpc-encoding"))
        variant = head.fields.text("slipway-variant")
        trace = Self.trace(head.fields)
        fields = head.fields
    }

    /// What is not valid is as if it were not there, and so are several.
    private static func trace(_ fields: HeaderList) -> TraceContext? {
        var trace: TraceContext?
        var count = 0
        for index in 0..<fields.count where fields.name(index).equals("traceparent") {
            trace = fields.value(index).withUnsafeBytes { TraceContext($0) }
            count += 1
        }
        return count == 1 ? trace : nil
    }

    /// The first metadata of that name, which is in lower case.
    func metadata(_ name: String) -> ArraySlice<UInt8>? {
        for index in 0..<fields.count where fields.name(index).elementsEqual(name.utf8) { return fields.value(index) }
        return nil
    }

    /// Two readers could take either of two for the caller's.
    private static func credentials(_ head: HTTP2RequestHead) throws(Refusal) -> [UInt8]? {
        var found: [UInt8]?
        for index in 0..<head.fields.count where head.fields.name(index).equals("authorization") {
            guard found == nil else {
                throw .status(GRPCStatus(.invalidArgument, "the call has two 'authorization' metadata"))
            }
            found = Array(head.fields.value(index))
        }
        return found
    }

    /// `application/grpc`, with the encoding of messages behind it or parameters.
    private static func isGRPC(_ type: ArraySlice<UInt8>) -> Bool {
        guard type.starts("application/grpc") else { return false }
        let rest = type.dropFirst("application/grpc".utf8.count)
        return rest.isEmpty || rest.first == UInt8(ascii: ";") || rest.equals("+proto") || rest.starts("+proto;")
    }

    /// At most eight digits and a unit.
    ///
    /// Source: "gRPC over HTTP2", https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.
    static func nanoseconds(_ text: ArraySlice<UInt8>) throws(Refusal) -> UInt64 {
        let digits = text.dropLast()
        guard (1...8).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let unit = text.last.flatMap(Self.unit)
        else {
            throw .status(
                GRPCStatus(
                    .invalidArgument,
                    "the timeout '\(Name.excerpt(of: String(decoding: text, as: UTF8.self)))' is not up to eight digits "
                        + "and one of H, M, S, m, u, n"))
        }
        let count = digits.reduce(UInt64(0)) { $0 * 10 + UInt64($1 - 0x30) }
        // Eight digits of hours are more nanoseconds than there are: as good as no limit.
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? .max : product
    }

    private static func unit(_ letter: UInt8) -> UInt64? {
        switch letter {
        case UInt8(ascii: "H"): 3600 * 1_000_000_000
        case UInt8(ascii: "M"): 60 * 1_000_000_000
        case UInt8(ascii: "S"): 1_000_000_000
        case UInt8(ascii: "m"): 1_000_000
        case UInt8(ascii: "u"): 1000
        case UInt8(ascii: "n"): 1
        default: nil
        }
    }

    /// The encodings that messages may have, as `grpc-accept-encoding` says.
    static let packings = "identity,deflate,gzip"

    private static func packing(_ coding: ArraySlice<UInt8>?) throws(Refusal) -> PackedBody? {
        guard let coding, !coding.equals("identity") else { return nil }
        if let packing = coding.withUnsafeBytes({ PackedBody($0) }) { return packing }
        throw .status(
            GRPCStatus(
                .unimplemented,
                "messages packed as '\(Name.excerpt(of: String(decoding: coding, as: UTF8.self)))' are not taken here, "
                    + "only \(packings)"))
    }
}
