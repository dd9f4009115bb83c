package import ExchangeCMS
package import ExchangeCore

/// The node's own certificates as its partners will judge them: a certificate that does not hold makes partners refuse
/// what was signed with it, for good, and nobody here would know why.
package struct OwnCertificates: Sendable {
    /// Long enough to have new ones issued, and put into a directory that all partners have.
    package static let expiryWarning = Milliseconds.hours(24 * 30)

    private let certificates: [(use: NodeFolder.KeyUse, certificate: Certificate)]

    /// Those that it signs and decrypts with since its start, and the one that new connections present.
    package init(_ keys: NodeKeys, over tls: TLSMaterial) {
        certificates = [
            (.signing, keys.signing.certificate), (.agreement, keys.decryption[0].certificate), (.tls, tls.certificate),
        ]
    }

    /// What is wrong, or soon will be, with one of them.
    package struct Finding: Hashable, Sendable {
        package let code: AlarmCode
        /// Which file, what is wrong with it, and what to do.
        package let detail: String
    }

    /// - Parameter oin: this organisation's.
    package func findings(for oin: OIN, in community: Community, at now: Timestamp) -> [Finding] {
        certificates.flatMap { use, certificate in
            let file = "certificates/\(use.rawValue).crt"
            return [
                complaint(certificate, use, in: community, at: now).map {
                    Finding(code: .ownCertificateUnusable, detail: "\(file): \($0)")
                },
                listed(use, of: community.directory.member(oin)).contains(certificate)
                    ? nil
                    : Finding(
                        code: .ownCertificateUnusable,
                        detail: "\(file): version \(community.directory.version) of the directory has another for this "
                            + "organisation, or none; have this one added"),
                expiry(of: certificate, at: now).map {
                    Finding(code: .ownCertificateExpiring, detail: "\(file): \($0)")
                },
            ].compactMap { $0 }
        }
    }

    private func complaint(
        _ certificate: Certificate, _ use: NodeFolder.KeyUse, in community: Community, at now: Timestamp
    ) -> String? {
        switch community.trust.verdict(for: certificate, purpose: use.purpose, at: now, now: now) {
        case .trusted: nil
        case .untrusted(let reason):
            "\(reason); have a new certificate issued, for a new key where this one may be in other hands"
        // A stale list is an alarm of its own wherever it makes something wait.
        case .undecided(let reason): reason.isOfRevocation ? nil : "\(reason)"
        }
    }

    private func listed(_ use: NodeFolder.KeyUse, of member: Member?) -> [Certificate] {
        switch use {
        case .signing: member?.certificates.signing ?? []
        case .agreement: member?.certificates.agreement ?? []
        case .tls: member?.certificates.tls ?? []
        }
    }

    private func expiry(of certificate: Certificate, at now: Timestamp) -> String? {
        let left = certificate.notAfter - now
        guard left >= .zero, left <= Self.expiryWarning else { return nil }
        let days = left.count / Milliseconds.hours(24).count
        return
            "expires in \(days) days, at \(certificate.notAfter); have a new one issued and added to the directory now"
    }
}

extension NodeFolder.KeyUse {
    package var purpose: CertificatePurpose {
        switch self {
        case .signing: .signing
        case .agreement: .keyAgreement
        case .tls: .tls
        }
    }
}
