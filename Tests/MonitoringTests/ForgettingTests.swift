import Crypto
import Foundation
import Journal
import Serving
import Tensors
import Testing

@testable import Monitoring

@Suite struct ForgettingTests {
    private static func numbers(_ book: LedgerBook) throws -> [UInt64] {
        try LedgerWorkshop.rows(of: book).map(\.prediction.low)
    }

    @Test func `one subject's rows go, in every file, and all others stay`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        for start in stride(from: 0, to: 30, by: 10) {
            workshop.write((start..<start + 10).map { .numbered($0, customer: $0 % 3) }, to: book)
            book.closeSegment()
        }
        workshop.write([.numbered(30, customer: 1), .numbered(31, customer: 2)], to: book)
        let forgotten = try book.forget(FieldValue(field: "customer", text: "1"), .test)
        #expect((forgotten.rows, forgotten.withField, forgotten.files) == (11, 32, 4))
        var left = (0..<UInt64(30)).filter { $0 % 3 != 1 }
        left.append(31)
        #expect(try Self.numbers(book) == left)
        // What comes after goes on as ever, and who opens it anew sees the same.
        workshop.write([.numbered(40, customer: 1)], to: book)
        #expect(try Self.numbers(workshop.book()) == left + [40])
        let again = try book.forget(FieldValue(field: "customer", text: "7"), .test)
        #expect((again.rows, again.files) == (0, 0))
    }

    @Test func `hashed values are found by what they were, and only in their space`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        let key = SymmetricKey(data: [UInt8](repeating: 3, count: 32))
        let rules = FieldRules(hashed: ["customer"], space: "default", key: key)
        workshop.write(
            (0..<6).map { .numbered($0, customer: $0) }, to: book, through: workshop.tap(book, rules: rules))
        let value = FieldValue(field: "customer", text: "4")
        #expect(try book.forget(value, FieldRules(space: "other", key: key)).rows == 0)
        #expect(try book.forget(value, FieldRules(space: "default", key: key)).rows == 1)
        #expect(try Self.numbers(book) == [0, 1, 2, 3, 5])
    }

    @Test func `a row whose value was left out stays, and is counted`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        let rules = FieldRules(excluded: ["customer"], space: "default", key: SymmetricKey(size: .bits256))
        workshop.write([.numbered(0, customer: 4)], to: book, through: workshop.tap(book, rules: rules))
        let forgotten = try book.forget(FieldValue(field: "customer", text: "4"), rules)
        #expect((forgotten.rows, forgotten.withField, forgotten.unreadable) == (0, 1, 1))
    }

    @Test func `what a crash left half-written is not taken for rows, and goes`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        workshop.write([.numbered(0), .numbered(1)], to: book)
        book.close()
        let path = try #require(book.segments.first).path
        try Data("half of a file".utf8).write(to: URL(fileURLWithPath: path + SegmentName.newSuffix))
        let again = workshop.book()
        #expect(try Self.numbers(again) == [0, 1])
        #expect(LedgerFolder.names(book.folder).count == 1)
    }

    @Test func `a disk that takes no more leaves every file as it was`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        workshop.write((0..<5).map { .numbered($0, customer: $0) }, to: book)
        book.close()
        let full = workshop.book(
            calls: FileCalls(
                write: { _, _ in
                    errno = ENOSPC
                    return -1
                }))
        #expect(throws: FileFailure.self) { try full.forget(FieldValue(field: "customer", text: "1"), .test) }
        #expect(try Self.numbers(full) == [0, 1, 2, 3, 4])
        #expect(LedgerFolder.names(book.folder).count == 1)
    }

    @Test func `a damaged place goes too, since nobody can tell whose it was`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        workshop.write((0..<4).map { .numbered($0, customer: $0) }, to: book)
        book.close()
        let path = try #require(book.segments.first).path
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let again = workshop.book()
        let forgotten = try again.forget(FieldValue(field: "customer", text: "99"), .test)
        #expect((forgotten.rows, forgotten.damaged, forgotten.files) == (0, 1, 1))
        #expect(try Self.numbers(again).count == 3)
        let reader = RowReader(again, again.segments)
        while try reader.next() != nil {}
        #expect(reader.damaged == 0)
    }

    @Test(arguments: [
        (ElementType.fp32, "0.1"), (.fp64, "-2.5"), (.int64, "-7"), (.uint8, "200"), (.bool, "true"), (.bytes, "é"),
        (.fp16, "1.5"), (.bf16, "3.0"), (.uint64, "18446744073709551615"),
    ])
    func `a value is looked for as its type stores it`(type: ElementType, text: String) throws {
        let bytes = try #require(FieldValue.bytes(of: text, type))
        #expect(bytes.count == type.byteWidth ?? text.utf8.count)
        let storage: TensorStorage
        if type == .bytes {
            storage = try #require(BytesElements.encode([[1], bytes]))
        } else {
            storage = TensorStorage(byteCount: 2 * bytes.count)
            for index in bytes.indices {
                storage.mutableBytes[index] = 0
                storage.mutableBytes[bytes.count + index] = bytes[index]
            }
        }
        let tensor = LedgerTensor(name: "f", elementType: type, shape: .vector(2), content: .whole(storage))
        #expect(FieldValue(field: "f", text: text).occurs(in: tensor, .test) == true)
        #expect(FieldValue(field: "f", text: "no such value").occurs(in: tensor, .test) == false)
    }
}
