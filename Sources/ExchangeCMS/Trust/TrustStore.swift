internal import COpenSSL
package import ExchangeCore
internal import Synchronization

/// The authorities that a node trusts and their revocation lists, at one moment. It does not change: fresh lists make
/// a fresh store, so that every remembered answer falls with the lists that it rests on.
///
/// A chain is built once per certificate and purpose and remembered (a message costs 422 µs without building one and
/// 1,238 µs with it); `verdict` then applies times and revocations to it for each question.
package final class TrustStore: Sendable {
    package let anchors: [Certificate]
    package let intermediates: [Certificate]
    package let revocationLists: [RevocationList]
    private let build: ChainFunction
    private let remembered = Mutex<[Question: ChainAssessment]>([:])

    typealias ChainFunction = @Sendable (Certificate) throws(CMSError) -> ChainBuilder.Outcome

    private struct Question: Hashable {
        let certificate: Digest
        let purpose: CertificatePurpose
    }

    /// - Parameters:
    ///   - anchors: self-issued authority certificates from the node's folder.
    ///   - intermediates: authorities between; they are trusted only through an anchor.
    ///   - revocationLists: of every authority; verified against their issuers when they are used.
    /// - Throws: `certificateUnusable` for an anchor that is not a self-issued authority, or where there is none.
    package convenience init(
        anchors: [Certificate], intermediates: [Certificate], revocationLists: [RevocationList]
    ) throws(CMSError) {
        let builder = try ChainBuilder(anchors: anchors, intermediates: intermediates)
        try self.init(anchors: anchors, intermediates: intermediates, revocationLists: revocationLists) {
            certificate throws(CMSError) in try builder.build(for: certificate)
        }
    }

    /// - Parameter build: finds the path of a certificate; another than OpenSSL's where a test wants it to fail.
    init(
        anchors: [Certificate], intermediates: [Certificate], revocationLists: [RevocationList],
        build: @escaping ChainFunction
    ) throws(CMSError) {
        guard !anchors.isEmpty else {
            throw CMSError(.certificateUnusable, "without a trusted authority no partner can ever be verified")
        }
        for anchor in anchors where !anchor.isSelfIssued || !anchor.isAuthority {
            throw CMSError(
                .certificateUnusable,
                "\(anchor.subject) is not a self-issued authority; "
                    + "install it as an intermediate, and its root as the anchor")
        }
        self.anchors = anchors
        self.intermediates = intermediates
        self.revocationLists = revocationLists.sorted { $0.thisUpdate > $1.thisUpdate }
        self.build = build
    }

    /// Whether the certificate holds for the purpose.
    ///
    /// - Parameters:
    ///   - moment: when its key was used: the signing time of a message, `now` for a connection and before sealing.
    ///   - now: the wall clock, by which the revocation lists must be fresh.
    package func verdict(
        for certificate: Certificate, purpose: CertificatePurpose, at moment: Timestamp, now: Timestamp
    ) -> TrustVerdict {
        let question = Question(certificate: certificate.sha256Fingerprint, purpose: purpose)
        if let known = remembered.withLock({ $0[question] }) { return known.verdict(at: moment, now: now) }
        let assessment: ChainAssessment
        do {
            assessment = try assess(certificate, for: purpose)
        } catch {
            // Never remembered: want of memory says nothing about the certificate, and passes.
            return .undecided(.libraryFailed("\(error)"))
        }
        remembered.withLock {
            if $0.count >= CMSLimits.rememberedChains { $0.removeAll(keepingCapacity: true) }
            $0[question] = assessment
        }
        return assessment.verdict(at: moment, now: now)
    }

    /// The authorities above a certificate, its issuer first and the anchor last; none where no path leads to an anchor.
    /// It says nothing of the certificate itself: see ``verdict(for:purpose:at:now:)``.
    package func authorities(above certificate: Certificate) throws(CMSError) -> [Certificate] {
        guard case .chain(let chain) = try build(certificate) else { return [] }
        return Array(chain.dropFirst())
    }

    /// The newest list of an authority that is heeded at a moment: one from the future is not.
    package func newestList(of authority: Certificate, at now: Timestamp) -> RevocationList? {
        revocationLists.first { $0.thisUpdate <= now + CMSLimits.clockSkew && $0.isSigned(by: authority) }
    }

    private func assess(_ certificate: Certificate, for purpose: CertificatePurpose) throws(CMSError) -> ChainAssessment
    {
        func standing(_ verdict: TrustVerdict) -> ChainAssessment {
            ChainAssessment(
                standing: verdict, validFrom: certificate.notBefore, validUntil: certificate.notAfter,
                revocationChecks: [])
        }
        func distrusted(_ reason: DistrustReason) -> ChainAssessment { standing(.untrusted(reason)) }
        guard certificate.keyKind.isAllowed else { return distrusted(.keyNotAllowed) }
        guard !purpose.demandsOIN || certificate.oin != nil else { return distrusted(.withoutOIN) }
        let chain: [Certificate]
        switch try build(certificate) {
        case .chain(let found): chain = found
        case .issuerMissing(let words): return standing(.undecided(.issuerMissing(words)))
        case .broken(let words): return distrusted(.unknownIssuer(words))
        }
        for usage in purpose.extendedKeyUsages {
            guard certificate.names(purpose: usage), chain.dropFirst().allSatisfy({ $0.permits(purpose: usage) })
            else { return distrusted(.wrongExtendedKeyUsage) }
        }
        guard !certificate.isAuthority,
            certificate.keyUsage.contains(purpose.keyUsage(for: certificate.keyKind))
        else { return distrusted(.wrongKeyUsage) }
        let checks = zip(chain, chain.dropFirst()).map { subject, issuer in
            ChainAssessment.RevocationCheck(
                subject: subject.subject, issuer: issuer.subject,
                lists: revocationLists.filter { $0.isSigned(by: issuer) }
                    .map { ($0.thisUpdate, $0.nextUpdate, $0.revocation(of: subject)) })
        }
        return ChainAssessment(
            standing: nil,
            validFrom: chain.map(\.notBefore).max() ?? certificate.notBefore,
            validUntil: chain.map(\.notAfter).min() ?? certificate.notAfter,
            revocationChecks: checks)
    }
}
