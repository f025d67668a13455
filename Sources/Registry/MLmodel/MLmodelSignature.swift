/// Inputs and outputs as a client of MLflow describes them: tensors with a NumPy type and a shape, or columns of a table.
package struct MLmodelSignature: Sendable, Hashable {
    package struct Field: Sendable, Hashable, Decodable {
        package let name: String?
        /// `tensor`, or the type of a column: `double`.
        package let type: String
        package let tensor: Tensor?

        enum CodingKeys: String, CodingKey {
            case name, type
            case tensor = "tensor-spec"
        }

        package init(name: String? = nil, type: String, tensor: Tensor? = nil) {
            self.name = name
            self.type = type
            self.tensor = tensor
        }
    }

    package struct Tensor: Sendable, Hashable, Decodable {
        /// NumPy's name of the type.
        package let dtype: String
        /// -1 for any size.
        package let shape: [Int]

        package init(dtype: String, shape: [Int]) {
            self.dtype = dtype
            self.shape = shape
        }
    }

    package let inputs: [Field]
    package let outputs: [Field]

    package init(inputs: [Field], outputs: [Field]) {
        self.inputs = inputs
        self.outputs = outputs
    }
}
