import Foundation

enum DiskSpace {
    /// Bytes that this user may still write where `path` is; `nil` when nobody says.
    static func free(at path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, overflow) = UInt(status.f_bavail).multipliedReportingOverflow(by: UInt(status.f_frsize))
        return overflow ? Int.max : Int(clamping: bytes)
    }
}
