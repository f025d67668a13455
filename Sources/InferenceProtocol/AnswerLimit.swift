package import Tensors

/// How large an answer may become, added up before anything of it is written. Its body is one buffer, which ends at 4 GiB,
/// and what a model gives can be any size: a request may say it.
package struct AnswerLimit {
    static let bytes = 3 << 30

    private var total = 0

    package init() {}

    /// Counts the most that `tensor` can take; fails when the answer could become too large.
    mutating func add(_ tensor: Tensor, isBinary: Bool) throws(ProtocolError) {
        if isBinary {
            try add(tensor.storage.byteCount, times: 1, tensor, "send fewer rows at once")
        } else {
            // Of strings, six for an escape; quotes and a comma are fewer than the length that stands before each.
            let count = tensor.elementType == .bytes ? tensor.storage.byteCount : tensor.shape.elementCount
            try add(
                count, times: Self.mostCharacters(tensor.elementType), tensor,
                "send fewer rows at once, or ask for it as binary")
        }
    }

    /// Counts the brackets and commas of lists nested as the shape says. Where a dimension is 0, a model can ask for
    /// any number of empty lists without a byte of memory: of those each counts 3 KiB, since nobody wants millions.
    mutating func addLists(of tensor: Tensor) throws(ProtocolError) {
        let each = tensor.shape.elementCount > 0 ? 3 : 3 << 10
        var lists = 1
        for dimension in tensor.shape.dimensions.dropLast() {
            let (product, overflow) = lists.multipliedReportingOverflow(by: dimension)
            lists = overflow ? Int.max : product
            try add(lists, times: each, tensor, "send fewer rows at once")
        }
    }

    /// Counts the name of `tensor`, with what stands around it, once in each of `rows`.
    mutating func addName(of tensor: Tensor, rows: Int) throws(ProtocolError) {
        // As it is quoted: what is escaped takes six at most.
        let name = tensor.name.utf8.reduce(2) { $0 + (JSONOutput.isPlain($1) ? 1 : 6) }
        try add(rows, times: name + 4, tensor, "send fewer rows at once")
    }

    /// Counts the best `count` classes of each row.
    package mutating func addClasses(_ count: Int, of tensor: Tensor, labels: [String]?) throws(ProtocolError) {
        let label = labels?.reduce(0) { max($0, $1.utf8.count) } ?? 0
        let rows = tensor.shape.dimensions.count > 1 ? tensor.shape.dimensions[0] : 1
        let (asked, overflow) = rows.multipliedReportingOverflow(by: count)
        let kept = overflow ? tensor.shape.elementCount : min(asked, tensor.shape.elementCount)
        // A score, an index and what stands around them, with room to spare.
        try add(
            kept, times: 64 + 6 * min(label, Self.bytes), tensor, "ask for fewer classes, or send fewer rows at once")
    }

    private mutating func add(_ count: Int, times each: Int, _ tensor: Tensor, _ advice: String) throws(ProtocolError) {
        let (product, tooMany) = count.multipliedReportingOverflow(by: each)
        let (sum, tooMuch) = total.addingReportingOverflow(product)
        guard !tooMany, !tooMuch, sum <= Self.bytes else {
            throw ProtocolError(
                "the output '\(tensor.name)' of shape \(tensor.shape.dimensions) could make the answer larger than the "
                    + "\(Self.bytes >> 30) GiB that it may have; \(advice)", field: tensor.name)
        }
        total = sum
    }

    /// Of one element with its comma.
    private static func mostCharacters(_ type: ElementType) -> Int {
        switch type {
        case .bool, .int8, .uint8, .bytes: 6
        case .int16, .uint16: 7
        case .int32, .uint32: 12
        case .fp16, .bf16, .fp32: 18
        case .fp64, .int64, .uint64: 26
        }
    }
}
