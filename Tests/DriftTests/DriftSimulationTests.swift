import Foundation
import Statistics
import Testing

@testable import Drift

/// A little of what `make soak` does by the hundred: drift in rows of real data sets, and months without any.
@Suite struct DriftSimulationTests {
    private let rows: SimulatedRows

    init() throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        rows = try SimulatedRows(repository.appending(path: "examples/diabetes/heldout.csv").path)
    }

    @Test(arguments: SimulatedDrift.allCases)
    func `a drift of the stability index 0.3 is found`(_ drift: SimulatedDrift) {
        let found = Detection(drift, in: rows, reference: 1_000, index: 0.3, windows: 2, columns: 1)
        #expect(found.windows > 0 && found.found == found.windows, "\(found)")
    }

    @Test func `two days of fifty rows an hour are not taken for drift`() {
        let quiet = FalseAlarms(rows, reference: 400, rowsPerHour: 50, hours: 48, seed: 1)
        #expect(quiet.windows == 48 && quiet.alarms == 0)
    }
}
