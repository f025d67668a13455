import NIOCore

/// Bodies that came packed: the first byte says how. What is inside is unpacked without its checksum too, which hardly any
/// made-up body has.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let data, count > 0 else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data + 1, count: count - 1)
    let limit = 1 << 16
    do {
        switch data[0] % 3 {
        case 0, 1:
            let form = data[0] % 3 == 0 ? PackedBody.gzip : .zlib
            let body = try form.unpack(ByteBuffer(bytes: bytes), limit: limit)
            precondition(body.readableBytes <= limit)
        default:
            let (output, end) = try Inflate.unpack(bytes, from: 0, limit: limit)
            precondition(output.count <= limit && end <= bytes.count)
        }
    } catch {}
    return 0
}

/// The package manager's name for `main`; libFuzzer's own is behind it.
@_cdecl("fuzz_packed_main")
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
