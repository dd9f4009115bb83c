import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

@testable import SignalExchange

/// The card by which two organisations that share no file come to know each other, and what keeps another's out.
@Suite struct CardTests {
    // MARK: The fingerprint

    @Test func `a fingerprint is eight groups of four digits over the exact bytes`() throws {
        // Reckoned beside this program: int(SHA-256("card")) modulo 10^32.
        #expect(SpokenFingerprint(of: Array("card".utf8)).description == "1642 3896 4810 8762 8976 4349 0030 2093")
        #expect(SpokenFingerprint(of: Array("Card".utf8)) != SpokenFingerprint(of: Array("card".utf8)))
    }

    @Test func `a fingerprint is understood however its digits are grouped, and never in part`() throws {
        let fingerprint = SpokenFingerprint(of: Array("card".utf8))
        let text = fingerprint.description
        for spoken in [
            text, text.filter { $0 != " " }, text.replacing(" ", with: "-"), " \(text.replacing(" ", with: "  "))\n",
        ] {
            #expect(SpokenFingerprint(spoken: spoken) == fingerprint, "\(spoken)")
        }
        for spoken in [
            "", String(text.dropLast()), String(text.prefix(19)), text + "1", text.replacing("0", with: "O"),
            String(text.dropLast(4)) + "٤٤٤٤",
        ] where spoken != text {
            #expect(SpokenFingerprint(spoken: spoken) == nil, "\(spoken)")
        }
    }

    // MARK: What is taken

    @Test func `a card is taken with its authority and lists, and the same once more changes nothing`() async throws {
        try await Pair.make { pair in
            let card = try await pair.avim.card()
            let taken = try pair.nidos.take(card)
            #expect(taken.outcome == .added)
            #expect(taken.newAnchors.count == 1)
            #expect(taken.newLists.count == 2)
            let trust = try TrustFiles(pair.nidos.folder, at: .current).trust
            let signing = card.card.member.certificates.signing[0]
            let verdict = trust.verdict(for: signing, purpose: .signing, at: .current, now: .current)
            guard case .trusted = verdict else {
                Issue.record("\(verdict)")
                return
            }
            #expect(try CardFolder(pair.nidos.folder).partner(pair.avim.oin)?.bytes == card.bytes)
            let before = try pair.nidos.files()
            #expect(try pair.nidos.take(card, acceptsAuthority: false).outcome == .unchanged)
            #expect(try pair.nidos.files() == before)
        }
    }

    @Test func `the openssl command verifies a card by the certificate that stands in it`() async throws {
        try await Pair.make { pair in
            let card = try await pair.avim.card()
            let (file, content) = (pair.place.appending(path: "avim.card"), pair.place.appending(path: "avim.json"))
            try Data(card.bytes).write(to: file)
            let verified = try await Command.run(
                "openssl",
                [
                    "cms", "-verify", "-binary", "-inform", "DER", "-in", file.path, "-certfile",
                    pair.avim.folder.certificate(.signing), "-CAfile", pair.avim.pki.chain.path, "-out", content.path,
                ])
            #expect(verified.succeeded, "\(verified.said)")
            #expect(try Array(Data(contentsOf: content)) == CardDocument.encode(card.card))
        }
    }

    @Test func `a newer card takes the place of the older, and the older is refused from then on`() async throws {
        try await Pair.make { pair in
            let now = Timestamp.current
            let old = try await pair.avim.card(at: now)
            let new = try await pair.avim.card(at: now + .seconds(1)) { $0.contactPhone = "+31201234567" }
            try pair.nidos.take(old)
            #expect(try pair.nidos.take(new).outcome == .replaced(now))
            try expectRefused(.cardOlder, saying: "ask for the newest", at: pair.nidos) { try pair.nidos.take(old) }
        }
    }

    @Test func `what is not given anew is as in the last card`() async throws {
        try await Pair.make { pair in
            _ = try await pair.avim.card()
            let again = try await pair.avim.card { $0 = CardExport.Wishes() }
            #expect(again.card.member.roles == [.police])
            #expect(again.card.member.dutyContact.phone == pair.avim.phone)
            #expect(again.card.member.endpoint.port == pair.avim.holder.port)
            #expect(again.card.member.name == pair.avim.name)
        }
    }

    // MARK: What is refused

