import InferenceProtocol
import Models
import NIOCore
import Tensors

/// Scoring requests in JSON, and in CSV with and without a header: the first byte chooses the form, the second the model.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let data, count > 1, let (signature, body) = Models.choose(data + 1, count - 1) else { return 0 }
    let forms: [InvocationsForm] = [.json, .csv(header: nil), .csv(header: true), .csv(header: false)]
    _ = try? InvocationsRequestDecoder.decode(body, form: forms[Int(data[0] % 4)], signature: signature)
    return 0
}

/// The package manager's name for `main`; libFuzzer's own is behind it.
@_cdecl("fuzz_invocations_main")
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
