import ArgumentParser
import ManagementAPI

/// The flags of `slipway deploy` that say what of an endpoint's predictions is written down; the server knows their ranges.
struct LedgerFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write this share of the predictions to the ledger, and all that fail (nothing is written unless given).",
            valueName: "0..1"))
    var ledgerShare: Double?

    @Option(
        help: ArgumentHelp("Leave the values of this input or output out; may be given again.", valueName: "name"))
    var ledgerExclude: [String] = []

    @Option(
        help: ArgumentHelp(
            "Write a keyed hash in place of this input's or output's values; may be given again.", valueName: "name"))
    var ledgerHash: [String] = []

    @Option(help: ArgumentHelp("Keep rows this long (30 unless given).", valueName: "days"))
    var ledgerDays: Int?

    @Option(help: ArgumentHelp("Keep at most this much, the newest (1073741824 unless given).", valueName: "bytes"))
    var ledgerBytes: Int?

    mutating func validate() throws {
        if ledgerShare == nil, !ledgerExclude.isEmpty || !ledgerHash.isEmpty || ledgerDays != nil || ledgerBytes != nil
        {
            throw ValidationError("what the ledger keeps means something only with --ledger-share")
        }
    }

    /// `nil` when nothing is to be written down.
    var options: LedgerOptions? {
        ledgerShare.map { share in
            LedgerOptions(
                share: share, exclude: ledgerExclude.isEmpty ? nil : ledgerExclude,
                hash: ledgerHash.isEmpty ? nil : ledgerHash, retentionDays: ledgerDays, retentionBytes: ledgerBytes)
        }
    }
}
