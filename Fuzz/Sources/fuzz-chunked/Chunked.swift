/// A chunked body of HTTP/1.1 as it may come: whole, and in pieces as long as the first byte says. Both are the same body.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let data, count > 0 else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data + 1, count: count - 1)
    let whole = read(bytes, pieces: bytes.count)
    let pieces = read(bytes, pieces: Int(data[0] % 16) + 1)
    precondition(whole.isEnd == pieces.isEnd, "the end depends on how it comes")
    if whole.isEnd { precondition(whole.body == pieces.body, "the body depends on how it comes") }
    return 0
}

/// What is taken out of `bytes` when so many of them come at a time.
private func read(_ bytes: UnsafeRawBufferPointer, pieces: Int) -> (body: [UInt8], isEnd: Bool) {
    var parser = ChunkedBody()
    var body: [UInt8] = []
    var position = 0
    var known = 0
    while true {
        do {
            let (consumed, step) = try parser.next(UnsafeRawBufferPointer(rebasing: bytes[position..<known]))
            position += consumed
            switch step {
            case .needsMore:
                guard known < bytes.count else { return (body, false) }
                known = min(bytes.count, known + max(1, pieces))
            case .data(let count):
                body += bytes[position..<(position + count)]
                position += count
            case .end: return (body, true)
            }
        } catch {
            return (body, false)
        }
    }
}

/// The package manager's name for `main`; libFuzzer's own is behind it.
@_cdecl("fuzz_chunked_main")
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
