import Foundation
import Logging
import Serving
import Synchronization

@testable import Monitoring

/// A folder for series, and counts to put there.
final class SeriesWorkshop {
    let folder: String
    let clock = SetClock()
    /// A whole hour, in seconds since 1970.
    static let noon = 1_767_268_800

    init() {
        folder = NSTemporaryDirectory() + "slipway-series-\(UUID().uuidString)"
        clock.now = Self.noon * 1_000_000
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func book(calls: FileCalls = FileCalls()) -> SeriesBook {
        SeriesBook(
            space: "default", endpoint: "churn", folder: folder + "/default/churn", calls: calls,
            logger: LedgerWorkshop.logger)
    }

    func store(_ versions: @escaping @Sendable () -> [SampledVersion]) -> SeriesStore {
        SeriesStore(
            folder: folder, clock: clock, logger: LedgerWorkshop.logger, calls: FileCalls(), versions: versions)
    }

    var files: [String] { LedgerFolder.names(folder + "/default/churn") }

    static let arm = SeriesArm(version: 3, revision: 7, variant: nil)

    /// What a number of predictions come to, each of so many nanoseconds.
    static func counts(_ answered: Int, nanoseconds: UInt64 = 1_000_000, failed: Int = 0) -> SeriesCounts {
        let statistics = EndpointStatistics()
        for _ in 0..<answered {
            statistics.recordSuccess(
                EndpointStatistics.Timing(rows: 2, queue: 0, decode: 0, compute: nanoseconds, encode: 0))
        }
        for _ in 0..<failed { statistics.recordFailure(.failed, nanoseconds: 1) }
        return SeriesCounts(statistics.snapshot())
    }

    /// All frames that a level has, those that are not in its files included.
    static func frames(_ book: SeriesBook, _ level: SeriesLevel) throws -> [SeriesFrame] {
        let (segments, unwritten) = book.readable(level)
        var frames: [SeriesFrame] = []
        for segment in segments {
            _ = try SeriesReading.payloads(of: segment.path, level, limit: segment.size) {
                (payload) throws(MalformedRecord) in frames.append(try SeriesFrameBytes.read(payload))
            }
        }
        return frames + unwritten
    }

    /// Everything that a level has, by when it began.
    static func totals(_ book: SeriesBook, _ level: SeriesLevel) throws -> [Int: SeriesCounts] {
        var totals: [Int: SeriesCounts] = [:]
        for frame in try frames(book, level) {
            for counts in frame.arms.values {
                totals[level.start(of: frame.start), default: SeriesCounts()].add(counts)
            }
        }
        return totals
    }
}

/// A disk that is full while it is told to be: what is written then is written in part.
final class FullDisk: Sendable {
    private let isFull = Mutex(false)

    func set(_ full: Bool) { isFull.withLock { $0 = full } }

    var calls: FileCalls {
        var calls = FileCalls()
        let write = calls.write
        calls.write = { file, bytes in
            guard self.isFull.withLock({ $0 }) else { return write(file, bytes) }
            guard bytes.count > 3 else {
                errno = ENOSPC
                return -1
            }
            return write(file, UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]))
        }
        return calls
    }
}
