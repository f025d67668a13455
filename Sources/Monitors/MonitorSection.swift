package import Documents
package import Journal

/// One part of a monitor's document, by the room that acts on it.
///
/// An implementation promises:
/// 1. `read` throws `invalid` that names the place, what was expected and what came, and changes nothing.
/// 2. What `read` gives, `read` takes again, and makes the same of it.
/// 3. `apply` returns at once; what it is given has been through `read`.
package protocol MonitorSection: Sendable {
    /// The name of the member.
    var name: String { get }

    /// What will be kept of it; `nil` where all is as if it were not there.
    ///
    /// - Parameter place: where it stands in the document, for messages.
    func read(_ value: DocumentValue, at place: String) throws(ControlError) -> DocumentValue?

    /// Holds from now on; `nil` for what holds without any document.
    func apply(_ value: DocumentValue?, endpoint: String, space: String)
}
