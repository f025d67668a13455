/// How far a long step has come, in one line of a terminal.
enum ProgressLine {
    /// `sending  [=========>          ]  45%  120 MB of 266 MB  85.2 MB/s  2 s left`, with parts left out from the right
    /// where the width does not suffice.
    ///
    /// - Parameter seconds: since the step began.
    static func text(_ label: String, done: Int, total: Int, seconds: Double, width: Int) -> String {
        let share = total > 0 ? min(max(Double(done) / Double(total), 0), 1) : 1
        let percent = Int((share * 100).rounded(.down))
        let rate = seconds > 0 ? Double(done) / seconds : 0
        var parts = [
            String(repeating: " ", count: percent < 10 ? 2 : percent < 100 ? 1 : 0) + "\(percent)%",
            "\(NumberText.bytes(done)) of \(NumberText.bytes(total))",
        ]
        // The first moments say nothing about the rate.
        if seconds >= 0.5, rate >= 1 {
            parts.append("\(NumberText.bytes(Int(min(rate, 1e15))))/s")
            let left = Double(max(total - done, 0)) / rate
            if done < total { parts.append("\(NumberText.duration(seconds: left.rounded(.up))) left") }
        }
        while true {
            let tail = parts.joined(separator: "  ")
            let room = width - 1 - label.count - tail.count - 6
            if room >= 10 { return "\(label)  [\(bar(share, min(room, 30)))]  \(tail)" }
            if parts.count == 1 { return String("\(label)  \(tail)".prefix(max(width - 1, 0))) }
            parts.removeLast()
        }
    }

    private static func bar(_ share: Double, _ width: Int) -> String {
        let filled = Int(share * Double(width))
        if filled >= width { return String(repeating: "=", count: width) }
        return String(repeating: "=", count: filled) + ">" + String(repeating: " ", count: width - filled - 1)
    }
}
