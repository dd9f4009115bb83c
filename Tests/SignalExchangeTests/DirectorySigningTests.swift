import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

@testable import SignalExchange

/// A directory out of cards: signed by an organisation itself or by a body, and installed only where it is newer and its
/// signer is who people compared.
@Suite struct DirectorySigningTests {
    private func sign(_ organisation: PairingOrganisation) async throws -> DirectorySigning.Signed {
        try DirectorySigning(organisation.folder, try await NodeConfiguration.load(from: organisation.folder)).sign()
    }

    private func install(
        _ bytes: [UInt8], by signer: DirectoryInstall.Signer, at organisation: PairingOrganisation
    ) throws -> DirectoryInstall.Outcome {
        let installing = DirectoryInstall(into: organisation.folder, of: organisation.oin)
        let file = try installing.verify(bytes, named: "directory.cms", by: signer)
        let outcome = try installing.outcome(of: file)
        try installing.write(file)
        return outcome
    }

    /// Both have the other's card.
    private func exchangeCards(_ pair: Pair) async throws {
        let (nidos, avim) = (try await pair.nidos.card(), try await pair.avim.card())
        try pair.nidos.take(avim)
        try pair.avim.take(nidos)
    }

    @Test func `a directory of the cards is signed, and a node's own judgement takes it`() async throws {
        try await Pair.make { pair in
            try await exchangeCards(pair)
            let signed = try await sign(pair.nidos)
            #expect(signed.directory.version == 1)
            #expect(signed.madeKey)
            #expect(signed.directory.members.map(\.oin) == [pair.nidos.oin, pair.avim.oin])
            #expect(try install(signed.bytes, by: .own(signed.signer), at: pair.nidos) == .installed(replacing: nil))
            let holder = try CommunityHolder(
                folder: pair.nidos.folder, own: pair.nidos.oin, known: nil, now: NodeClock().now)
            #expect(holder.problem == nil)
            let community = holder.last
            let avim = try #require(community.directory.member(pair.avim.oin))
            _ = try community.recipientCertificate(of: avim, now: .current)
            #expect(!KeyBackup(of: pair.nidos.folder).state.isConfirmed)
        }
    }

    @Test func `the openssl command verifies a directory by the certificate that vouches for itself`() async throws {
        try await Pair.make { pair in
            _ = try await pair.nidos.card()
            _ = try await sign(pair.nidos)
            let folder = pair.nidos.folder
            let shown = try await Command.run(
                "openssl", ["x509", "-in", folder.signedDirectorySigner, "-noout", "-text"])
            #expect(shown.said.contains("CA:FALSE"), "\(shown.said)")
            #expect(shown.said.contains("1.3.6.1.4.1.32473.27062.2.1"), "\(shown.said)")
            let verified = try await Command.run(
                "openssl",
                [
                    "cms", "-verify", "-binary", "-inform", "DER", "-in", folder.signedDirectory, "-certfile",
                    folder.signedDirectorySigner, "-CAfile", folder.signedDirectorySigner, "-purpose", "any",
                    "-partial_chain", "-out", pair.place.appending(path: "directory.json").path,
                ])
            #expect(verified.succeeded, "\(verified.said)")
        }
    }

    @Test func `nothing new is signed where nothing changed, and each change has the next version`() async throws {
        try await Pair.make { pair in
            let now = Timestamp.current
            _ = try await pair.nidos.card(at: now)
            let first = try await sign(pair.nidos)
            let again = try await sign(pair.nidos)
            #expect(again.isUnchanged && again.bytes == first.bytes)
            _ = try await pair.nidos.card(at: now + .seconds(1)) { $0.contactPhone = "+31201234567" }
            let second = try await sign(pair.nidos)
            #expect(second.directory.version == 2 && !second.isUnchanged && !second.madeKey)
            let certificate = try pair.nidos.folder.read(pair.nidos.folder.directoryCertificate)
            try FileManager.default.removeItem(atPath: pair.nidos.folder.directoryCertificate)
            let configuration = try await NodeConfiguration.load(from: pair.nidos.folder)
            try expectRefused(.fileMissing, saying: "its key is there", at: pair.nidos) {
                _ = try DirectorySigning(pair.nidos.folder, configuration).sign()
            }
            try NodeFolder.write(certificate, to: pair.nidos.folder.directoryCertificate)
            #expect(try install(second.bytes, by: .own(second.signer), at: pair.nidos) == .installed(replacing: nil))
            try expectRefused(.directoryOlder, saying: "older than 2", at: pair.nidos) {
                _ = try install(first.bytes, by: .own(first.signer), at: pair.nidos)
            }
            #expect(try install(second.bytes, by: .known, at: pair.nidos) == .unchanged)
        }
    }

