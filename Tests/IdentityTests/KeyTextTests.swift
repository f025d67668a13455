import Testing

@testable import Identity

@Suite struct KeyTextTests {
    private func read(_ text: String) -> KeyText? { Array(text.utf8).withUnsafeBytes { KeyText($0) } }

    @Test func `a key is read as it was written, and no two are the same`() throws {
        let keys = (0..<100).map { _ in KeyText.make(SystemRandomNumberGenerator()) }
        #expect(Set(keys.map(\.text)).count == 100)
        for key in keys {
            #expect(key.text.utf8.count == KeyText.length)
            let again = try #require(read(key.text))
            #expect(again == key)
            #expect(again.matches(key.secretHash))
        }
        #expect(!keys[0].matches(keys[1].secretHash))
        #expect(!keys[0].matches(""))
        #expect(!keys[0].matches(String(repeating: "0", count: 64)))
    }

    @Test func `a secret has 256 bits`() {
        // Each hexadecimal digit at each place turns up, so nothing of it is fixed.
        var seen = Array(repeating: Set<UInt8>(), count: KeyText.secretLength)
        for _ in 0..<400 {
            for (place, digit) in KeyText.make(SystemRandomNumberGenerator()).secret.enumerated() {
                seen[place].insert(digit)
            }
        }
        #expect(seen.allSatisfy { $0.count == 16 })
    }

    @Test func `printing a key shows no secret`() {
        let key = KeyText.make(SystemRandomNumberGenerator())
        let secret = String(decoding: key.secret, as: UTF8.self)
        #expect(!"\(key)".contains(secret))
        #expect(!String(describing: key).contains(secret.prefix(8)))
    }

    @Test func `what has not the form of a key is none`() {
        let good = KeyText.make(SystemRandomNumberGenerator()).text
        for bad in [
            "", "slw_", String(good.dropLast()), good + "0", good.uppercased(), "xlw" + good.dropFirst(3),
            good.replacing("_", with: "-"), String(good.dropLast()) + "g", " " + good.dropLast(),
        ] { #expect(read(bad) == nil, "\(bad.count)") }
    }
}
