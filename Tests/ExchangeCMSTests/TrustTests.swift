@testable import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Synchronization
import Testing

@Suite struct `Trust in a certificate` {
    let now = wallClock()

    private func day(_ count: Int64) -> Timestamp { now + .hours(24 * count) }

    private func verdict(
        _ certificate: Certificate, _ purpose: CertificatePurpose, _ trust: TrustStore, at moment: Timestamp? = nil,
        now clock: Timestamp? = nil
    ) -> TrustVerdict {
        trust.verdict(for: certificate, purpose: purpose, at: moment ?? now, now: clock ?? now)
    }

    private func isTrusted(_ verdict: TrustVerdict) -> Bool {
        if case .trusted = verdict { true } else { false }
    }

    @Test(arguments: ExamplePKI.Algorithm.allCases)
    func `is for the purpose that it names and for no other`(algorithm: ExamplePKI.Algorithm) throws {
        let community = try Community.shared.get()
        let member = try community.member("sender", algorithm)
        let certificates: [(Certificate, CertificatePurpose)] = [
            (member.signing.certificate, .signing), (member.agreement.certificate, .keyAgreement), (member.tls, .tls),
        ]
        for (certificate, own) in certificates {
            for purpose in CertificatePurpose.allCases {
                #expect(
                    isTrusted(verdict(certificate, purpose, community.trust)) == (purpose == own),
                    "\(certificate.subject) for \(purpose)")
            }
        }
        let directory = try Certificate(pem: text(community.pki.directorySigner.certificate))
        for purpose in CertificatePurpose.allCases {
            #expect(isTrusted(verdict(directory, purpose, community.trust)) == (purpose == .directory))
        }
    }

    @Test func `lasts until its revocation list is stale`() throws {
        let community = try Community.shared.get()
        let certificate = try community.member("sender", .p256).signing.certificate
        let list = try RevocationList(pem: text(community.pki.issuingRevocationList))
        guard case .trusted(let until) = verdict(certificate, .signing, community.trust) else {
            Issue.record("the certificate is good")
            return
        }
        #expect(until <= list.nextUpdate)
        #expect(isTrusted(verdict(certificate, .signing, community.trust, at: now, now: until)))
        let late = until + .seconds(1)
        guard case .undecided(.revocationListStale) = verdict(certificate, .signing, community.trust, now: late) else {
            Issue.record("a stale list decides nothing")
            return
        }
    }

    @Test func `is absent where the extended key usage is another`() throws {
        let pki = try ExamplePKI.fresh()
        let organisation = try pki.organisation("wrong", 1, flaw: .wrongExtendedKeyUsage)
        let trust = try pki.trust()
        #expect(verdict(organisation.signing.certificate, .signing, trust) == .untrusted(.wrongExtendedKeyUsage))
        #expect(verdict(organisation.agreement.certificate, .keyAgreement, trust) == .untrusted(.wrongExtendedKeyUsage))
        #expect(verdict(organisation.tls, .tls, trust) == .untrusted(.wrongExtendedKeyUsage))
        expectRefused(.recipientUntrusted) {
            try RecipientCertificate(organisation.agreement.certificate, trust: trust, now: now)
        }
    }

    @Test func `needs the key usage also where the extended one fits`() throws {
        // signing and agreement share emailProtection: only the key usage tells them apart.
        let community = try Community.shared.get()
        let member = try community.member("sender", .p256)
        #expect(verdict(member.signing.certificate, .keyAgreement, community.trust) == .untrusted(.wrongKeyUsage))
        expectRefused(.recipientUntrusted) {
            try RecipientCertificate(member.signing.certificate, trust: community.trust, now: now)
        }
    }

    @Test func `ends with the certificate, for new use, and stays for what was signed before`() throws {
        let pki = try ExamplePKI.fresh()
        let organisation = try pki.organisation("expired", 1, flaw: .expired)
        let trust = try pki.trust()
        let certificate = organisation.signing.certificate
        guard case .untrusted(.expired) = verdict(certificate, .signing, trust) else {
            Issue.record("an expired certificate signs nothing new")
            return
        }
        #expect(isTrusted(verdict(certificate, .signing, trust, at: day(-10))))
        guard case .untrusted(.notYetValid) = verdict(certificate, .signing, trust, at: day(-70)) else {
            Issue.record("nor did it sign before it began")
            return
        }
        expectRefused(.recipientUntrusted) {
            try RecipientCertificate(organisation.agreement.certificate, trust: trust, now: now)
        }
    }

    @Test func `begins with the certificate`() throws {
        let pki = try ExamplePKI.fresh()
        let organisation = try pki.organisation("early", 1, flaw: .notYetValid)
        guard case .untrusted(.notYetValid) = verdict(organisation.signing.certificate, .signing, try pki.trust())
        else {
            Issue.record("the certificate begins tomorrow")
            return
        }
    }

    @Test func `is not in another authority of the same name`() throws {
        let community = try Community.shared.get()
        let rogue = try ExamplePKI.fresh().organisation("rogue", 1)
        for certificate in [rogue.signing.certificate, rogue.agreement.certificate, rogue.tls] {
            for purpose in CertificatePurpose.allCases {
                // Another key is another authority, which an operator may still install: nothing is decided.
                switch verdict(certificate, purpose, community.trust) {
                case .undecided(let reason): #expect(!reason.isOfRevocation, "\(certificate.subject) for \(purpose)")
                case .untrusted(.withoutOIN): break
                case let other: Issue.record("\(certificate.subject) for \(purpose): \(other)")
                }
            }
        }
    }

    @Test func `is undecided while the authority between is not here, and not for good`() throws {
        let pki = try ExamplePKI.fresh()
        let certificate = try pki.organisation("member", 1).signing.certificate
        let trust = try TrustStore(
            anchors: [Certificate(pem: text(pki.root.certificate))], intermediates: [], revocationLists: [])
        guard case .undecided(.issuerMissing) = verdict(certificate, .signing, trust) else {
            Issue.record("the issuing authority may still be installed")
            return
        }
        #expect(isTrusted(verdict(certificate, .signing, try pki.trust())))
    }

    @Test func `is not lost for a failure of the library, which is not remembered`() throws {
        let pki = try ExamplePKI.fresh()
        let organisation = try pki.organisation("member", 1)
        let good = try pki.trust()
        let builder = try ChainBuilder(anchors: good.anchors, intermediates: good.intermediates)
        let failures = Mutex(2)
        let trust = try TrustStore(
            anchors: good.anchors, intermediates: good.intermediates, revocationLists: good.revocationLists
        ) { certificate throws(CMSError) in
            let fails = failures.withLock { left in
                left -= 1
                return left >= 0
            }
            guard !fails else { throw CMSError(.cryptographicLibrary, "no memory to build a chain") }
            return try builder.build(for: certificate)
        }
        guard case .undecided(.libraryFailed) = verdict(organisation.signing.certificate, .signing, trust) else {
            Issue.record("want of memory is no distrust")
            return
        }
        let statement = try SignedStatement.sign([1], kind: .manifest, by: organisation.signing, at: now)
        let context = VerificationContext(trust: trust, now: now) { _ in organisation.signing.certificate }
        // As the protocol has it: a fault of the recipient's own, which may pass.
        expectRefused(.cryptographicLibrary) { try SignedStatement.verify(statement, kind: .manifest, in: context) }
        #expect(isTrusted(verdict(organisation.signing.certificate, .signing, trust)))
    }

    /// A list of the issuing authority, made with options of the test's own.
    private func list(of pki: ExamplePKI, _ options: [String]) throws -> String {
        let profile = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../certs-example/profile.cnf").standardized
        let folder = try scratchFolder()
        let configuration = folder.appending(path: "profile.cnf")
        let extensions = "[strange]\n1.2.3.4.5.6 = critical,ASN1:NULL\n[plain]\n1.2.3.4.5.6 = ASN1:NULL\n"
        try (text(profile) + "\n" + extensions).write(to: configuration, atomically: true, encoding: .utf8)
        let output = folder.appending(path: "list.crl")
        try Command.run(
            "env",
            [
                "EXCHANGE_PKI_FOLDER=\(pki.folder.path)", "EXCHANGE_PKI_HOST=unused", "openssl", "ca", "-config",
                configuration.path, "-name", "issuing_authority", "-gencrl", "-out", output.path,
            ] + options)
        return try text(output)
    }

    @Test(arguments: ["sha1", "md5"])
    func `rests on no list that is signed with a weak digest`(digest: String) throws {
        let pki = try ExamplePKI.make(in: scratchFolder().appending(path: "pki"), algorithm: .rsa3072)
        let weak = try list(of: pki, ["-md", digest])
        expectRefused(.revocationListUnusable) { try RevocationList(pem: weak) }
        for options in [[], ["-sigopt", "rsa_padding_mode:pss", "-md", "sha384"]] {
            #expect(throws: Never.self) { try RevocationList(pem: list(of: pki, options)) }
        }
        let weakPSS = try list(of: pki, ["-sigopt", "rsa_padding_mode:pss", "-md", "sha1"])
        if digest == "sha1" { expectRefused(.revocationListUnusable) { try RevocationList(pem: weakPSS) } }
    }

    @Test func `rests on no list with a critical extension that is not known`() throws {
        let pki = try ExamplePKI.fresh()
        let strange = try list(of: pki, ["-crlexts", "strange"])
        expectRefused(.revocationListUnusable) { try RevocationList(pem: strange) }
        #expect(throws: Never.self) { try RevocationList(pem: list(of: pki, ["-crlexts", "plain"])) }
    }

    @Test func `is not in a certificate that signed itself`() throws {
        let folder = try scratchFolder()
        let output = folder.appending(path: "self.crt")
        try Command.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout",
                folder.appending(path: "self.key").path, "-out", output.path, "-subj",
                "/CN=x/serialNumber=00000099000000001000", "-addext", "keyUsage=digitalSignature", "-addext",
                "extendedKeyUsage=emailProtection", "-addext", "basicConstraints=CA:FALSE",
            ])
        let certificate = try Certificate(pem: text(output))
        guard case .untrusted(.unknownIssuer) = verdict(certificate, .signing, try Community.shared.get().trust) else {
            Issue.record("nobody vouches for it")
            return
        }
        expectRefused(.certificateUnusable) {
            try TrustStore(anchors: [certificate], intermediates: [], revocationLists: [])
        }
        expectRefused(.certificateUnusable) { try TrustStore(anchors: [], intermediates: [], revocationLists: []) }
    }

    @Test(arguments: ExamplePKI.RevocationReason.allCases)
    func `ends with revocation, and reaches back where the key may be another's`(
        reason: ExamplePKI.RevocationReason
    ) throws {
        let pki = try ExamplePKI.fresh()
        let organisation = try pki.organisation("revoked", 1)
        let certificate = organisation.signing.certificate
        let before = try pki.trust()
        try pki.revoke(pki.credential(of: "revoked", for: .signing).certificate, reason: reason)
        let after = try pki.trust()
        #expect(isTrusted(verdict(certificate, .signing, before)), "what was known before stays until lists come")
        let late = now + .minutes(2)
        guard case .untrusted(.revoked(_, let revocation)) = verdict(certificate, .signing, after, at: late, now: late)
        else {
            Issue.record("a revoked certificate signs nothing new")
            return
        }
        #expect(revocation.reason.rawValue.lowercased() == reason.rawValue.lowercased())
        let isClean = isTrusted(verdict(certificate, .signing, after, at: day(-1), now: late))
        #expect(isClean == ![.unspecified, .keyCompromise, .authorityCompromise].contains(reason))
        // The other certificates of the organisation are not touched.
        #expect(isTrusted(verdict(organisation.tls, .tls, after)))
    }

    @Test func `ends with the revocation of the authority between: the whole chain is checked`() throws {
        let pki = try ExamplePKI.fresh()
        let organisation = try pki.organisation("orphan", 1)
        try pki.revoke(pki.issuing.certificate, reason: .authorityCompromise)
        let trust = try pki.trust()
        guard case .untrusted(.revoked(let subject, _)) = verdict(organisation.signing.certificate, .signing, trust)
        else {
            Issue.record("its issuing authority is revoked")
            return
        }
        #expect(subject == (try Certificate(pem: text(pki.issuing.certificate)).subject))
    }

    @Test func `is undecided while a list is stale or missing, anywhere in the chain`() throws {
        let pki = try ExamplePKI.fresh()
        let organisation = try pki.organisation("member", 1)
        let certificate = organisation.signing.certificate
        let root = try RevocationList(pem: text(pki.rootRevocationList))
        let issuing = try RevocationList(pem: text(pki.issuingRevocationList))
        func trust(_ lists: [RevocationList]) throws -> TrustStore {
            try TrustStore(
                anchors: [Certificate(pem: text(pki.root.certificate))],
                intermediates: [Certificate(pem: text(pki.issuing.certificate))], revocationLists: lists)
        }
        #expect(isTrusted(verdict(certificate, .signing, try trust([root, issuing]))))
        for lists in [[], [root], [issuing]] {
            guard case .undecided(.revocationListMissing) = verdict(certificate, .signing, try trust(lists)) else {
                Issue.record("\(lists.count) lists are not enough")
                continue
            }
        }
        try pki.refreshRevocationLists(stale: true)
        let stale = try pki.trust()
        guard case .undecided(.revocationListStale) = verdict(certificate, .signing, stale) else {
            Issue.record("both lists are stale")
            return
        }
        expectRefused(.recipientUndecided) {
            try RecipientCertificate(organisation.agreement.certificate, trust: stale, now: now)
        }
        // A fresh list beside the stale one is enough.
        let staleRoot = try RevocationList(pem: text(pki.rootRevocationList))
        #expect(isTrusted(verdict(certificate, .signing, try trust([staleRoot, root, issuing]))))
        // A clock in the past finds every list in the future: that decides nothing either.
        guard
            case .undecided(.revocationListFromTheFuture) = verdict(
                certificate, .signing, try trust([root, issuing]), at: day(-2), now: day(-2))
        else {
            Issue.record("a clock that is wrong decides nothing")
            return
        }
    }

    @Test func `that is undecided makes a message wait, and never refuses it`() throws {
        let pki = try ExamplePKI.fresh()
        let organisation = try pki.organisation("member", 1)
        let statement = try SignedStatement.sign([1], kind: .manifest, by: organisation.signing, at: now)
        try pki.refreshRevocationLists(stale: true)
        let context = VerificationContext(trust: try pki.trust(), now: now) { _ in organisation.signing.certificate }
        let error = #expect(throws: CMSError.self) {
            try SignedStatement.verify(statement, kind: .manifest, in: context)
        }
        #expect(error?.code == .signerUndecided)
        #expect(error?.code.mayPass == true)
    }

    @Test func `known to be gone is not restored by a stale list`() throws {
        let pki = try ExamplePKI.fresh()
        let organisation = try pki.organisation("revoked", 1)
        try pki.revoke(pki.credential(of: "revoked", for: .signing).certificate, reason: .keyCompromise)
        try pki.refreshRevocationLists(stale: true)
        guard case .untrusted(.revoked) = verdict(organisation.signing.certificate, .signing, try pki.trust()) else {
            Issue.record("the stale list names it")
            return
        }
    }

    @Test func `does not come from a list that another authority signed`() throws {
        let pki = try ExamplePKI.fresh()
        let organisation = try pki.organisation("member", 1)
        let rogue = try ExamplePKI.fresh()
        let trust = try TrustStore(
            anchors: [Certificate(pem: text(pki.root.certificate))],
            intermediates: [Certificate(pem: text(pki.issuing.certificate))],
            revocationLists: [
                RevocationList(pem: text(rogue.rootRevocationList)),
                RevocationList(pem: text(rogue.issuingRevocationList)),
            ])
        guard case .undecided(.revocationListMissing) = verdict(organisation.signing.certificate, .signing, trust)
        else {
            Issue.record("the rogue's lists carry the right names and the wrong signatures")
            return
        }
    }

    @Test func `signs the directory with a usage of its own`() throws {
        let community = try Community.shared.get()
        let signer = community.pki.directorySigner
        let certificate = try Certificate(pem: text(signer.certificate))
        #expect(certificate.oin == nil)
        let directory = try DirectorySigner(certificate: certificate, privateKeyPEM: text(signer.key))
        let statement = try SignedStatement.sign([1], directoryBy: directory, at: now)
        let context = VerificationContext(trust: community.trust, now: now) { _ in certificate }
        let verified = try SignedStatement.verify(statement, kind: .directory, in: context)
        #expect(verified.signerOIN == nil)
        #expect(verified.signer == certificate)
        // An organisation's signature makes no directory.
        let member = try community.member("sender", .p256)
        let forged = try SignedStatement.sign([1], kind: .directory, by: member.signing, at: now)
        let believing = VerificationContext(trust: community.trust, now: now) { _ in member.signing.certificate }
        expectRefused(.signerUntrusted) { try SignedStatement.verify(forged, kind: .directory, in: believing) }
    }
}
