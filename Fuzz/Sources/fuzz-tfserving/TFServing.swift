import InferenceProtocol
import Models
import NIOCore
import Tensors

/// Requests of TensorFlow Serving's REST interface.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let (signature, body) = Models.choose(data, count) else { return 0 }
    _ = try? TFServingRequestDecoder.decode(body, signature: signature)
    return 0
}
