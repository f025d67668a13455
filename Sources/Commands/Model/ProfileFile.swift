import Drift
import Foundation
import Tabular

/// The profile of a file of rows, in a file of its own for as long as it takes to push it.
struct ProfileFile {
    let path: String

    /// Reads the rows once, a piece at a time.
    ///
    /// - Parameter rows: a CSV file, or JSON Lines where its name ends in `.jsonl`, `.ndjson` or `.json`.
    init(rows path: String) throws(Failure) {
        let profile = try Self.profile(of: path)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(
            "slipway-\(UUID().uuidString).profile")
        do {
            try Data(profile.encoded).write(to: file, options: .atomic)
        } catch {
            throw Failure("the profile of \(path) cannot be written: \(error.localizedDescription)")
        }
        self.path = file.path
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    private static let pieceBytes = 1 << 20

    private static func profile(of path: String) throws(Failure) -> ReferenceProfile {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw Failure("cannot read \(path)", hint: "check the path of --reference")
        }
        defer { try? handle.close() }
        let isCSV = ![".jsonl", ".ndjson", ".json"].contains { path.lowercased().hasSuffix($0) }
        var reader = ReferenceReader(isCSV: isCSV)
        do {
            while let piece = try handle.read(upToCount: pieceBytes), !piece.isEmpty {
                var problem: TabularError?
                piece.withUnsafeBytes { bytes in
                    do throws(TabularError) { try reader.take(bytes) } catch { problem = error }
                }
                if let problem { throw problem }
            }
            return try reader.finish()
        } catch let error as TabularError {
            let place = error.line.map { "line \($0) of \(path)" } ?? path
            throw Failure("\(place) \(error.problem)", hint: error.hint)
        } catch {
            throw Failure("cannot read \(path): \(error.localizedDescription)", hint: "--reference takes a file")
        }
    }
}
