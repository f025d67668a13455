import Testing

@testable import Webhooks

@Suite struct AddressTests {
    @Test(arguments: [
        "127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "198.18.0.1", "::", "::1", "fe80::1", "fc00::1",
        "fd12::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::",
        "::127.0.0.1",
        "2001::1", "2001:db8::1",
    ])
    func `special addresses are not called`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressPolicy().refusal(of: address) != nil)
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "100.128.0.1", "192.169.0.1", "2606:4700::1111",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2a00:1450::1",
    ])
    func `addresses of the public Internet are called`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressPolicy().refusal(of: address) == nil)
    }

    @Test func `what the settings allow is called, also where it is mapped into IPv6, and nothing else`() throws {
        let policy = try AddressPolicy(setting: "127.0.0.0/8, fd00::/8,10.0.0.7")
        for text in ["127.0.0.1", "::ffff:127.0.0.1", "fd12::9", "10.0.0.7"] {
            #expect(policy.refusal(of: try #require(IPAddress(text))) == nil, "\(text)")
        }
        for text in ["10.0.0.8", "fc00::1", "169.254.169.254", "::1"] {
            #expect(policy.refusal(of: try #require(IPAddress(text))) != nil, "\(text)")
        }
    }

    @Test(arguments: ["localhost", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0/8", "/8", "10.0.0.0/"])
    func `a setting that is no range is refused by its name`(text: String) {
        #expect {
            _ = try AddressPolicy(setting: "1.1.1.1,\(text)")
        } throws: { "\($0)".contains("webhook_allow") }
    }

    @Test(arguments: ["0177.0.0.1", "127.1", "2130706433", "0x7f000001", "127.0.0.1 ", "::1%lo", "", "1.2.3.4.5"])
    func `other spellings of addresses are names, to be resolved and judged`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    /// A range holds exactly what shares its first bits, whatever their number.
    @Test func `a range holds the addresses that share its first bits`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let base = (0..<4).map { _ in UInt8.random(in: 0...255, using: &random) }
            let other = (0..<4).map {
                Bool.random(using: &random) ? base[$0] : UInt8.random(in: 0...255, using: &random)
            }
            let bits = Int.random(in: 0...32, using: &random)
            let range = try #require(AddressRange("\(base.map { String($0) }.joined(separator: "."))/\(bits)"))
            func first(_ bytes: [UInt8]) -> UInt32 {
                let all = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                return bits == 0 ? 0 : all >> UInt32(32 - bits)
            }
            #expect(range.contains(try #require(IPAddress(bytes: other))) == (first(base) == first(other)))
        }
    }
}
