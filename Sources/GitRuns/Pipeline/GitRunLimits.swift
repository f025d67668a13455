import Processes

/// What the commands of one step of a run may take together; beyond any of it the step is ended, with all that it started.
package struct GitRunLimits: Sendable, Hashable, Codable {
    /// Of a step.
    package var seconds = 600
    /// Memory of all processes together, as resident.
    package var memoryBytes = 2_000_000_000
    /// Of the run's folder: checkout, home and temporary files.
    package var diskBytes = 1_000_000_000
    /// Processes at once.
    package var processes = 64

    package init() {}

    /// Of the clone, before anybody has said anything: what is in a repository is not yet known.
    static var ofClone: GitRunLimits {
        var limits = GitRunLimits()
        limits.diskBytes = 4_000_000_000
        return limits
    }

    /// What a step may write to its log.
    static let logBytes = 4 << 20

    /// As the guard takes them.
    ///
    /// - Parameter folder: the run's.
    func guarding(_ folder: String) -> ProcessLimits {
        var limits = ProcessLimits()
        limits.seconds = seconds
        limits.memoryBytes = memoryBytes
        limits.fileBytes = diskBytes
        limits.processes = processes
        limits.logBytes = Self.logBytes
        limits.disk = ProcessLimits.Disk(folder: folder, bytes: diskBytes)
        return limits
    }
}
