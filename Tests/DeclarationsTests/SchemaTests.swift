import Foundation
import Testing

@testable import Declarations

struct SchemaTests {
    @Test func `the schema that is served is the one that is committed`() throws {
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let committed = try String(
            contentsOf: repository.appendingPathComponent("docs/reference/slipway.schema.json"), encoding: .utf8)
        // To write it anew: curl SERVER/api/v1/slipway.schema.json > docs/reference/slipway.schema.json
        #expect(committed == DeclarationSchema.text)
    }
}