    @Test func `what is agreed is signed with the members, has a version, and is refused by name where it is a slip`()
        async throws
    {
        try await Pair.make { pair in
            _ = try await pair.nidos.card()
            let folder = pair.nidos.folder
            func agree(_ text: String) throws { try NodeFolder.write(Array(text.utf8), to: folder.agreements) }
            let first = try await sign(pair.nidos)
            #expect(first.directory.agreements == Agreements() && !first.changesAgreements)
            try agree(
                """
                {"routing": [{"type": "SIG-01", "mustTell": ["guardian", "reception"], "ground": "agreement of today"}],
                 "policy": {"firstHearingMonths": 4, "clocks": {"statOwnership": "20m", "urgentOutcome": "none"}}}
                """)
            let second = try await sign(pair.nidos)
            #expect(second.directory.version == 2 && second.changesAgreements)
            let read = try DirectoryFile.read(second.bytes, named: "it").agreements
            #expect(read == second.directory.agreements && read.routing.map(\.code) == ["SIG-01"])
            #expect(read.casePolicy.firstHearingMonths == 4 && read.casePolicy.majorityYears == 18)
            #expect(try await sign(pair.nidos).isUnchanged)
            let configuration = try await NodeConfiguration.load(from: folder)
            for (text, place) in [
                (#"{"routing": [{"type": "SIG-99", "mustTell": ["guardian"], "ground": "x"}]}"#, "routing[0].type"),
                (#"{"routing": [{"type": "SIG-01", "mustTell": ["voogd"], "ground": "x"}]}"#, "routing[0].mustTell[0]"),
                (
                    #"{"routing": [{"type": "TRF-02", "mustTell": ["guardian"], "ground": "x"}]}"#,
                    "routing[0].mustTell[0]"
                ),
                (#"{"policy": {"majorityYears": 12}}"#, "policy.majorityYears"),
                (#"{"policy": {"stayToMonths": 3}}"#, "policy.stayToMonths"),
                (#"{"policy": {"clocks": {"statOwnership": "30s"}}}"#, "policy.clocks.statOwnership"),
                (#"{"policy": {"clocks": {"statReceipt": "none"}}}"#, "policy.clocks.statReceipt"),
                (#"{"policy": {"clocks": {"statOwner": "5m"}}}"#, "policy.clocks.statOwner"),
                (#"{"policy": {"calendar": {"opens": "9"}}}"#, "policy.calendar.opens"),
                (#"{"policy": {"calendar": {"opens": "02:00"}}}"#, "policy.calendar.opens"),
                (#"{"policy": {"calendar": {"closes": "09:00"}}}"#, "policy.calendar.closes"),
                (
                    #"{"policy": {"calendar": {"holidays": ["2026-12-25", "2026-02-30"]}}}"#,
                    "policy.calendar.holidays[1]"
                ),
                (#"{"policy": {"calendar": {"minutesEast": 900}}}"#, "policy.calendar.minutesEast"),
                (#"{"policy": {"calendar": {"summerTime": "true"}}}"#, "policy.calendar.summerTime"),
                (#"{"policy": {"calendar": {"sundays": []}}}"#, "policy.calendar.sundays"),
                (#"{"rules": []}"#, "rules"),
            ] {
                try agree(text)
                try expectRefused(.directoryInvalid, saying: place, at: pair.nidos) {
                    _ = try DirectorySigning(folder, configuration).sign()
                }
            }
            // Without the file nothing is agreed any more, and that is said.
            try FileManager.default.removeItem(atPath: folder.agreements)
            let third = try await sign(pair.nidos)
            #expect(third.directory.agreements == Agreements() && third.changesAgreements)
        }
    }

    @Test func `another directory under the version that is installed is refused`() async throws {
        try await Pair.make { pair in
            _ = try await pair.nidos.card()
            let first = try await sign(pair.nidos)
            _ = try install(first.bytes, by: .own(first.signer), at: pair.nidos)
            let signer = try DirectorySigner(
                certificate: first.signer, privateKeyPEM: pair.nidos.folder.readText(pair.nidos.folder.directoryKey))
            let other = Directory(version: 1, issued: .current + .seconds(1), members: first.directory.members)
            let bytes = try SignedStatement.sign(DirectoryDocument.encode(other), directoryBy: signer, at: .current)
            try expectRefused(.directoryInvalid, saying: "another directory", at: pair.nidos) {
                _ = try install(bytes, by: .known, at: pair.nidos)
            }
        }
    }

    @Test func `a body's directory is installed under the fingerprint of its signer alone`() async throws {
        try await Pair.make { pair in
            // AVIM signs for both; Nidos follows.
            try await exchangeCards(pair)
            let signed = try await sign(pair.avim)
            try expectRefused(.fileMissing, saying: "--signer", at: pair.nidos) {
                _ = try install(signed.bytes, by: .known, at: pair.nidos)
            }
            try expectRefused(.fingerprintMissing, saying: "--fingerprint", at: pair.nidos) {
                _ = try install(signed.bytes, by: .given(signed.signer, spoken: nil), at: pair.nidos)
            }
            let wrong = SpokenFingerprint(of: signed.bytes)
            try expectRefused(.fingerprintDiffers, saying: "Call again", at: pair.nidos) {
                _ = try install(signed.bytes, by: .given(signed.signer, spoken: wrong), at: pair.nidos)
            }
            let right = SpokenFingerprint(of: signed.signer.der)
            #expect(
                try install(signed.bytes, by: .given(signed.signer, spoken: right), at: pair.nidos)
                    == .installed(replacing: nil))
            // From then on one of its own takes the place of the body's on purpose only.
            let own = try await sign(pair.nidos)
            #expect(own.directory.version == 2)
            try expectRefused(.directoryInvalid, saying: "follows a directory", at: pair.nidos) {
                _ = try install(own.bytes, by: .own(own.signer), at: pair.nidos)
            }
            try expectRefused(.directoryInvalid, saying: "does not verify", at: pair.nidos) {
                _ = try install(own.bytes, by: .known, at: pair.nidos)
            }
        }
    }

    @Test func `a body that has no node of its own signs for those whose cards it has`() async throws {
        try await Pair.make { pair in
            let body = NodeFolder(pair.place.appending(path: "body").path)
            let plan = try FolderMaker.Plan(
                oin: "00000099000000009000", name: "The body", host: "127.0.0.1", port: 8443, usesRSA: false)
            try await FolderMaker(folder: body, plan: plan).make()
            let configuration = try await NodeConfiguration.load(from: body)
            #expect { _ = try DirectorySigning(body, configuration).sign() } throws: { "\($0)".contains("has no card") }
            for card in [try await pair.nidos.card(), try await pair.avim.card()] {
                _ = try CardImport(into: body, of: configuration.oin).take(
                    card.bytes, spoken: card.fingerprint, acceptsAuthority: true)
            }
            let signed = try DirectorySigning(body, configuration).sign()
            #expect(signed.directory.members.map(\.oin) == [pair.nidos.oin, pair.avim.oin])
            #expect(signed.signer.subject.contains("00000099000000009000"))
        }
    }

    @Test func `a directory without this organisation is refused`() async throws {
        try await Pair.make { pair in
            _ = try await pair.avim.card()
            let signed = try await sign(pair.avim)
            try expectRefused(.notInDirectory, saying: "have its card added", at: pair.nidos) {
                _ = try install(
                    signed.bytes, by: .given(signed.signer, spoken: SpokenFingerprint(of: signed.signer.der)),
                    at: pair.nidos)
            }
        }
    }

    @Test func `a card whose certificate was revoked since is not signed for, and a stale list keeps none out`()
        async throws
    {
        try await Pair.make { pair in
            try await exchangeCards(pair)
            let configuration = try await NodeConfiguration.load(from: pair.nidos.folder)
            // The lists that came with the card are stale in ten days, and the certificates hold.
            let later = try DirectorySigning(pair.nidos.folder, configuration).sign(at: .current + .hours(240))
            #expect(later.directory.members.count == 2)
            try pair.avim.pki.revoke(URL(filePath: pair.avim.folder.certificate(.signing)), reason: .keyCompromise)
            try NodeFolder.write(
                Array(Data(contentsOf: pair.avim.pki.issuingRevocationList)),
                to: pair.nidos.folder.revocationLists + "/avim.crl")
            try expectRefused(.cardInvalid, saying: "was revoked", at: pair.nidos) {
                _ = try DirectorySigning(pair.nidos.folder, configuration).sign()
            }
        }
    }

    @Test func `certificates that are not in the own card are not signed for`() async throws {
        try await Pair.make { pair in
            _ = try await pair.nidos.card()
            try pair.nidos.certify(.signing)
            let configuration = try await NodeConfiguration.load(from: pair.nidos.folder)
            try expectRefused(.cardInvalid, saying: "card export", at: pair.nidos) {
                _ = try DirectorySigning(pair.nidos.folder, configuration).sign()
            }
        }
    }

    @Test func `a certificate that vouches for itself signs a directory only by its own key, in its time and use`()
        async throws
    {
        try await Pair.make { pair in
            _ = try await pair.nidos.card()
            let signed = try await sign(pair.nidos)
            let trust = try TrustFiles(pair.nidos.folder, at: .current).trust
            func verify(_ bytes: [UInt8], by signer: Certificate) throws {
                _ = try DirectoryFile.verify(bytes, named: "it", by: signer, in: trust, at: .current)
            }
            try verify(signed.bytes, by: signed.signer)
            func directory(by signer: Certificate, at moment: Timestamp = .current) throws -> [UInt8] {
                let key = try pair.nidos.folder.readText(pair.nidos.folder.directoryKey)
                return try SignedStatement.sign(
                    DirectoryDocument.encode(signed.directory),
                    directoryBy: DirectorySigner(certificate: signer, privateKeyPEM: key), at: moment)
            }
            let early = try directory(by: signed.signer, at: .current + .hours(-1))
            #expect { try verify(early, by: signed.signer) } throws: { "\($0)".contains("not valid before") }
            // Made by the openssl command: another use, an authority, and one that bears the signature of another key.
            for (extensions, words) in [
                ("keyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection", "extended key usage"),
                ("keyUsage=critical,keyAgreement\nextendedKeyUsage=1.3.6.1.4.1.32473.27062.2.1", "the key usage"),
                (
                    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature,keyCertSign\n"
                        + "extendedKeyUsage=1.3.6.1.4.1.32473.27062.2.1", "the key usage"
                ),
            ] {
                let certificate = try await pair.selfSigned(extensions)
                let bytes = try directory(by: certificate)
                #expect { try verify(bytes, by: certificate) } throws: {
                    ($0 as? NodeError)?.code == .directoryInvalid && "\($0)".contains(words)
                }
            }
            var der = signed.signer.der
            der[der.count - 1] ^= 1
            let altered = try Certificate(der: der)
            let bytes = try directory(by: altered)
            #expect { try verify(bytes, by: altered) } throws: { "\($0)".contains("another key signed it") }
        }
    }
}

extension Pair {
    /// A certificate that vouches for itself, of the key of Nidos' directory.
    fileprivate func selfSigned(_ extensions: String) async throws -> Certificate {
        let (settings, target) = (place.appending(path: "x.cnf"), place.appending(path: "x.crt"))
        let text = """
            [req]
            prompt = no
            distinguished_name = name
            x509_extensions = all
            [name]
            CN = x
            [all]
            subjectKeyIdentifier = hash
            \(extensions.replacing("=", with: " = ", maxReplacements: 1))
            """
        try Data(text.utf8).write(to: settings)
        let made = try await Command.run(
            "openssl",
            [
                "req", "-x509", "-new", "-key", nidos.folder.directoryKey, "-config", settings.path, "-days", "9",
                "-out", target.path,
            ])
        try #require(made.succeeded, "\(made.said)")
        return try Certificate(pem: String(contentsOf: target, encoding: .utf8))
    }
}
