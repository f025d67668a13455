import ManagementAPI
import SlipwayClient
import Tabular

extension FeedbackSend {
    /// Sends a file, batch by batch as it is read.
    final class Sender {
        let session: Session
        let endpoint: String
        let file: FeedbackFile
        let meter: ProgressMeter?
        private(set) var batch = FeedbackBatch()

        init(session: Session, endpoint: String, file: FeedbackFile) {
            self.session = session
            self.endpoint = endpoint
            self.file = file
            meter = ProgressMeter(console: session.console)
        }

        /// Lines that are items already; the server reads them.
        func sendLines() async throws {
            var rest: [UInt8] = []
            var number = 0
            while let piece = try file.next() {
                rest += piece
                var start = 0
                while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                    number += 1
                    take(rest[start..<end], number)
                    start = end + 1
                    if batch.isFull { try await send() }
                }
                rest.removeFirst(start)
                guard rest.count <= FeedbackBatch.mostBytes else {
                    throw Failure("\(file.name), line \(number + 1) has more than \(FeedbackBatch.mostBytes) bytes")
                }
            }
            take(rest[...], number + 1)
            try await send()
        }

        private func take(_ line: ArraySlice<UInt8>, _ number: Int) {
            guard line.contains(where: { $0 > 0x20 }) else { return }
            batch.append(line: number) { bytes in
                bytes += line
                bytes.append(UInt8(ascii: "\n"))
                return true
            }
        }

        /// Rows of a table, whose columns say what each label is.
        func sendTable(
            _ reader: some RowReader, _ find: ([String], String) throws(Failure) -> FeedbackColumns
        ) async throws {
            var reader = reader
            var columns: FeedbackColumns?
            var failure: Failure?
            func keep(_ row: RawRow, _ names: [String]) {
                guard failure == nil else { return }
                do throws(Failure) {
                    let known: FeedbackColumns
                    if let columns { known = columns } else { known = try find(names, file.name) }
                    columns = known
                    batch.append(line: row.line) { known.write(row, names, into: &$0) }
                } catch {
                    failure = error
                }
            }
            while let piece = try file.next() {
                try naming { () throws(TabularError) in
                    try Array(piece).withUnsafeBufferPointer { (bytes) throws(TabularError) in
                        try reader.take(UnsafeRawBufferPointer(bytes), keep)
                    }
                }
                if let failure { throw failure }
                if batch.isFull { try await send() }
            }
            try naming { () throws(TabularError) in try reader.finish(keep) }
            if let failure { throw failure }
            try await send()
        }

        private func naming(_ body: () throws(TabularError) -> Void) throws(Failure) {
            do throws(TabularError) {
                try body()
            } catch {
                let place = error.line.map { ", line \($0)" } ?? ""
                throw Failure("\(file.name)\(place) \(error.problem)", hint: error.hint)
            }
        }

        private func send() async throws {
            guard !batch.isEmpty else { return }
            let (client, endpoint, bytes) = (session.client, endpoint, batch.bytes)
            let answer: FeedbackAnswer
            do {
                answer = try await session.naming(.endpoint, endpoint) {
                    try await client.sendFeedback(lines: bytes, of: endpoint)
                }
            } catch {
                meter?.clear()
                if batch.report.items > 0 {
                    session.console.say(
                        "\(NumberText.count(batch.report.items)) labels were sent before; all may be sent again")
                }
                throw error
            }
            batch.sent(answer)
            if let size = file.size { meter?.show(sending: file.read, of: size) }
        }
    }
}
