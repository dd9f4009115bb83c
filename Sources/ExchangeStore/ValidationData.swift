package import ExchangeCore

/// A certificate or revocation list by which this node judges signatures: what RFC 5126 §4.4.1 calls validation data.
///
/// It is public, and kept as it was issued.
package struct ValidationObject: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case anchor, intermediate
        case revocationList = "revocation-list"
        /// A signing certificate of a member, or this node's own.
        case signer
    }

    package let kind: Kind
    /// SHA-256 over `der`.
    package let digest: Digest
    package let der: [UInt8]

    package init(_ kind: Kind, digest: Digest, der: [UInt8]) {
        self.kind = kind
        self.digest = digest
        self.der = der
    }
}

/// What a node used when its store was last open, as far as it must not go back behind it.
package struct EarlierUse: Hashable, Sendable {
    /// The newest directory; `nil` where there was none.
    package let directory: DirectoryMark?
    /// Those that signatures were judged by, in DER.
    package let revocationLists: [[UInt8]]

    package init(directory: DirectoryMark?, revocationLists: [[UInt8]]) {
        self.directory = directory
        self.revocationLists = revocationLists
    }
}
