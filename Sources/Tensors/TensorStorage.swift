/// The bytes behind a tensor, wherever they live: memory of its own, or a part of something that `owner` keeps alive
/// (a socket buffer, a runtime's output value, a shared slab).
///
/// Immutable once it is shared: whoever makes it fills it before handing it on.
package final class TensorStorage: @unchecked Sendable {
    /// The first byte; valid as long as this object lives.
    package let base: UnsafeMutableRawPointer
    package let byteCount: Int
    /// Whether the memory is lent for one prediction (a socket buffer, a worker's slot): whoever wants the elements for
    /// longer than until the answer is written copies them.
    package let isLent: Bool
    private let owner: AnyObject?

    /// Memory of its own, aligned for every element type, and from a kibibyte on for every vector instruction too (the
    /// allocator's slower way, which would show in small requests); the contents are not zeroed.
    package init(byteCount: Int) {
        let size = max(0, byteCount)
        self.base = .allocate(byteCount: max(size, 1), alignment: size < 1024 ? 16 : 64)
        self.byteCount = size
        self.isLent = false
        self.owner = nil
    }

    /// A view of memory that lives as long as `owner`.
    ///
    /// - Parameter isLent: whether nobody should hold on to `owner` for longer than one prediction.
    package init(borrowing base: UnsafeRawPointer, byteCount: Int, owner: AnyObject, isLent: Bool = true) {
        self.base = UnsafeMutableRawPointer(mutating: base)
        self.byteCount = max(0, byteCount)
        self.isLent = isLent
        self.owner = owner
    }

    deinit {
        if owner == nil { base.deallocate() }
    }

    /// Not to be used after this object is gone: it keeps nothing alive.
    @inlinable
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }

    /// Only for whoever made the storage, before it is shared.
    @inlinable
    package var mutableBytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base, count: byteCount)
    }
}
