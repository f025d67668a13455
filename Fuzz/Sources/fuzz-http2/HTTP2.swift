import HTTP2
import NIOCore

/// An HTTP/2 connection after its preface: frames and the header blocks in them, in two reads that the first byte parts.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let data, count > 0 else { return 0 }
    let bytes = UnsafeBufferPointer(start: data + 1, count: count - 1)
    let cut = min(Int(data[0]), bytes.count)
    let connection = HTTP2Connection(limits: HTTP2Limits())
    // An empty SETTINGS frame, which has to come first.
    connection.receive(ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0"), now: 0)
    while connection.next() != nil {}
    for (part, now) in [(bytes[..<cut], UInt64(1)), (bytes[cut...], 1_000_000)] {
        connection.receive(ByteBuffer(bytes: part), now: now)
        while let event = connection.next() {
            if case .failed = event { return 0 }
        }
        _ = connection.takeOutput()
    }
    return 0
}

/// The package manager's name for `main`; libFuzzer's own is behind it.
@_cdecl("fuzz_http2_main")
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
