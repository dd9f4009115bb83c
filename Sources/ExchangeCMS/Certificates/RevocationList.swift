internal import COpenSSL
package import ExchangeCore

/// A certificate revocation list (RFC 5280 §5), read but not verified: `TrustStore` verifies it against its issuer.
///
/// `@unchecked Sendable`: the one owner of an `X509_CRL` that nothing changes after `init`. OpenSSL sorts the entries at
/// the first search, under its own lock.
package final class RevocationList: @unchecked Sendable {
    static let pemLabel = "X509 CRL"

    let handle: Owned<RevocationListObject>
    package let thisUpdate: Timestamp
    /// From this moment on the list is stale. A list without one (allowed by ASN.1, forbidden by RFC 5280) is refused.
    package let nextUpdate: Timestamp

    package init(der: [UInt8]) throws(CMSError) {
        guard der.count <= CMSLimits.revocationListBytes else {
            throw CMSError(
                .revocationListUnusable,
                "the revocation list has \(der.count) bytes; "
                    + "the limit is \(CMSLimits.revocationListBytes)")
        }
        let result = unsafe decoded(der) { start, count in unsafe d2i_X509_CRL(nil, start, count) }
        let handle = unsafe try Owned<RevocationListObject>(
            result.pointer, .revocationListUnusable, "these bytes are not a revocation list")
        guard unsafe result.usedAllBytes else {
            throw CMSError(.revocationListUnusable, "bytes follow after the revocation list")
        }
        guard let thisUpdate = unsafe timestamp(of: X509_CRL_get0_lastUpdate(handle.pointer)),
            let nextUpdate = unsafe timestamp(of: X509_CRL_get0_nextUpdate(handle.pointer))
        else {
            throw CMSError(
                .revocationListUnusable,
                "the revocation list does not say when the next one comes; "
                    + "it could never be known to be stale (RFC 5280 §5.1.2.5)")
        }
        // A delta list or one for some reasons or certificates only would be taken for the whole list.
        for identifier in [NID_delta_crl, NID_issuing_distribution_point] {
            guard unsafe X509_CRL_get_ext_by_NID(handle.pointer, identifier, -1) < 0 else {
                throw CMSError(
                    .revocationListUnusable,
                    "delta and partial revocation lists are not supported; "
                        + "install the complete list")
            }
        }
        try Self.checkStrength(of: handle)
        guard unsafe shim_X509_CRL_critical_extensions_known(handle.pointer) == 1 else {
            throw CMSError(
                .revocationListUnusable,
                "the revocation list has a critical extension that is not known here, and may mean something else "
                    + "than it seems to (RFC 5280 §5.2)")
        }
        self.thisUpdate = thisUpdate
        self.nextUpdate = nextUpdate
        self.handle = handle
    }

    /// Whoever can make two lists with one weak digest can have one signed and install the other.
    private static func checkStrength(of handle: borrowing Owned<RevocationListObject>) throws(CMSError) {
        let digest = unsafe shim_X509_CRL_digest(handle.pointer)
        guard [NID_sha256, NID_sha384, NID_sha512].contains(digest) else {
            throw CMSError(
                .revocationListUnusable,
                "the revocation list is signed with another digest than SHA-256, SHA-384 or SHA-512; "
                    + "ask its authority for one that is not weak")
        }
    }

    /// - Parameter pem: text with exactly one `X509 CRL` block.
    package convenience init(pem: String) throws(CMSError) {
        let blocks = try PEM.blocks(pem, labelled: Self.pemLabel, orElse: .revocationListUnusable)
        guard blocks.count == 1 else {
            throw CMSError(.revocationListUnusable, "one PEM revocation list was expected, there are \(blocks.count)")
        }
        try self.init(der: blocks[0])
    }

    /// Reads all `X509 CRL` blocks, such as those of a file with the lists of a whole chain.
    package static func all(pem: String) throws(CMSError) -> [RevocationList] {
        var lists: [RevocationList] = []
        for der in try PEM.blocks(pem, labelled: Self.pemLabel, orElse: .revocationListUnusable) {
            lists.append(try RevocationList(der: der))
        }
        return lists
    }

    /// The list as it was issued.
    package var der: [UInt8] {
        get throws(CMSError) { unsafe try encoded { unsafe i2d_X509_CRL(handle.pointer, $0) } }
    }

    /// PEM text (RFC 7468), as files and the `openssl` command take it.
    package var pem: String {
        get throws(CMSError) { PEM.text(try der, label: Self.pemLabel) }
    }

    /// Whether the issuer made this list: the name, the right to sign lists, and the signature.
    package func isSigned(by issuer: Certificate) -> Bool {
        let names = unsafe X509_NAME_cmp(
            X509_CRL_get_issuer(handle.pointer), X509_get_subject_name(issuer.handle.pointer))
        guard names == 0, issuer.keyUsage.contains(.crlSign) else { return false }
        let verified = unsafe X509_CRL_verify(handle.pointer, X509_get0_pubkey(issuer.handle.pointer)) == 1
        if !verified { _ = ErrorQueue.drain() }
        return verified
    }

    /// The entry of the certificate; `nil` where it has none. The certificate must be of this list's issuer.
    func revocation(of certificate: Certificate) -> Revocation? {
        var entry: OpaquePointer?
        let found = unsafe X509_CRL_get0_by_cert(handle.pointer, &entry, certificate.handle.pointer)
        // 2 is removeFromCRL, which occurs in delta lists only.
        guard found == 1, let entry = unsafe entry else { return nil }
        return Revocation(
            date: unsafe timestamp(of: X509_REVOKED_get0_revocationDate(entry)) ?? Timestamp(milliseconds: 0),
            reason: unsafe Revocation.Reason(code: Int(shim_X509_REVOKED_reason(entry))))
    }
}

/// An entry of a revocation list.
package struct Revocation: Hashable, Sendable {
    package let date: Timestamp
    package let reason: Reason

    /// RFC 5280 §5.3.1.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation
        case certificateHold, privilegeWithdrawn, aACompromise

        /// A code that is missing or cannot be read counts as unspecified.
        init(code: Int) {
            self =
                switch code {
                case 1: .keyCompromise
                case 2: .cACompromise
                case 3: .affiliationChanged
                case 4: .superseded
                case 5: .cessationOfOperation
                case 6: .certificateHold
                case 9: .privilegeWithdrawn
                case 10: .aACompromise
                default: .unspecified
                }
        }

        /// Somebody else may hold the key, who can write any signing time: then no signature by it counts, of any
        /// date. Unspecified is among them, because an authority that says nothing has not said that the key is safe.
        package var castsDoubtOnThePast: Bool {
            switch self {
            case .unspecified, .keyCompromise, .cACompromise, .aACompromise: true
            case .affiliationChanged, .superseded, .cessationOfOperation, .certificateHold, .privilegeWithdrawn: false
            }
        }
    }
}
