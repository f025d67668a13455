package import Journal
import Serving

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension SeriesStore {
    /// What the endpoint did. One of which nothing was ever observed has done nothing.
    package func answer(
        _ query: SeriesQuery, space: String, endpoint: String
    ) async throws(ControlError) -> SeriesAnswer {
        guard let book = book(space: space, endpoint: endpoint) else { return SeriesAnswer(query) }
        return try await threads.run { () throws(ControlError) in
            do throws(FileFailure) {
                return try Self.read(query, book)
            } catch {
                throw ControlError(.internalFailure, "the time series: \(error)")
            }
        }
    }

    /// The time of day, in seconds since 1970.
    package var now: Int { clock.now / 1_000_000 }

    private static func read(_ query: SeriesQuery, _ book: SeriesBook) throws(FileFailure) -> SeriesAnswer {
        var answer = SeriesAnswer(query)
        let (segments, unwritten) = book.readable(query.level)
        for segment in segments where overlaps(segment, query) {
            do throws(FileFailure) {
                _ = try SeriesReading.payloads(of: segment.path, query.level, limit: segment.size) {
                    (payload) throws(MalformedRecord) in
                    let time = try SeriesFrameBytes.time(payload).start
                    if time >= query.from, time < query.to { answer.add(try SeriesFrameBytes.read(payload)) }
                }
            } catch {
                // Retention may have removed it meanwhile.
                guard error.isMissingFile else { throw error }
            }
        }
        for frame in unwritten { answer.add(frame) }
        answer.bytes = book.bytes
        return answer
    }

    private static func overlaps(_ segment: SeriesSegment, _ query: SeriesQuery) -> Bool {
        segment.times.map { $0.lowerBound < query.to && $0.upperBound >= query.from } ?? true
    }
}

extension FileFailure {
    fileprivate var isMissingFile: Bool { number == ENOENT }
}
