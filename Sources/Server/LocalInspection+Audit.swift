import Foundation
import Journal
package import ManagementAPI

extension LocalInspection {
    /// Follows an exported audit trail from its first line to its last, without a server.
    ///
    /// - Parameter key: the public key that the head has to be signed with; `nil` takes the one that the file names, which
    ///   only shows that the file agrees with itself.
    package static func verifyAudit(export path: String, key: String?) throws(Problem) -> AuditReport {
        guard let content = FileManager.default.contents(atPath: path) else {
            throw Problem(message: "\(path) cannot be read", advice: "name the file that `slipway audit export` wrote")
        }
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count >= 2, lines.last?.isEmpty == true,
            let end: AuditExportEnd = exact(lines[lines.count - 2])
        else {
            throw Problem(
                message: "\(path) does not end with a signed head: it was cut off or changed there, or is no export",
                advice: "export again: slipway audit export FILE")
        }
        let head = AuditHead(end.head)
        var proof = AuditProof(heads: [head], key: key ?? head.key)
        for (index, line) in lines.dropLast(2).enumerated() {
            if let event: AuditEventInfo = exact(line), let event = AuditEvent(event) {
                proof.accept(event)
            } else {
                proof.note("line \(index + 1) is not an event as it was exported")
            }
        }
        if proof.chain.count > head.sequence {
            proof.note("there are \(proof.chain.count) events, and the head was signed for \(head.sequence)")
        }
        proof.end(at: Generation(head.generation))
        return AuditReport(
            events: proof.chain.count, heads: 1, lastHead: proof.lastHead == nil ? nil : end.head,
            problems: proof.problems)
    }

    /// The value of a line that is written exactly as we write it: a change that means the same is a change.
    private static func exact<Value: Codable>(_ line: Data) -> Value? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let value = try? JSONDecoder().decode(Value.self, from: Data(line)),
            let again = try? encoder.encode(value), again == Data(line)
        else { return nil }
        return value
    }
}

extension AuditEvent {
    fileprivate init?(_ event: AuditEventInfo) {
        guard let at = Timestamp(event.at) else { return nil }
        self.init(
            sequence: event.sequence, at: at, principal: event.principal, space: event.space, action: event.action,
            subject: event.subject, detail: event.detail, generation: Generation(event.generation),
            previousHash: event.previousHash, hash: event.hash)
    }
}

extension AuditHead {
    fileprivate init(_ head: AuditHeadInfo) {
        self.init(
            sequence: head.sequence, hash: head.hash, generation: head.generation, at: head.at, key: head.key,
            signature: head.signature)
    }
}
