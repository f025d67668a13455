import Crypto
import Serving
import Tensors

/// Which inputs and outputs of an endpoint are left out of its ledger, and which are only there as keyed hashes.
struct FieldRules: Sendable {
    /// Bytes kept of each element's hash.
    static let hashBytes = 16

    let excluded: Set<String>
    let hashed: Set<String>
    private let space: String
    private let key: SymmetricKey

    init(_ options: LedgerOptions, space: String, key: SymmetricKey) {
        self.init(excluded: Set(options.exclude), hashed: Set(options.hash), space: space, key: key)
    }

    init(excluded: Set<String> = [], hashed: Set<String> = [], space: String, key: SymmetricKey) {
        self.excluded = excluded
        self.hashed = hashed
        self.space = space
        self.key = key
    }

    var isEmpty: Bool { excluded.isEmpty && hashed.isEmpty }

    /// The hash of one element: the same for the same value of the same field everywhere in a space, so that rows of one
    /// subject can be found, and nothing that anybody without the server's key could try values against.
    func hash(_ element: UnsafeRawBufferPointer, of field: String, _ type: ElementType) -> [UInt8] {
        var code = HMAC<SHA256>(key: key)
        for part in [space, field, type.rawValue] {
            code.update(data: Array(part.utf8))
            code.update(data: [0])
        }
        code.update(data: element)
        return Array(code.finalize().prefix(Self.hashBytes))
    }

    /// The hashes of all elements, one after the other.
    func hashes(of tensor: Tensor) -> [UInt8] {
        var hashes: [UInt8] = []
        hashes.reserveCapacity(tensor.shape.elementCount * Self.hashBytes)
        if let width = tensor.elementType.byteWidth {
            let bytes = tensor.storage.bytes
            var start = 0
            while start + width <= bytes.count {
                let element = UnsafeRawBufferPointer(rebasing: bytes[start..<start + width])
                hashes += hash(element, of: tensor.name, tensor.elementType)
                start += width
            }
        } else {
            BytesElements.forEach(in: tensor.storage.bytes) { element in
                hashes += hash(element, of: tensor.name, tensor.elementType)
            }
        }
        return hashes
    }
}
