import Journal
import Testing

@testable import Experiments

@Suite struct SearchOrderTests {
    @Test(arguments: [
        ("metrics.acc DESC", SearchOrder(SearchField(.metric, "acc"), isAscending: false)),
        ("params.`x y` asc", SearchOrder(SearchField(.parameter, "x y"))),
        ("start_time", SearchOrder(SearchField(.attribute, "start_time"))),
        ("attribute.Created desc ", SearchOrder(SearchField(.attribute, "start_time"), isAscending: false)),
        ("tags.\"a\"", SearchOrder(SearchField(.tag, "a"))),
    ]) func `An order of runs is read`(text: String, order: SearchOrder) throws {
        #expect(try SearchOrder(text, for: .runs) == order)
    }

    @Test(arguments: ["", "acc", "metrics.acc down", "metrics.acc ASC DESC", "metrics.acc,", "dataset.name", "name"])
    func `What orders nothing is refused`(text: String) {
        let error = #expect(throws: ControlError.self) { try SearchOrder(text, for: .runs) }
        #expect(error?.field == "order_by")
    }

    @Test func `There is an end to orders, and to patterns`() {
        let orders = [String](repeating: "run_id", count: 33)
        #expect(throws: Never.self) { try SearchOrder.list(Array(orders.dropLast()), for: .runs) }
        #expect(throws: ControlError.self) { try SearchOrder.list(orders, for: .runs) }
        let pattern = String(repeating: "a", count: 256)
        #expect(throws: Never.self) { try SearchFilter("tags.a LIKE '\(pattern)'", for: .runs) }
        #expect(throws: ControlError.self) { try SearchFilter("tags.a LIKE '\(pattern)b'", for: .runs) }
    }

    @Test func `Models are ordered by their own attributes only`() throws {
        #expect(try SearchOrder("timestamp DESC", for: .registeredModels).field.key == "last_updated_timestamp")
        #expect(try SearchOrder("version_number", for: .modelVersions).field.key == "version_number")
        #expect(throws: ControlError.self) { try SearchOrder("tags.a", for: .registeredModels) }
        #expect(throws: ControlError.self) { try SearchOrder("metrics.a", for: .modelVersions) }
    }

    @Test(arguments: [true, false]) func `Values come first in either direction, then what is none, then nothing`(
        isAscending: Bool
    ) {
        let order = [SearchOrder(SearchField(.metric, "m"), isAscending: isAscending)]
        let values: [Double?] = [nil, .nan, 2, -1, nil, 7]
        let sorted = order.sort(Array(values.indices)) { index, _ in values[index].map { SearchValue.number($0) } }
        #expect(sorted == (isAscending ? [3, 2, 5, 1, 0, 4] : [5, 2, 3, 1, 0, 4]))
    }

    @Test func `The second order decides where the first does not, and then nothing moves`() {
        let orders = [SearchOrder(SearchField(.tag, "a")), SearchOrder(SearchField(.tag, "b"), isAscending: false)]
        let items = [("x", "1"), ("x", "2"), ("w", "1"), ("x", "2")]
        let sorted = orders.sort(Array(items.indices)) { index, field in
            .text(field.key == "a" ? items[index].0 : items[index].1)
        }
        #expect(sorted == [2, 1, 3, 0])
    }
}
