import Tensors

/// The tensors of a prediction as they may be kept until they are written: those that are only lent are copied, and those
/// that are too large to be written are let go of at once.
enum KeptTensors {
    /// - Returns: the tensors, and their bytes in memory.
    static func of(_ tensors: [Tensor]) -> (tensors: [Tensor], bytes: Int) {
        var bytes = 0
        var stays = true
        for index in tensors.indices {
            let storage = tensors[index].storage
            bytes &+= storage.byteCount
            stays = stays && !storage.isLent && storage.byteCount <= LedgerBounds.tensor
        }
        if stays, bytes <= LedgerBounds.row { return (tensors, bytes) }
        return changed(tensors)
    }

    @inline(never)
    private static func changed(_ tensors: [Tensor]) -> (tensors: [Tensor], bytes: Int) {
        var kept: [Tensor] = []
        kept.reserveCapacity(tensors.count)
        var bytes = 0
        for tensor in tensors {
            let count = tensor.storage.byteCount
            let fits = count <= LedgerBounds.tensor && count <= LedgerBounds.row - bytes
            guard fits else {
                kept.append(
                    Tensor(
                        checkedName: tensor.name, elementType: tensor.elementType, shape: tensor.shape,
                        storage: TensorStorage(byteCount: 0)))
                continue
            }
            kept.append(tensor.kept)
            bytes += count
        }
        return (kept, bytes)
    }
}
