/// What a segment file is called: its number in the endpoint's ledger, then the mark that each of its records begins with.
///
/// The mark is drawn for each segment and is no part of anything that callers see: nobody can send a prediction whose
/// bytes would be taken for a record.
struct SegmentName: Sendable, Hashable, Comparable {
    let sequence: UInt64
    let mark: UInt32

    static let suffix = ".seg"
    /// Of a file that is to take a segment's place.
    static let newSuffix = ".new"

    var text: String { Self.hexadecimal(sequence, 16) + "-" + Self.hexadecimal(UInt64(mark), 8) + Self.suffix }

    init(sequence: UInt64, mark: UInt32) {
        self.sequence = sequence
        self.mark = mark
    }

    /// `nil` for the name of anything else.
    init?(_ text: String) {
        let utf8 = Array(text.utf8)
        guard utf8.count == 16 + 1 + 8 + Self.suffix.utf8.count, text.hasSuffix(Self.suffix),
            utf8[16] == UInt8(ascii: "-"),
            let sequence = UInt64(String(decoding: utf8[..<16], as: UTF8.self), radix: 16),
            let mark = UInt32(String(decoding: utf8[17..<25], as: UTF8.self), radix: 16)
        else { return nil }
        self.init(sequence: sequence, mark: mark)
    }

    static func < (left: SegmentName, right: SegmentName) -> Bool { left.sequence < right.sequence }

    private static func hexadecimal(_ value: UInt64, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
