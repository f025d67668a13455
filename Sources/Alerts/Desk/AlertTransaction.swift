package import Journal
package import Webhooks

/// What Alerts needs of the database. Notifications are kept in the same transaction as the change that they tell of, so
/// that a crash neither loses nor doubles one.
package protocol AlertTransaction: DeliveryTransaction {
    func alert(_ number: Int, space: String) throws -> Alert?
    /// The alert of a rule that is firing; there is at most one.
    func firingAlert(space: String, endpoint: String, rule: String) throws -> Alert?
    /// In every space that is there, oldest first.
    func firingAlerts() throws -> [Alert]
    /// Newest first, those below `before`.
    func alerts(_ filter: AlertFilter, before: Int?, limit: Int) throws -> [Alert]
    func nextAlert(space: String) throws -> Int
    func insert(_ alert: Alert) throws
    /// Keeps what may change, and of those that are resolved no more than a bounded number.
    func update(_ alert: Alert) throws

    /// Those that keep notifications back now.
    func activeSilences(space: String) throws -> [Silence]
    /// Newest first, those below `before`, ended ones too.
    func silences(space: String, before: Int?, limit: Int) throws -> [Silence]
    func silence(_ number: Int, space: String) throws -> Silence?
    func nextSilence(space: String) throws -> Int
    func insert(_ silence: Silence) throws
    func endSilence(_ number: Int, space: String) throws
}

/// Where Alerts keeps what it remembers.
package typealias AlertUnitOfWork = any UnitOfWork<any AlertTransaction>
