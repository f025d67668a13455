import Serving

/// The headers of an answer, written straight into the memory of its buffer. Each write to a `ByteBuffer` by itself costs
/// more than the bytes that it writes.
struct HeadText {
    /// Bytes that all headers of an answer together may take, without what has no bound of its own.
    static let room = 512

    private let bytes: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ bytes: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func write(_ text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    mutating func write(_ text: [UInt8]) {
        text.withUnsafeBytes { write($0) }
    }

    mutating func write(_ id: PredictionID) {
        guard let place = take(PredictionID.length) else { return }
        id.write(into: place)
    }

    /// A number's decimal digits, two at a time; 0 for a negative one.
    mutating func write(_ number: Int) {
        var left = UInt64(max(0, number))
        var end = Self.digits(of: left)
        guard let place = take(end) else { return }
        while left >= 100 {
            let pair = Int(left % 100)
            left /= 100
            end -= 2
            place[end] = Self.pairs.utf8Start[2 * pair]
            place[end + 1] = Self.pairs.utf8Start[2 * pair + 1]
        }
        if left >= 10 {
            place[0] = UInt8(ascii: "0") + UInt8(left / 10)
            place[1] = UInt8(ascii: "0") + UInt8(left % 10)
        } else {
            place[0] = UInt8(ascii: "0") + UInt8(left)
        }
    }

    private static func digits(of number: UInt64) -> Int {
        var (bound, digits): (UInt64, Int) = (10, 1)
        while number >= bound, digits < 19 {
            bound &*= 10
            digits += 1
        }
        return digits
    }

    /// The numbers below a hundred, two digits each.
    private static let pairs: StaticString = """
        0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
        5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
        """

    private mutating func write(_ text: UnsafeRawBufferPointer) {
        take(text.count)?.copyMemory(from: text)
    }

    /// `nil` when there is no room, which whoever makes it sees to.
    private mutating func take(_ length: Int) -> UnsafeMutableRawBufferPointer? {
        guard bytes.count - count >= length else { return nil }
        let place = UnsafeMutableRawBufferPointer(rebasing: bytes[count..<(count + length)])
        count += length
        return place
    }
}
