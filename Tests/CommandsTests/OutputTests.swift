import Testing

@testable import Commands

struct OutputTests {
    private let table = Table(
        columns: [
            .init(title: "ENDPOINT", mayShrink: true), .init(title: "MODEL", mayShrink: true), .init(title: "STATE"),
            .init(title: "REQUESTS", isNumber: true), .init(title: "P99 MS", isNumber: true),
        ],
        rows: [
            ["churn", "churn:12", "ready", "1200", "0.42"],
            ["a-very-long-name-of-an-endpoint", "a-very-long-name-of-a-model:3", "failed", "7", "-"],
        ])

    @Test func `without a terminal nothing is cut`() {
        #expect(
            table.lines(width: nil) == [
                "ENDPOINT                         MODEL                          STATE   REQUESTS  P99 MS",
                "churn                            churn:12                       ready       1200    0.42",
                "a-very-long-name-of-an-endpoint  a-very-long-name-of-a-model:3  failed         7       -",
            ])
    }

    @Test func `what a terminal would act upon is shown instead, but for our own emphasis`() {
        #expect(Console.harmless("a\u{1B}]0;x\u{7}\u{9B}2J é\tb\n") == "a\\u{1b}]0;x\\u{7}\\u{9b}2J é\tb\n")
        let own = Emphasis(isOn: true).strong("x") + Emphasis(isOn: true).alarm("y")
        #expect(Console.harmless(own) == own)
    }

    @Test func `in 80 columns the widest cells are cut`() {
        #expect(
            table.lines(width: 80) == [
                "ENDPOINT                    MODEL                       STATE   REQUESTS  P99 MS",
                "churn                       churn:12                    ready       1200    0.42",
                "a-very-long-name-of-an-en…  a-very-long-name-of-a-mod…  failed         7       -",
            ])
    }

    @Test func `in 40 columns rows become records`() {
        #expect(
            table.lines(width: 40) == [
                "ENDPOINT  churn", "MODEL     churn:12", "STATE     ready", "REQUESTS  1200", "P99 MS    0.42", "",
                "ENDPOINT  a-very-long-name-of-an-endpoi…", "MODEL     a-very-long-name-of-a-model:3",
                "STATE     failed", "REQUESTS  7", "P99 MS    -",
            ])
    }

    @Test(arguments: [20, 40, 57, 58, 80, 200])
    func `no line is wider than the terminal`(width: Int) {
        for line in table.lines(width: width) { #expect(line.count <= width || width < 25) }
    }

    @Test func `emphasis changes nothing but the header`() {
        let plain = table.lines(width: nil)
        let bold = table.lines(width: nil, emphasis: Emphasis(isOn: true))
        #expect(bold[0] == "\u{1B}[1m\(plain[0])\u{1B}[0m")
        #expect(bold.dropFirst() == plain.dropFirst())
    }

    @Test func `facts stand under each other and break between words`() {
        var facts = Facts()
        facts.add("size", "1.4 kB")
        facts.add("outputs", ["label", "scores"])
        facts.add("notes", [])
        facts.add("about", "made of words that do not fit")
        #expect(
            facts.lines(width: 30) == [
                "  size     1.4 kB", "  outputs  label", "           scores", "  about    made of words that",
                "             do not fit",
            ])
        #expect(facts.lines(width: nil).last == "  about    made of words that do not fit")
    }

    // MARK: Progress

    @Test(arguments: [
        (80, 450, 4.0, "sending  [==========>             ]   45%  450 MB of 1.0 GB  112 MB/s  5 s left"),
        (80, 0, 0.0, "sending  [>                             ]    0%  0 B of 1.0 GB"),
        (80, 1000, 8.0, "sending  [==============================]  100%  1.0 GB of 1.0 GB  125 MB/s"),
        (50, 450, 4.0, "sending  [======>       ]   45%  450 MB of 1.0 GB"),
        (30, 450, 4.0, "sending  [=====>      ]   45%"),
        (16, 450, 4.0, "sending   45%"),
    ])
    func `progress in one line`(width: Int, megabytes: Int, seconds: Double, line: String) {
        let text = ProgressLine.text(
            "sending", done: megabytes * 1_000_000, total: 1_000_000_000, seconds: seconds, width: width)
        #expect(text == line)
        #expect(text.count < width)
    }

    @Test func `progress of nothing, too much and for ever does not trap`() {
        #expect(ProgressLine.text("x", done: 0, total: 0, seconds: 0, width: 80).contains("100%"))
        #expect(ProgressLine.text("x", done: 9, total: 3, seconds: 1, width: 80).contains("100%"))
        #expect(ProgressLine.text("x", done: .max, total: .max, seconds: 1e-300, width: 1) == "")
        #expect(ProgressLine.text("x", done: 1, total: .max, seconds: 1, width: 80).contains("?"))
    }

    // MARK: Numbers and times

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (32349, "32.3 kB"), (99_960, "100 kB"), (999_600, "1.0 MB"),
        (2_147_483_648, "2.1 GB"), (Int.max, "9223 PB"),
    ])
    func `bytes`(count: Int, text: String) {
        #expect(NumberText.bytes(count) == text)
    }

    @Test(
        arguments: [
            (0, "0 s"), (0.42, "0.4 s"), (2, "2 s"), (59.6, "1 min"), (125, "2 min 5 s"), (12_000, "3 h 20 min"),
            (367_200, "4 d 6 h"), (.infinity, "?"), (-1, "?"), (.nan, "?"),
        ] as [(Double, String)])
    func `durations`(seconds: Double, text: String) {
        #expect(NumberText.duration(seconds: seconds) == text)
    }

    @Test(arguments: [(0.0213, "0.021"), (0.42, "0.42"), (1.26, "1.3"), (1250.4, "1250")])
    func `milliseconds`(value: Double, text: String) {
        #expect(NumberText.milliseconds(value) == text)
    }

    @Test func `columns of numbers line up where that shows them well`() {
        #expect(NumberText.column([0.98765, 0.01234, 0]) == ["0.9877", "0.0123", "0.0000"])
        #expect(NumberText.column([1, 2, 300]) == ["1", "2", "300"])
        #expect(NumberText.column([1.5e-7, 2e-9]) == ["1.5e-07", "2e-09"])
        #expect(NumberText.column([1e12, 0.5]) == ["1e+12", "0.5"])
        #expect(NumberText.column([.nan, 0.5]) == ["nan", "0.5000"] || NumberText.column([.nan, 0.5])[1] == "0.5000")
        #expect(NumberText.column([]) == [])
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:30:45.123456Z", 951_827_445),
        ("2026-07-01T10:00:00Z", 1_782_900_000),
    ])
    func `times of the server`(text: String, seconds: Int) {
        #expect(Age.seconds(text) == seconds)
    }

    @Test(arguments: [
        (0, "just now"), (90, "1 min ago"), (7200, "2 h ago"), (3 * 86_400, "3 d ago"), (90 * 86_400, "2026-07-01"),
        (-90, "2026-07-01"),
    ])
    func `ages`(age: Int, text: String) {
        #expect(Age.text("2026-07-01T10:00:00Z", now: 1_782_900_000 + age) == text)
    }

    @Test func `what is no time is shown as it is`() {
        #expect(Age.text("yesterday", now: 0) == "yesterday")
        #expect(Age.moment("yesterday") == "yesterday")
        #expect(Age.moment("2026-07-01T10:00:00.5Z") == "2026-07-01 10:00 UTC")
    }

    @Test func `failures say what is wrong and what to do`() {
        let failure = Failure("no file", hint: "look again")
        #expect(failure.text(emphasis: .none) == "error: no file\n hint: look again")
        #expect(Failure("no file").text(emphasis: .none) == "error: no file")
    }
}
