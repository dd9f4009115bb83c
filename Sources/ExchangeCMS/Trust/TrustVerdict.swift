package import ExchangeCore

/// Whether a certificate holds for a purpose, with the reason where it does not.
package enum TrustVerdict: Hashable, Sendable {
    /// It holds, and need not be asked again before that moment unless revocation lists are replaced.
    case trusted(until: Timestamp)
    /// Nothing speaks against it, but it cannot be said now: hold and alarm, never refuse.
    case undecided(UndecidedReason)
    case untrusted(DistrustReason)
}

/// Why it cannot be said now whether a certificate holds.
package enum UndecidedReason: Hashable, Sendable, CustomStringConvertible {
    /// No list of this issuer is installed.
    case revocationListMissing(issuer: String)
    /// The newest list of this issuer was to be replaced at that moment.
    case revocationListStale(issuer: String, since: Timestamp)
    /// Every list of this issuer comes from our future: a clock is wrong.
    case revocationListFromTheFuture(issuer: String, from: Timestamp)
    /// Suspended by its authority, which may still lift that (certificateHold).
    case onHold(subject: String, since: Timestamp)
    /// The authority that issued it, or one above, is not installed; with the verifier's own words.
    case issuerMissing(String)
    /// OpenSSL failed in a way that says nothing about the certificate.
    case libraryFailed(String)

    /// Whether a path leads to an anchor and only its revocation is in doubt. Without one nobody vouches for the
    /// certificate at all, and no connection is let in on it.
    package var isOfRevocation: Bool {
        switch self {
        case .revocationListMissing, .revocationListStale, .revocationListFromTheFuture, .onHold: true
        case .issuerMissing, .libraryFailed: false
        }
    }

    package var description: String {
        switch self {
        case .revocationListMissing(let issuer):
            "no revocation list of \(issuer) is installed; put it into the node's folder"
        case .revocationListStale(let issuer, let since):
            "the revocation list of \(issuer) is stale since \(since); fetch the new one"
        case .revocationListFromTheFuture(let issuer, let from):
            "the revocation list of \(issuer) begins at \(from); check this machine's clock"
        case .onHold(let subject, let since):
            "the certificate of \(subject) is suspended since \(since); ask its authority"
        case .issuerMissing(let words):
            "no chain leads to an authority that is trusted (\(words)); install the authorities between, or the root"
        case .libraryFailed(let words): "the cryptographic library failed: \(words)"
        }
    }
}

/// Why a certificate does not hold.
package enum DistrustReason: Hashable, Sendable, CustomStringConvertible {
    case notYetValid(from: Timestamp)
    case expired(since: Timestamp)
    case revoked(subject: String, Revocation)
    case wrongExtendedKeyUsage
    case wrongKeyUsage
    case keyNotAllowed
    case withoutOIN
    /// A chain that does not hold, or ends in a foreign root; with the verifier's own words.
    case unknownIssuer(String)

    package var description: String {
        switch self {
        case .notYetValid(let from): "the certificate or its chain is not valid before \(from)"
        case .expired(let since): "the certificate or its chain expired at \(since)"
        case .revoked(let subject, let revocation):
            "\(subject) was revoked at \(revocation.date), reason \(revocation.reason.rawValue)"
        case .wrongExtendedKeyUsage: "the extended key usage does not name the purpose"
        case .wrongKeyUsage: "the key usage does not allow the purpose"
        case .keyNotAllowed: "the key is neither P-256 nor RSA with 3072 to 4096 bits"
        case .withoutOIN: "there is no OIN in subject.serialNumber"
        case .unknownIssuer(let words): "no chain leads to an authority that is trusted: \(words)"
        }
    }
}
