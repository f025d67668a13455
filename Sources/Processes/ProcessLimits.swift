/// What a command and everything that it starts may take; beyond any of it all of it is ended.
package struct ProcessLimits: Sendable, Hashable {
    /// A folder and what may be on disk in it, files that were removed and are open still included.
    package struct Disk: Sendable, Hashable {
        package var folder: String
        package var bytes: Int

        package init(folder: String, bytes: Int) {
            self.folder = folder
            self.bytes = bytes
        }
    }

    /// From the start to the end.
    package var seconds = 1800
    /// Memory of all its processes together, as resident.
    package var memoryBytes = 2 << 30
    /// What it writes to its standard output and error.
    package var logBytes = 10 << 20
    /// The largest file that it may write.
    package var fileBytes = 1 << 30
    /// Files that one of its processes may have open.
    package var openFiles = 1024
    /// Processes at once.
    package var processes = 256
    /// `nil` where nobody counts.
    package var disk: Disk?

    package init() {}

    /// As the guard takes them, in front of the folder and the command.
    var arguments: [String] {
        [seconds, memoryBytes, fileBytes, openFiles, processes, disk?.bytes ?? 0].map { String($0) }
            + [disk?.folder ?? "/"]
    }
}
