import HTTP2
import NIOCore

private let methods = Dictionary(GRPCMethod.all.map { ($0.path, $0) }) { first, _ in first }

/// What the metadata of a call mean: lines of `name: value`, behind those that every call has.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let data else { return 0 }
    var block = ByteBuffer()
    block.writeHeaderLine(":method", "POST")
    block.writeHeaderLine(":scheme", "http")
    block.writeHeaderLine(":path", "/inference.GRPCInferenceService/ModelInfer")
    block.writeHeaderLine("content-type", "application/grpc")
    for line in UnsafeBufferPointer(start: data, count: count).split(separator: UInt8(ascii: "\n")) {
        let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { continue }
        // Literals whose lengths take one byte each.
        block.writeInteger(UInt8(0))
        for part in [parts[0], parts[1].drop { $0 == UInt8(ascii: " ") }] {
            block.writeInteger(UInt8(min(part.count, 126)))
            block.writeBytes(part.prefix(126))
        }
    }
    let connection = HTTP2Connection(limits: HTTP2Limits())
    // An empty SETTINGS frame, which has to come first.
    connection.receive(ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0"), now: 0)
    while connection.next() != nil {}
    var frame = ByteBuffer()
    frame.writeInteger(UInt32(block.readableBytes) << 8 | 1)
    frame.writeInteger(UInt8(4))
    frame.writeInteger(UInt32(1))
    frame.writeImmutableBuffer(block)
    connection.receive(frame, now: 1)
    while let event = connection.next() {
        guard case .request(_, let head, _) = event else { continue }
        guard let call = try? CallHead(head, methods: methods) else { continue }
        _ = call.metadata("slipway-variant")
    }
    return 0
}

/// The package manager's name for `main`; libFuzzer's own is behind it.
@_cdecl("fuzz_grpc_head_main")
public func start(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    var (count, arguments) = (count, arguments)
    return drive(&count, &arguments, fuzz)
}

@_silgen_name("LLVMFuzzerRunDriver")
private func drive(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
