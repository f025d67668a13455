import Gateway

/// The shapes of audit, deletion and collection.
extension OpenAPISchemas {
    static let retention: [String: JSONValue] = [
        "AuditEventInfo": object([
            "sequence": integer, "at": string, "principal": string, "space": string, "action": string,
            "subject": string, "detail": string, "generation": integer, "previousHash": string, "hash": string,
        ]),
        "AuditHeadInfo": object([
            "sequence": integer, "hash": string, "generation": integer, "at": string, "key": string,
            "signature": string,
        ]),
        "AuditKeyInfo": object(["algorithm": string, "key": string]),
        "AuditReport": object(
            [
                "events": integer, "heads": integer, "lastHead": ref("AuditHeadInfo"), "problems": arrayOf(string),
            ], optional: ["lastHead"]),
        "VersionDeletionInfo": object([
            "model": string, "version": integer, "digest": string, "space": string, "isGone": flag,
        ]),
        "CollectionReport": object(["files": integer, "bytes": integer]),
    ]
}