    @Test func `a card whose fingerprint is another is refused before it is looked at`() async throws {
        try await Pair.make { pair in
            // An attacker with an authority of their own, in AVIM's name and with AVIM's OIN.
            let attacker = try await PairingOrganisation(
                PairingOrganisation.avim, name: "AVIM (test)", role: .prosecutor, in: pair.place)
            let genuine = try await pair.avim.card()
            let forged = try await attacker.card()
            try expectRefused(.fingerprintDiffers, saying: "Call the other organisation again", at: pair.nidos) {
                try pair.nidos.take(forged, spoken: genuine.fingerprint)
            }
            try expectRefused(.fingerprintDiffers, at: pair.nidos) {
                try pair.nidos.take(Array("nonsense".utf8), spoken: genuine.fingerprint)
            }
        }
    }

    @Test func `an authority that is not known is added on purpose only`() async throws {
        try await Pair.make { pair in
            let card = try await pair.avim.card()
            let root = try Certificate(pem: String(contentsOf: pair.avim.pki.root.certificate, encoding: .utf8))
            try expectRefused(.authorityUnknown, saying: "\(root.sha256Fingerprint)", at: pair.nidos) {
                try pair.nidos.take(card, acceptsAuthority: false)
            }
        }
    }

    @Test func `a card of one's own, or of a real organisation among test ones, is refused`() async throws {
        try await Pair.make { pair in
            let own = try await pair.nidos.card()
            try expectRefused(.cardInvalid, saying: "own card", at: pair.nidos) { try pair.nidos.take(own) }
            let real = try await PairingOrganisation(
                "00000001000000002000", name: "Real", role: .police, in: pair.place.appending(path: "real"))
            let card = try await real.card()
            try expectRefused(.cardInvalid, saying: "never paired", at: pair.nidos) { try pair.nidos.take(card) }
        }
    }

    @Test func `a card that another key signed, or that was altered, is refused`() async throws {
        try await Pair.make { pair in
            let card = try await pair.avim.card()
            // Signed by Nidos' key, under its own name: the signer is none of the card's certificates.
            let foreign = try pair.nidos.sign(card.card)
            try expectRefused(.cardInvalid, at: pair.nidos) { try pair.nidos.take(foreign) }
            // The content altered under the genuine signature.
            let phone = Array(pair.avim.phone.utf8)
            let place = try #require(card.bytes.firstRange(of: phone))
            var altered = card.bytes
            altered[place.lowerBound + 5] ^= 1
            try expectRefused(.cardInvalid, saying: "signature-invalid", at: pair.nidos) {
                try pair.nidos.take(altered)
            }
            try expectRefused(.cardInvalid, saying: "damaged on its way", at: pair.nidos) {
                try pair.nidos.take(Array(card.bytes.dropLast(10)))
            }
        }
    }

    @Test func `a card whose certificates do not hold is refused, and the certificate is named`() async throws {
        try await Pair.make { pair in
            let good = try await pair.avim.card().card
            func signed(_ use: NodeFolder.KeyUse) throws -> [UInt8] {
                let certificate = try Certificate(pem: pair.avim.folder.readText(pair.avim.folder.certificate(use)))
                return try pair.avim.sign(good.with(certificate, for: use))
            }
            for (flaw, words) in [
                (ExamplePKI.Flaw.expired, "expired"), (.notYetValid, "not valid before"),
                (.wrongExtendedKeyUsage, "extended key usage"),
            ] {
                try pair.avim.certify(.agreement, flaw: flaw)
                let bytes = try signed(.agreement)
                try expectRefused(.cardInvalid, saying: words, at: pair.nidos) { try pair.nidos.take(bytes) }
            }
            // Of an authority that the card does not bring.
            try pair.avim.certify(.agreement, by: pair.nidos.pki)
            let foreign = try signed(.agreement)
            try expectRefused(.cardInvalid, saying: "agreement", at: pair.nidos) { try pair.nidos.take(foreign) }
            // Good by itself, and of another use.
            let swapped = try pair.avim.sign(good.with(good.member.certificates.signing[0], for: .tls))
            try expectRefused(.cardInvalid, saying: "tls", at: pair.nidos) { try pair.nidos.take(swapped) }
        }
    }

