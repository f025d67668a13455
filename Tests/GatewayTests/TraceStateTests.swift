import ManagementGateway
import Testing

@Suite struct TraceStateTests {
    @Test(arguments: [
        ["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"], ["a=1", "b=2"], ["a=1 ,\tb=2,,"], ["tenant@system=x y!"], ["0a=1"],
    ])
    func `what is valid is passed on as it came, several lines as one`(lines: [String]) {
        #expect(TraceState(lines)?.text == lines.joined(separator: ","))
    }

    @Test(arguments: [
        [], [""], [",,"], ["a"], ["=1"], ["a="], ["A=1"], ["a=1,a=2"], ["a=1=2"], ["a=\u{7}"], ["a=é"], ["_a=1"],
        [(0..<33).map { "k\($0)=1" }.joined(separator: ",")], ["a=" + String(repeating: "x", count: 600)],
    ])
    func `what is not valid is left out`(lines: [String]) { #expect(TraceState(lines) == nil) }
}
