package import Journal

/// The spaces of this server.
package final class Spaces: Sendable {
    private let store: SpaceUnitOfWork

    package init(store: SpaceUnitOfWork) {
        self.store = store
    }

    /// Spaces by name, those after `after`; `limit` is brought into the range that a page may have.
    package func list(
        after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<SpaceSummary> {
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { try $0.spaces(after: after, limit: limit + 1) }
        return Page.cut(found, limit: limit) { $0.space.name }
    }

    /// One space with what it holds; `notFound` when there is none of that name.
    package func show(_ name: String) async throws(ControlError) -> SpaceSummary {
        guard let summary = try await store.read({ try $0.space(name) }) else { throw ControlError.spaceNotFound(name) }
        return summary
    }
}