    @Test func `a card whose TLS certificate does not bear the name by which the node is called is refused`()
        async throws
    {
        try await Pair.make { pair in
            let good = try await pair.avim.card().card
            // Issued by the genuine authority, in everything else as it should be.
            let certificate = try await pair.avim.issueTLS(name: "other.example")
            let bytes = try pair.avim.sign(good.with(certificate, for: .tls))
            try expectRefused(.cardInvalid, saying: pair.avim.oin.tlsName, at: pair.nidos) {
                try pair.nidos.take(bytes)
            }
            let right = try await pair.avim.issueTLS(name: pair.avim.oin.tlsName)
            try pair.nidos.take(try pair.avim.sign(good.with(right, for: .tls)))
        }
    }

    @Test func `a renewed certificate stands beside the one in use, and lists can be left out`() async throws {
        try await Pair.make { pair in
            let inUse = try Certificate(pem: pair.avim.folder.readText(pair.avim.folder.certificate(.signing)))
            let renewed = pair.place.appending(path: "renewed.crt")
            try pair.avim.pki.sign(
                request: URL(filePath: pair.avim.folder.certificateRequest(.agreement)), for: .agreement, into: renewed)
            let card = try await pair.avim.card {
                $0.furtherCertificates = [renewed.path]
                $0.leavesListsOut = true
            }
            let certificates = card.card.member.certificates
            #expect(certificates.signing == [inUse])
            #expect(certificates.agreement.count == 2)
            #expect(try certificates.agreement.last == Certificate(pem: String(contentsOf: renewed, encoding: .utf8)))
            #expect(card.card.revocationLists.isEmpty)
            // Whoever has the lists takes it, and nobody else.
            try expectRefused(.cardUndecided, saying: "crl/ first", at: pair.nidos) { try pair.nidos.take(card) }
            for (name, list) in [
                ("a.crl", pair.avim.pki.rootRevocationList), ("b.crl", pair.avim.pki.issuingRevocationList),
            ] {
                try NodeFolder.write(
                    Array(Data(contentsOf: list)), to: pair.nidos.folder.revocationLists + "/" + name)
            }
            #expect(try pair.nidos.take(card).outcome == .added)
            let folder = pair.avim.folder
            let configuration = try await NodeConfiguration.load(from: folder)
            var wishes = pair.avim.wishes
            wishes.furtherCertificates = [pair.nidos.folder.certificate(.signing)]
            try expectRefused(.certificateUnusable, saying: "--also", at: pair.avim) {
                _ = try CardExport(folder, configuration).make(wishes)
            }
        }
    }

    @Test func `a card whose certificates are of another organisation is refused`() async throws {
        try await Pair.make { pair in
            let (good, other) = (try await pair.avim.card().card, try await pair.nidos.card().card)
            let bytes = try pair.avim.sign(good.with(other.member.certificates.tls[0], for: .tls))
            try expectRefused(.cardInvalid, saying: "is not of \(pair.avim.oin)", at: pair.nidos) {
                try pair.nidos.take(bytes)
            }
        }
    }

    @Test func `a card with an authority that nothing in it rests on is refused`() async throws {
        try await Pair.make { pair in
            let good = try await pair.avim.card().card
            let extra = try Certificate(pem: String(contentsOf: pair.nidos.pki.root.certificate, encoding: .utf8))
            let bytes = try pair.avim.sign(good.with(anchors: good.anchors + [extra]))
            try expectRefused(.cardInvalid, saying: "ask why", at: pair.nidos) { try pair.nidos.take(bytes) }
        }
    }

    @Test func `a card with a revoked certificate is refused, also where only this node has the list`() async throws {
        try await Pair.make { pair in
            let before = try await pair.avim.card()
            try pair.nidos.take(before)
            try pair.avim.pki.revoke(URL(filePath: pair.avim.folder.certificate(.tls)), reason: .superseded)
            try NodeFolder.write(
                Array(Data(contentsOf: pair.avim.pki.issuingRevocationList)),
                to: pair.nidos.folder.revocationLists + "/avim.crl")
            let later = try pair.avim.sign(
                before.card.with(issued: before.card.issued + .seconds(1)))
            try expectRefused(.cardInvalid, saying: "was revoked", at: pair.nidos) { try pair.nidos.take(later) }
        }
    }

