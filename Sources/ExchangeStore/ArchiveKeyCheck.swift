/// Shows whether the archive key that a node brings is the one under which a store's content lies.
///
/// Every form of the store holds it against what it keeps before it writes anything: with another key a node would
/// receipt messages that nobody could ever read.
package struct ArchiveKeyCheck: Sendable {
    /// What the key wraps: kept at the first opening, and compared at every later one.
    package let fresh: [UInt8]
    /// Throws where the key does not open what an earlier opening kept.
    package let open: @Sendable (_ kept: [UInt8]) throws -> Void

    package init(fresh: [UInt8], open: @escaping @Sendable (_ kept: [UInt8]) throws -> Void) {
        self.fresh = fresh
        self.open = open
    }

    /// Holds the key against what it wrapped before.
    ///
    /// - Throws: ``StoreError``, `archive-key-wrong`.
    package func compare(with kept: [UInt8]) throws(StoreError) {
        do {
            try open(kept)
        } catch {
            throw StoreError(
                .archiveKeyWrong,
                "The archive key is not the one under which this store was written; nothing was changed. Put the "
                    + "right one back from the copy of the keys.",
                cause: "\(error)")
        }
    }
}
