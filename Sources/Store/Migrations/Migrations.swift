import GRDB
import Journal

/// Every change of the schema, in order. A released migration is never edited: a new one follows it.
enum Migrations {
    /// The schema that this server writes: the number of the last migration, which `PRAGMA user_version` says. Numbers only
    /// rise; there is no 12.
    static let currentSchema = 16
    /// `Slip` in ASCII, in the database's header: `file` and we can tell what it is.
    static let applicationID = 0x536C_6970

    static func migrator(clock: any WallClock) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        Migration001.register(in: &migrator, clock: clock)
        Migration002.register(in: &migrator)
        Migration003.register(in: &migrator)
        Migration004.register(in: &migrator)
        Migration005DataSets.register(in: &migrator)
        Migration006.register(in: &migrator)
        Migration007.register(in: &migrator)
        Migration008.register(in: &migrator)
        Migration009.register(in: &migrator)
        Migration010Alerts.register(in: &migrator)
        Migration011.register(in: &migrator)
        Migration013.register(in: &migrator)
        Migration014Webhooks.register(in: &migrator)
        Migration015Experiments.register(in: &migrator)
        Migration016.register(in: &migrator)
        return migrator
    }
}
