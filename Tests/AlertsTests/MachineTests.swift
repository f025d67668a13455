import Testing

@testable import Alerts

@Suite struct MachineTests {
    private typealias Level = Observation.Level

    /// Feeds one level a second; gives what came of each.
    private static func run(
        _ levels: [Level], hold: Int, resolve: Int, _ machine: inout AlertMachine
    ) -> [AlertMachine.Transition?] {
        var next = 1
        return levels.enumerated().map { second, level in
            let transition = machine.handle(level, at: second * 1000, hold: hold * 1000, resolve: resolve * 1000)
            switch transition {
            case .fire:
                machine.fired(next)
                next += 1
            case .resolve: machine.resolved()
            case nil: break
            }
            return transition
        }
    }

    @Test func `it fires once its condition has held for long enough, and ends once it has not`() {
        var machine = AlertMachine()
        let levels = [Level](repeating: .beyond, count: 4) + [Level](repeating: .clear, count: 4)
        #expect(
            Self.run(levels, hold: 2, resolve: 3, &machine)
                == [nil, nil, .fire, nil, nil, nil, nil, .resolve(alert: 1)])
        #expect(machine.state == .ok)
    }

    @Test func `a break begins the wait anew, on both sides`() {
        var machine = AlertMachine()
        let rising: [Level] = [.beyond, .beyond, .between, .beyond, .beyond, .beyond]
        #expect(Self.run(rising, hold: 2, resolve: 2, &machine) == [nil, nil, nil, nil, nil, .fire])
        let falling: [Level] = [.clear, .clear, .between, .clear, .clear, .clear]
        #expect(Self.run(falling, hold: 2, resolve: 2, &machine) == [nil, nil, nil, nil, nil, .resolve(alert: 1)])
    }

    @Test func `without anything to judge by nothing begins and nothing ends`() {
        var machine = AlertMachine()
        #expect(
            Self.run([.beyond, .unknown, .beyond, .unknown], hold: 1, resolve: 1, &machine).allSatisfy { $0 == nil })
        #expect(machine.state == .ok)
        machine.fired(7)
        #expect(Self.run([.clear, .unknown, .clear, .unknown], hold: 0, resolve: 1, &machine).allSatisfy { $0 == nil })
        #expect(machine.alert == 7)
    }

    @Test func `what could not be kept comes again`() {
        var machine = AlertMachine()
        #expect(machine.handle(.beyond, at: 0, hold: 0, resolve: 0) == .fire)
        #expect(machine.handle(.beyond, at: 1, hold: 0, resolve: 0) == .fire)
        machine.fired(3)
        #expect(machine.handle(.beyond, at: 2, hold: 0, resolve: 0) == nil)
        #expect(machine.handle(.clear, at: 3, hold: 0, resolve: 0) == .resolve(alert: 3))
        #expect(machine.handle(.clear, at: 4, hold: 0, resolve: 0) == .resolve(alert: 3))
    }

    /// Whatever comes, an alert and its end are apart by the time to resolve, and an end and the next alert by the time to
    /// hold: nothing flaps.
    @Test(arguments: 0..<200)
    func `whatever comes, nothing flaps`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let hold = Int.random(in: 1...20, using: &random)
        let resolve = Int.random(in: 1...20, using: &random)
        var level = Level.clear
        let levels = (0..<3000).map { _ in
            if Int.random(in: 0..<4, using: &random) == 0 {
                level = [Level.beyond, .between, .clear, .unknown].randomElement(using: &random) ?? .clear
            }
            return level
        }
        var machine = AlertMachine()
        let transitions = Self.run(levels, hold: hold, resolve: resolve, &machine)
        var last: (second: Int, isFire: Bool)?
        for (second, transition) in transitions.enumerated() {
            guard let transition else { continue }
            let isFire = transition == .fire
            if let last {
                #expect(last.isFire != isFire)
                #expect(second - last.second >= (isFire ? hold : resolve))
                let wanted = levels[(second - (isFire ? hold : resolve))...second]
                #expect(wanted.allSatisfy { $0 == (isFire ? .beyond : .clear) })
            } else {
                #expect(isFire)
            }
            last = (second, isFire)
        }
    }
}

/// The same numbers each time (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
