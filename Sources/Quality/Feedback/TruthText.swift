import InferenceProtocol
import Tensors

/// A truth as text. Classes are held against each other by their names, in which 1 and 1.0 are one class; numbers are read
/// back from it without loss.
enum TruthText {
    /// Bytes that a truth, or the name of a prediction, may have.
    static let longest = 1024

    static func name(_ number: Double) -> String { ClassNames.name(number) }

    /// Of a number as JSON writes it; `nil` for one that no machine's number comes near.
    static func name(ofNumber bytes: UnsafeRawBufferPointer) -> String? {
        // Most are whole and short: they are their own names.
        let digits = bytes.first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes[...]
        if digits.count <= 18, digits.first != UInt8(ascii: "0"), digits.allSatisfy({ $0 &- 48 <= 9 }) {
            return String(decoding: bytes, as: UTF8.self)
        }
        guard let number = Double(String(decoding: bytes, as: UTF8.self)), number.isFinite else { return nil }
        return name(number)
    }
}