    @Test func `a card with a stale list is not decided, and neither is one from the future`() async throws {
        try await Pair.make { pair in
            let card = try await pair.avim.card()
            let nextMonth = card.card.issued + .hours(24 * 8)
            try expectRefused(.cardUndecided, saying: "stale", at: pair.nidos) {
                try pair.nidos.take(card, at: nextMonth)
            }
            try expectRefused(.cardUndecided, saying: "clocks", at: pair.nidos) {
                try pair.nidos.take(card, at: card.card.issued + .minutes(-6))
            }
        }
    }

    @Test func `a list that cannot be read keeps a card out, for it may be newer than what the card brings`()
        async throws
    {
        try await Pair.make { pair in
            let bad = pair.nidos.folder.revocationLists + "/bad.crl"
            try NodeFolder.write(Array("half a list".utf8), to: bad)
            let card = try await pair.avim.card()
            let error = #expect(throws: NodeError.self) { try pair.nidos.take(card) }
            #expect(
                error?.code == .certificateUnusable && error?.message.contains("bad.crl") == true, "\(error as Any)")
            try FileManager.default.removeItem(atPath: bad)
            try pair.nidos.take(card)
        }
    }

    @Test func `an own card that cannot be read is not taken for none`() async throws {
        try await Pair.make { pair in
            _ = try await pair.nidos.card()
            try NodeFolder.write(Array("half a card".utf8), to: pair.nidos.folder.ownCard)
            #expect(throws: NodeError.self) { try CardFolder(pair.nidos.folder).own }
        }
    }

    @Test func `an older list in a card does not take the place of a newer one`() async throws {
        try await Pair.make { pair in
            let card = try await pair.avim.card()
            try pair.nidos.take(card)
            let lists = try AuthorityFiles(pair.nidos.folder).lists.map(\.thisUpdate).sorted()
            // The same authority's list of some days ago, under a newer card.
            let older = try RevocationList(pem: pair.avim.olderList())
            let bytes = try pair.avim.sign(
                card.card.with(
                    issued: card.card.issued + .seconds(1), lists: [older] + card.card.revocationLists.suffix(1)))
            #expect(try pair.nidos.take(bytes).newLists == [])
            #expect(try AuthorityFiles(pair.nidos.folder).lists.map(\.thisUpdate).sorted() == lists)
        }
    }

    @Test func `a card that every partner would refuse is not made`() async throws {
        try await Pair.make { pair in
            try pair.avim.certify(.agreement, flaw: .expired)
            let folder = pair.avim.folder
            let configuration = try await NodeConfiguration.load(from: folder)
            let wishes = pair.avim.wishes
            try expectRefused(.cardInvalid, saying: "expired", at: pair.avim) {
                _ = try CardExport(folder, configuration).make(wishes)
            }
            for (missing, words) in [
                ({ (wishes: inout CardExport.Wishes) in wishes.roles = [] }, "--role"),
                ({ $0.endpoint = nil }, "--endpoint"),
                ({ $0.endpoint = "0.0.0.0:8443" }, "--endpoint"),
                ({ $0.contactPhone = "0701234567" }, "--contact-phone"),
                ({ $0.contactName = nil }, "--contact-name"),
            ] {
                var wishes = wishes
                missing(&wishes)
                try expectRefused(.configurationInvalid, saying: words, at: pair.avim) {
                    _ = try CardExport(folder, configuration).make(wishes)
                }
            }
        }
    }
}

extension Card {
    func with(
        issued: Timestamp? = nil, anchors: [Certificate]? = nil, lists: [RevocationList]? = nil
    ) -> Card {
        Card(
            issued: issued ?? self.issued, member: member, anchors: anchors ?? self.anchors,
            intermediates: intermediates, revocationLists: lists ?? revocationLists)
    }

    /// The same, with another certificate for one use.
    func with(_ certificate: Certificate, for use: NodeFolder.KeyUse) -> Card {
        let now = member.certificates
        return Card(
            issued: issued,
            member: Member(
                oin: member.oin, name: member.name, roles: member.roles, endpoint: member.endpoint,
                certificates: MemberCertificates(
                    signing: use == .signing ? [certificate] : now.signing,
                    agreement: use == .agreement ? [certificate] : now.agreement,
                    tls: use == .tls ? [certificate] : now.tls),
                dutyContact: member.dutyContact),
            anchors: anchors, intermediates: intermediates, revocationLists: revocationLists)
    }
}
