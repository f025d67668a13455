import Journal
import Testing

@testable import Experiments

@Suite struct SearchFilterTests {
    private static let runs: [(String, [SearchClause])] = [
        ("", []),
        ("  ", []),
        (
            "metrics.acc > 0.9 AND params.\"x y\" = 'a'",
            [
                SearchClause(SearchField(.metric, "acc"), .number(.greater, 0.9)),
                SearchClause(SearchField(.parameter, "x y"), .text(.equal, "a")),
            ]
        ),
        (
            "tags.`mlflow.user` ilike '%b%' and attributes.status='FINISHED'",
            [
                SearchClause(SearchField(.tag, "mlflow.user"), .like(SearchPattern("%b%", ignoresCase: true))),
                SearchClause(SearchField(.attribute, "status"), .text(.equal, "FINISHED")),
            ]
        ),
        (
            "tags.mlflow.source.name != \"it's\"",
            [SearchClause(SearchField(.tag, "mlflow.source.name"), .text(.unequal, "it's"))]
        ),
        ("run_id IN ('a', \"b\",)", [SearchClause(SearchField(.attribute, "run_id"), .oneOf(["a", "b"]))]),
        ("run_id not  in('a')", [SearchClause(SearchField(.attribute, "run_id"), .noneOf(["a"]))]),
        ("param.p IS NULL", [SearchClause(SearchField(.parameter, "p"), .isMissing)]),
        ("tag.`a b` is not null", [SearchClause(SearchField(.tag, "a b"), .isPresent)]),
        ("metric.m<=-1e-3", [SearchClause(SearchField(.metric, "m"), .number(.lessOrEqual, -0.001))]),
        ("metrics.a = .5", [SearchClause(SearchField(.metric, "a"), .number(.equal, 0.5))]),
        ("metrics.a = 1.", [SearchClause(SearchField(.metric, "a"), .number(.equal, 1))]),
        ("metrics.a = 1.E3", [SearchClause(SearchField(.metric, "a"), .number(.equal, 1000))]),
        (
            "`Run name` LIKE 'a_' AND run.created >= 5",
            [
                SearchClause(SearchField(.attribute, "run_name"), .like(SearchPattern("a_", ignoresCase: false))),
                SearchClause(SearchField(.attribute, "start_time"), .number(.greaterOrEqual, 5)),
            ]
        ),
        ("dataset.context = 'train'", [SearchClause(SearchField(.dataset, "context"), .text(.equal, "train"))]),
        (
            "tags.t = 'a'AND tags.`ü` = ''",
            [
                SearchClause(SearchField(.tag, "t"), .text(.equal, "a")),
                SearchClause(SearchField(.tag, "ü"), .text(.equal, "")),
            ]
        ),
        // As MLflow's tokeniser has it: both stay as they are.
        ("tags.t = 'it''s'", [SearchClause(SearchField(.tag, "t"), .text(.equal, "it''s"))]),
        ("tags.t = 'it\\'s'", [SearchClause(SearchField(.tag, "t"), .text(.equal, "it\\'s"))]),
        ("tags.t = 'a\\'", [SearchClause(SearchField(.tag, "t"), .text(.equal, "a\\"))]),
    ]

    @Test(arguments: runs) func `A filter of runs is read as MLflow reads it`(
        text: String, clauses: [SearchClause]
    ) throws {
        #expect(try SearchFilter(text, for: .runs).clauses == clauses)
    }

    @Test(arguments: [
        ("acc > 0.9", "character 1", "'acc' is no attribute"),
        ("Metrics.acc > 0.9", "character 1", "'Metrics' is nothing that runs have"),
        ("metrics.acc > '0.9'", "character 15", "is no number"),
        ("metrics.acc > 0x10", "character 15", "'0' is not a number"),
        ("metrics.acc > 1.2.3", "character 15", "'1.2' is not a number"),
        ("metrics.acc > inf", "character 15", "is no number"),
        ("metrics.acc => 1", "character 13", "'=>' is no comparator"),
        ("metrics.acc LIKE '1'", "character 13", "LIKE compares texts"),
        ("metrics. > 1", "character 9", "is no key"),
        ("params.x = 1", "character 12", "is no text in quotes"),
        ("params.x > '1'", "character 10", "'>' compares numbers"),
        ("params.x = `a`", "character 12", "is no text in quotes"),
        ("status = 'x' OR status = 'y'", "character 14", "'OR status = 'y'' is no clause"),
        ("status = 'x' status = 'y'", "character 14", "is no clause"),
        ("status = 'x';", "character 13", "';' is no clause"),
        ("(status = 'x')", "character 1", "is no name of a field"),
        ("AND status = 'x'", "character 1", "'AND' is no attribute"),
        ("status = 'x' AND", "character 17", "the end is no name of a field"),
        ("status = 'x", "character 10", "the quote is not closed"),
        ("status", "character 7", "the end is no comparator"),
        ("status NOT LIKE 'x'", "character 8", "is no comparator"),
        ("status IS NULL", "character 8", "IS NULL cannot ask about the attribute 'status'"),
        ("status IN ('x')", "character 8", "IN cannot ask about the attribute 'status'"),
        ("run_id IN ()", "character 12", "is no text in quotes"),
        ("run_id IN 'a'", "character 11", "is no list"),
        ("run_id IN ('a' 'b')", "character 16", "is neither ',' nor ')'"),
        ("run_id IN ('a'", "character 15", "the end is neither"),
        ("dataset.size = 'x'", "character 9", "'size' is nothing to ask of a data set"),
        ("tags.ü = 'x' OR", "character 14", "'OR' is no clause"),
    ]) func `What cannot be read is refused with its place`(text: String, place: String, problem: String) {
        let error = #expect(throws: ControlError.self) { try SearchFilter(text, for: .runs) }
        #expect(error?.code == .invalid)
        #expect(error?.field == "filter")
        #expect(error?.message.contains("at \(place): ") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
    }

