import Governance

/// All that it needs is there for others.
extension StoredTransaction: ApplicationTransaction {}
