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
}