    @Test func `Each search has attributes of its own`() throws {
        #expect(
            try SearchFilter("version_number > 2", for: .modelVersions).clauses
                == [SearchClause(SearchField(.attribute, "version_number"), .number(.greater, 2))])
        #expect(try SearchFilter("name IN ('a')", for: .registeredModels).clauses.count == 1)
        #expect(
            try SearchFilter("creation_time < 5", for: .loggedModels).clauses.first?.field.key == "creation_timestamp")
        #expect(try SearchFilter("attribute.last_update_time < 5", for: .experiments).clauses.count == 1)
        #expect(throws: ControlError.self) { try SearchFilter("metrics.a > 1", for: .registeredModels) }
        #expect(throws: ControlError.self) { try SearchFilter("run_id = 'a'", for: .registeredModels) }
        #expect(throws: ControlError.self) { try SearchFilter("tags.a IS NULL", for: .modelVersions) }
    }

    @Test func `A field that is missing meets IS NULL and nothing else`() throws {
        func matches(_ text: String) throws -> Bool { try SearchFilter(text, for: .runs).matches { _ in [] } }
        #expect(try matches("tags.a IS NULL"))
        for text in ["tags.a IS NOT NULL", "tags.a != 'x'", "run_id NOT IN ('x')", "metrics.a != 1"] {
            #expect(try !matches(text), "\(text)")
        }
    }

    @Test func `One of several values is enough`() throws {
        let filter = try SearchFilter("dataset.name = 'b' AND dataset.name != 'b'", for: .runs)
        #expect(filter.matches { _ in [.text("a"), .text("b")] })
        #expect(!filter.matches { _ in [.text("b")] })
    }

    @Test func `A metric that is not a number is unequal to every number`() throws {
        for (comparator, holds) in [("=", false), ("!=", true), ("<", false), (">=", false)] {
            let filter = try SearchFilter("metrics.a \(comparator) 1", for: .runs)
            #expect(filter.matches { _ in [.number(.nan)] } == holds, "\(comparator)")
        }
    }

    @Test(arguments: [
        ("a%", "abc", true), ("a%", "ba", false), ("%b%", "abc", true), ("a_c", "abc", true), ("a_c", "ac", false),
        ("%", "", true), ("", "", true), ("", "a", false), ("%a%b%c", "xaybzbc", true), ("%a%b%c", "xaybzb", false),
        ("A%", "abc", false), ("_", "ü", true), ("a.c", "abc", false), ("%%%_", "a", true), ("a%", "a\nb", true),
    ]) func `LIKE goes over the whole text`(pattern: String, text: String, matches: Bool) {
        #expect(SearchPattern(pattern, ignoresCase: false).matches(text) == matches)
        #expect(!matches || SearchPattern(pattern.uppercased(), ignoresCase: true).matches(text))
    }

    @Test func `A pattern of many wildcards takes no longer than its lengths say`() {
        let text = String(repeating: "a", count: 5000)
        let pattern = String(repeating: "%a", count: 500) + "b"
        #expect(!SearchPattern(pattern, ignoresCase: true).matches(text))
    }

    /// Bytes of every kind, and true filters with a few of their characters exchanged.
    @Test func `No text can end the process`() {
        let words = [
            "metrics.", "acc", " > ", "0.9", " AND ", "tags.`", "`", "'", "\"", "(", ")", "IN", " IS NOT NULL", "\\'",
            "''",
            "-", ".", "e", "1e999", "ü", "\u{0}", "%", ",", "run_id", "status", "LIKE", "=", "!=", "<", " ",
        ]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...12, using: &random) { text += words.randomElement(using: &random) ?? "" }
            for dialect in [SearchDialect.runs, .experiments, .loggedModels, .registeredModels, .modelVersions] {
                if let filter = try? SearchFilter(text, for: dialect) {
                    _ = filter.matches { _ in [.text("a"), .number(1)] }
                }
                _ = try? SearchOrder(text, for: dialect)
            }
        }
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = try? SearchFilter(String(decoding: bytes, as: UTF8.self), for: .runs)
        }
    }

    @Test func `A text in quotes comes out as it went in`() throws {
        var random = SystemRandomNumberGenerator()
        let characters = Array("ab%_\"`() ANDü\\.,;-\n")
        for _ in 0..<2_000 {
            let value = String(
                (0..<Int.random(in: 0...12, using: &random)).map { _ in characters.randomElement(using: &random) ?? "a"
                })
            // What ends in a backslash takes the quote behind it along, as in MLflow.
            guard !value.hasSuffix("\\") else { continue }
            let clauses = try SearchFilter("tags.t = '\(value)' AND tags.u = 'x'", for: .runs).clauses
            #expect(clauses.first?.condition == .text(.equal, value), "\(value)")
        }
    }

    @Test func `Too long a filter and too many clauses are refused`() {
        let clause = "tags.a = 'x'"
        let many = Array(repeating: clause, count: SearchFilter.maximumClauses + 1).joined(separator: " AND ")
        #expect(throws: ControlError.self) { try SearchFilter(many, for: .runs) }
        let long = "tags.a = '\(String(repeating: "x", count: SearchScanner.maximumBytes))'"
        #expect(throws: ControlError.self) { try SearchFilter(long, for: .runs) }
    }
}
