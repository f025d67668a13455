package import Processes

/// What a retraining command may take; beyond any of it the whole run is ended.
package struct RunLimits: Sendable, Hashable, Codable {
    /// From the start to the end, in minutes; for a webhook, until the outside system reports.
    package var minutes = 30
    /// Memory of all its processes together, as resident, in MiB.
    package var memoryMB = 2048
    /// What it writes to its standard output and error, in MiB.
    package var logMB = 10
    /// The largest file that it may write, in MiB.
    package var fileMB = 1024
    /// Files that one of its processes may have open.
    package var openFiles = 1024
    /// Processes at once.
    package var processes = 256

    package init() {}

    /// The same, as the guard of a command takes it.
    package var processLimits: ProcessLimits {
        var limits = ProcessLimits()
        limits.seconds = minutes * 60
        limits.memoryBytes = memoryMB << 20
        limits.logBytes = logMB << 20
        limits.fileBytes = fileMB << 20
        limits.openFiles = openFiles
        limits.processes = processes
        return limits
    }
}
