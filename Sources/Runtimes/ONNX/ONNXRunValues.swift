import CONNXRuntime
import Tensors

/// The ORT values of one run and whatever they point into; released with this object, which every output tensor that
/// borrows from it keeps alive.
///
/// It keeps the inputs too: a model may hand one straight through, and then the output lies in the input's memory.
final class ONNXRunValues: ManagedBuffer<ONNXRunHeader, OpaquePointer?> {
    /// Room for `inputs` and as many values as `outputs` says, all empty.
    static func make(owner: ONNXInstance, inputs: [Tensor], outputs: Int) -> ONNXRunValues {
        let count = inputs.count + outputs
        let buffer = ONNXRunValues.create(minimumCapacity: count + 1) { buffer in
            // One more than needed, so that there is an address even for a model without inputs.
            buffer.withUnsafeMutablePointerToElements { $0.initialize(repeating: nil, count: count + 1) }
            return ONNXRunHeader(owner: owner, inputs: inputs, outputCount: outputs)
        }
        return unsafeDowncast(buffer, to: ONNXRunValues.self)
    }

    deinit {
        withUnsafeMutablePointers { header, values in
            let functions = header.pointee.owner.session.library.functions
            for index in 0..<(header.pointee.inputs.count + header.pointee.outputCount) {
                if let value = values[index] { functions.ReleaseValue(value) }
            }
        }
    }

    func setInput(_ index: Int, _ value: OpaquePointer) {
        withUnsafeMutablePointerToElements { $0[index] = value }
    }

    /// Keeps a copy of an input for as long as the run.
    func keep(_ storage: TensorStorage) {
        header.copies.append(storage)
    }

    func output(_ index: Int) -> OpaquePointer? {
        withUnsafeMutablePointers { header, values in values[header.pointee.inputs.count + index] }
    }

    func withValues(
        _ body: (UnsafePointer<OpaquePointer?>, UnsafeMutablePointer<OpaquePointer?>) -> OpaquePointer?
    ) -> OpaquePointer? {
        withUnsafeMutablePointers { header, values in body(values, values + header.pointee.inputs.count) }
    }

    /// The storage of `tensor` as the library may read it: its own, unless it is not aligned for its elements, or holds
    /// booleans that are neither 0 nor 1 (which compiled code is free to do anything with).
    static func usable(_ tensor: Tensor) -> TensorStorage {
        let storage = tensor.storage
        guard let width = tensor.elementType.byteWidth else { return storage }
        if tensor.elementType == .bool {
            guard storage.bytes.contains(where: { $0 > 1 }) else { return storage }
            let copy = TensorStorage(byteCount: storage.byteCount)
            for (index, byte) in storage.bytes.enumerated() { copy.mutableBytes[index] = byte == 0 ? 0 : 1 }
            return copy
        }
        guard UInt(bitPattern: storage.base) & UInt(width - 1) != 0 else { return storage }
        let copy = TensorStorage(byteCount: storage.byteCount)
        copy.base.copyMemory(from: storage.base, byteCount: storage.byteCount)
        return copy
    }
}

/// What the values of one run depend on.
struct ONNXRunHeader {
    let owner: ONNXInstance
    let inputs: [Tensor]
    let outputCount: Int
    /// Copies of inputs that could not be used where they were.
    var copies: [TensorStorage] = []
}

extension Shape {
    /// The dimensions as C reads them; the address is valid for a scalar too.
    @inline(__always)
    func withInt64Dimensions(_ body: (UnsafePointer<Int64>, Int) -> Void) {
        dimensions.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                withUnsafePointer(to: Int64(0)) { body($0, 0) }
                return
            }
            UnsafeRawPointer(base).withMemoryRebound(to: Int64.self, capacity: buffer.count) { body($0, buffer.count) }
        }
    }
}

/// C strings made once, as the table of pointers that the library takes.
final class CStringTable: @unchecked Sendable {
    let base: UnsafePointer<UnsafePointer<CChar>?>
    let count: Int
    private let table: UnsafeMutablePointer<UnsafePointer<CChar>?>

    init(_ strings: [String]) {
        let table = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() {
            let bytes = string.utf8CString
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            for (offset, byte) in bytes.enumerated() { copy[offset] = byte }
            (table + index).initialize(to: UnsafePointer(copy))
        }
        (table + strings.count).initialize(to: nil)
        self.table = table
        self.base = UnsafePointer(table)
        self.count = strings.count
    }

    deinit {
        for index in 0..<count { table[index]?.deallocate() }
        table.deallocate()
    }
}
