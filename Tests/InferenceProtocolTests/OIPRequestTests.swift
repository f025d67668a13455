import NIOCore
import Tensors
import Testing

@testable import InferenceProtocol

@Suite struct OIPRequestTests {
    @Test func `a plain request becomes a tensor`() throws {
        let request = try Bodies.decode(
            #"{"id":"a7","inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1.5,-2,3e2,0.1]}]}"#)
        #expect(request.id == "a7")
        #expect(request.inputs.count == 1)
        #expect(request.inputs[0].shape.dimensions == [1, 4])
        #expect(request.inputs[0].elements(Float.self) == [1.5, -2, 300, 0.1])
        #expect(request.outputs == [RequestedOutput(index: 0)])
    }
}
