import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

@testable import SignalExchange

extension Nodes {
    /// Folders of evidence that somebody forged, with digests and index to match: what the signatures alone give away.
    @Suite(.community()) struct EvidenceVerificationTests {
        let sample: EvidenceSample

        init() throws { sample = try EvidenceSample(try #require(Stage.community)) }

        private func expect(
            _ verdict: EvidenceVerdict, faults: [String: String], sourceLocation: SourceLocation = #_sourceLocation
        ) {
            let found = Dictionary(verdict.faults.map { ($0.file, $0.code) }, uniquingKeysWith: { first, _ in first })
            #expect(found == faults, "\(verdict.faults)", sourceLocation: sourceLocation)
            #expect(verdict.holds == faults.isEmpty, sourceLocation: sourceLocation)
        }

        @Test func `who said, received and owned it comes out of the signatures, and who has not answered is open`()
            throws
        {
            let verdict = try sample.parts().verdict()
            expect(verdict, faults: [:])
            let ofMessage = verdict.statements.filter { $0.messageID == sample.content.id }
            #expect(ofMessage.map(\.act) == [.said, .received, .open, .owned])
            #expect(
                ofMessage.map(\.party) == [
                    sample.avim.party, sample.nidos.party, sample.ind.party, sample.nidos.party,
                ])
            #expect(ofMessage.map { $0.at != nil } == [true, true, false, true])
            #expect(ofMessage.last?.detail == "duty-guardian")
            #expect(verdict.anchors == .folder)
        }

        @Test func `an index of version 2, which knows no time of a refusal, is read as before`() throws {
            let (files, index) = try sample.parts().sealed()
            let text = String(decoding: try #require(files["index.json"]), as: UTF8.self)
            let earlier = text.replacing(/"version": *3/, with: "\"version\": 2", maxReplacements: 1)
                .replacing(/"declined": *null, *\n? */, with: "")
            #expect(!earlier.contains("declined") && earlier != text)
            #expect(try EvidenceIndex.decode(Array(earlier.utf8)) == index)
        }

        @Test func `a changed file is named, also one that nobody signed`() throws {
            let (files, index) = try sample.parts().sealed()
            for name in files.all.map(\.name) {
                var changed = EvidenceFiles()
                for file in files.all {
                    var bytes = file.bytes
                    if file.name == name { bytes[bytes.count / 2] ^= 1 }
                    changed.add(file.name, bytes)
                }
                let read = name == "index.json" ? try? EvidenceIndex.decode(changed["index.json"] ?? []) : index
                guard let read else { continue }
                let faults = EvidenceVerification.verify(changed, index: read, now: .current).faults
                #expect(faults.contains { $0.file == name && $0.code == "digest-mismatch" }, "\(name): \(faults)")
            }
        }

        @Test func `a file that is missing, or that the index hides, is named`() throws {
            let (files, index) = try sample.parts().sealed()
            for name in ["message.der", EvidenceSample.receiptFile, "chain.pem", "certificates/avim.pem", "README.txt"]
            {
                var fewer = EvidenceFiles()
                for file in files.all where file.name != name { fewer.add(file.name, file.bytes) }
                let missing = EvidenceVerification.verify(fewer, index: index, now: .current)
                #expect(missing.faults.contains { $0.file == name && $0.code == "file-missing" }, "\(missing.faults)")
            }
            var hidden = try sample.parts()
            hidden[EvidenceSample.receiptFile] = nil
            expect(try hidden.verdict(), faults: [EvidenceSample.receiptFile: "file-missing"])
        }

        @Test func `a receipt for another message counts for nothing`() throws {
            let receipt = try sample.receipt(by: sample.nidos, for: sample.otherMessage)
            let verdict = try sample.parts(receipt: receipt).verdict()
            expect(verdict, faults: [EvidenceSample.receiptFile: "receipt-mismatch"])
            #expect(!verdict.statements.contains { $0.act == .received })
        }

        @Test func `a receipt by another organisation counts for nothing`() throws {
            var parts = try sample.parts(receipt: sample.receipt(by: sample.ind))
            // It is by a member, whose certificate is offered in the place of the recipient's.
            parts["certificates/nidos.pem"] = Array(sample.ind.keys.signing.certificate.pem.utf8)
            parts.index.acknowledgements = []
            parts[EvidenceSample.acknowledgementFile] = nil
            expect(
                try parts.verdict(), faults: [EvidenceSample.receiptFile: "receipt-by-another-organisation"])
        }

        @Test func `an acknowledgement that names another digest or message counts for nothing`() throws {
            let otherDigest = try sample.acknowledgement(digest: sample.otherMessage.digest)
            let otherMessage = try sample.acknowledgement(of: sample.otherMessage.contentIdentifier)
            for acknowledgement in [otherDigest, otherMessage] {
                let verdict = try sample.parts(acknowledgement: acknowledgement).verdict()
                expect(verdict, faults: [EvidenceSample.acknowledgementFile: "acknowledgement-mismatch"])
                #expect(!verdict.statements.contains { $0.act == .owned })
            }
        }

        @Test func `an acknowledgement by somebody who was not told counts for nothing`() throws {
            let coa = try ForeignNode(sample.community[slug: "coa"])
            var parts = try sample.parts(acknowledgement: sample.acknowledgement(by: coa))
            parts["certificates/coa.pem"] = Array(coa.keys.signing.certificate.pem.utf8)
            parts.index.acknowledgements[0].certificate = "certificates/coa.pem"
            expect(try parts.verdict(), faults: [EvidenceSample.acknowledgementFile: "acknowledgement-mismatch"])
        }

        @Test func `nothing outside of the folder is read, whatever the index names`() throws {
            for name in ["../secret", "/etc/passwd", "receipts/../../secret", "a/b/c", "", ".", ".hidden", "a//b"] {
                #expect(!EvidenceFiles.isName(name), "\(name)")
            }
            #expect(EvidenceFiles.isName("receipts/00000099000000001000-2.der"))
            let (files, _) = try sample.parts().sealed()
            let text = String(decoding: try #require(files["index.json"]), as: UTF8.self)
            let out = text.replacing("\"message.der\"", with: "\"../message.der\"")
            #expect(throws: (any Error).self) { try EvidenceIndex.decode(Array(out.utf8)) }

            let place = sample.community.folder.appending(path: "linked")
            let folder = EvidenceFolder(place.path)
            try folder.write(files)
            #expect(try folder.read().files.all.count == files.all.count)
            let file = place.appending(path: "message.der")
            let outside = sample.community.folder.appending(path: "outside.der")
            try FileManager.default.moveItem(at: file, to: outside)
            try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: outside.path)
            let error = #expect(throws: NodeError.self) { _ = try folder.read() }
            #expect(error?.code == .fileUnreadable)
        }

        @Test func `a folder is read up to a bound, and an index that names a signed file twice is none`() throws {
            var parts = try sample.parts()
            let place = sample.community.folder.appending(path: "bounded")
            try EvidenceFolder(place.path).write(parts.sealed().0)
            let error = #expect(throws: NodeError.self) {
                _ = try EvidenceFolder(place.path).read(maximumBytes: 5000)
            }
            #expect(error?.message.contains("more than 5000 bytes") == true, "\(String(describing: error))")
            parts.index.message.recipients[0].proofs.append(parts.index.message.recipients[0].proofs[0])
            let (files, _) = try parts.sealed()
            #expect(throws: (any Error).self) { try EvidenceIndex.decode(files["index.json"] ?? []) }
        }

        @Test func `an index that says otherwise than what was signed is named`() throws {
            var parts = try sample.parts()
            parts.index.message.recipients.removeLast()
            expect(try parts.verdict(), faults: ["index.json": "index-mismatch"])
            parts = try sample.parts()
            parts.index.message.sender = sample.ind.party
            expect(try parts.verdict(), faults: ["index.json": "index-mismatch"])
            let future = try sample.parts(exportedAt: .current + .hours(1))
            expect(try future.verdict(), faults: ["index.json": "export-time-in-future"])
        }

        @Test func `without a fresh list of each authority nothing is taken for verified`() throws {
            var parts = try sample.parts()
            let nothing = [
                "message.der": "signer-undecided", EvidenceSample.receiptFile: "signer-undecided",
                EvidenceSample.acknowledgementFile: "signer-undecided",
            ]
            parts["chain.pem"] = try sample.intermediates
            expect(try parts.verdict(), faults: nothing)
            let late = Timestamp.current + .hours(24 * 30)
            let stale = try sample.parts(exportedAt: late)
            expect(try stale.verdict(now: late), faults: nothing)
        }

        @Test func `authorities from elsewhere go before those of the folder`() async throws {
            let pki = sample.community.pki
            let anchor = try Certificate(pem: String(contentsOf: pki.root.certificate, encoding: .utf8))
            let elsewhere = try sample.parts().verdict(anchors: ("roots.pem", [anchor]))
            expect(elsewhere, faults: [:])
            #expect(elsewhere.anchors == .file("roots.pem"))
            // Whoever makes a folder can make authorities too.
            let place = sample.community.folder.appending(path: "foreign")
            let foreign = try ExamplePKI.make(in: place)
            let root = try Certificate(pem: String(contentsOf: foreign.root.certificate, encoding: .utf8))
            let verdict = try sample.parts().verdict(anchors: ("roots.pem", [root]))
            #expect(verdict.held.isEmpty && verdict.faults.count == 3, "\(verdict.faults)")
            #expect(verdict.statements.allSatisfy { $0.act == .open })
        }
    }

    /// What becomes of evidence when a signer's certificate ends; each test changes the lists of its own community.
    @Suite struct EndedEvidenceTests {
        /// The lists of now, as those by which message and receipt were judged when they were taken.
        private func judged(_ parts: EvidenceSample.Parts) -> EvidenceSample.Parts {
            var parts = parts
            parts["then/1.pem"] = parts["chain.pem"]
            let judgement = EvidenceIndex.Judgement(at: parts.index.exportedAt, authorities: "then/1.pem")
            parts.index.message.judgement = judgement
            parts.index.message.recipients[0].proofs[0].judgement = judgement
            parts.index.acknowledgements = []
            parts[EvidenceSample.acknowledgementFile] = nil
            return parts
        }

        @Test func `a signature whose key was stolen since counts for nothing, and what it was worth then is shown`()
            async throws
        {
            try await withCommunity { community in
                let sample = try EvidenceSample(community)
                let receipt = try sample.receipt(by: sample.nidos)
                let then = judged(try sample.parts(receipt: receipt))
                #expect(try then.verdict().heldThen == ["message.der", EvidenceSample.receiptFile])
                #expect(try then.verdict().notes.isEmpty)
                try community.pki.revoke(
                    URL(filePath: community[slug: "nidos"].folder.certificate(.signing)), reason: .keyCompromise)
                var parts = try sample.parts(receipt: receipt)
                parts["then/1.pem"] = then["then/1.pem"]
                parts.index.message.recipients[0].proofs[0].judgement =
                    then.index.message.recipients[0].proofs[0].judgement
                parts.index.acknowledgements = []
                parts[EvidenceSample.acknowledgementFile] = nil

                let verdict = try parts.verdict()
                #expect(verdict.faults.map(\.code) == ["signer-untrusted"])
                #expect(verdict.statements.map(\.act) == [.said, .open, .open], "a later list takes it away")
                #expect(verdict.notes.map(\.code) == ["held-then"], "\(verdict.notes)")
                #expect(verdict.heldThen == [EvidenceSample.receiptFile])
                #expect(verdict.held == ["message.der"])

                let place = community.folder.appending(path: "then")
                try EvidenceFolder(place.path).write(parts.explained())
                let evidence = ExportedEvidence(folder: place)
                let commands = try evidence.verifications(of: EvidenceSample.receiptFile)
                #expect(commands.count == 1 && commands[0].contains("-CAstore then/1.pem"), "\(commands)")
                for command in try evidence.commands() {
                    let outcome = try await evidence.run(command)
                    #expect(outcome.succeeded, "\(command)\n\(outcome.said)")
                }
            }
        }

        @Test func `where the sender's key was stolen, what the others signed is still theirs`() async throws {
            try await withCommunity { community in
                let sample = try EvidenceSample(community)
                try community.pki.revoke(
                    URL(filePath: community[slug: "avim"].folder.certificate(.signing)), reason: .keyCompromise)
                let parts = try sample.parts()
                let verdict = try parts.verdict()
                #expect(verdict.faults.map(\.file) == ["message.der"], "\(verdict.faults)")
                #expect(verdict.statements.map(\.act) == [.received, .open, .owned, .open], "\(verdict.statements)")
                // No command is printed that would take the stolen key's signature for good.
                let place = community.folder.appending(path: "sender-stolen")
                try EvidenceFolder(place.path).write(parts.explained())
                let evidence = ExportedEvidence(folder: place)
                #expect(try evidence.verifications(of: "message.der").isEmpty)
                #expect(try evidence.text("README.txt").contains("message.der DOES NOT VERIFY"))
                for command in try evidence.commands() {
                    let outcome = try await evidence.run(command)
                    #expect(outcome.succeeded, "\(command)\n\(outcome.said)")
                }
            }
        }

        @Test func `a refusal of something else, or of a stolen key, is a fault beside a receipt that was signed anew`()
            async throws
        {
            try await withCommunity { community in
                let sample = try EvidenceSample(community)
                let renewed = try sample.otherKeyOfNidos()
                func refusal(of message: VerifiedMessage) throws -> [UInt8] {
                    let item = ChannelItem(
                        number: SequenceNumber(1), messageID: message.contentIdentifier, messageDigest: message.digest)
                    return Refusal(
                        sender: sample.avim.oin, recipient: sample.nidos.oin, item: item, code: .schemaViolated,
                        detail: "", at: .current
                    ).wireBytes
                }
                // The last is what a thief can make: it held then, and excuses nothing now.
                let payloads: [(bytes: [UInt8], notes: [String])] = [
                    (Array("not even a refusal".utf8), []), (try refusal(of: sample.otherMessage), []),
                    (try refusal(of: sample.message), ["held-then"]),
                ]
                let forged = try payloads.map {
                    try SignedStatement.sign(
                        $0.bytes, kind: .refusal, by: sample.nidos.keys.signing, at: .current)
                }
                let before = try sample.parts()["chain.pem"]
                try community.pki.revoke(
                    URL(filePath: community[slug: "nidos"].folder.certificate(.signing)), reason: .keyCompromise)
                var parts = try sample.parts(
                    receipt: SignedReceipt.sign(for: sample.message, by: renewed, at: .current))
                parts.index.acknowledgements = []
                parts[EvidenceSample.acknowledgementFile] = nil
                parts["certificates/renewed.pem"] = Array(renewed.certificate.pem.utf8)
                parts["then/1.pem"] = before
                parts.index.message.recipients[0].proofs[0].certificate = "certificates/renewed.pem"
                parts.index.message.recipients[0].proofs[0].isReissued = true
                parts.index.message.recipients[0].proofs.append(
                    .init(
                        kind: .refusal, file: "refusals/forged.der", certificate: "certificates/nidos.pem",
                        isReissued: false,
                        judgement: .init(at: parts.index.exportedAt, authorities: "then/1.pem")))
                for (refusal, expected) in zip(forged, payloads) {
                    parts["refusals/forged.der"] = refusal
                    let verdict = try parts.verdict()
                    #expect(verdict.faults.map(\.file) == ["refusals/forged.der"], "\(verdict.faults)")
                    #expect(verdict.notes.map(\.code) == expected.notes, "\(verdict.notes)")
                }
            }
        }

        @Test func `what does not bear out that a signature held then is said, and no anchor of theirs is believed`()
            async throws
        {
            try await withCommunity { community in
                let sample = try EvidenceSample(community)
                var parts = judged(try sample.parts())
                parts["then/1.pem"] = try sample.intermediates
                let verdict = try parts.verdict()
                #expect(verdict.holds && verdict.heldThen.isEmpty, "\(verdict.faults)")
                #expect(verdict.notes.map(\.code) == ["not-held-then", "not-held-then"])
                // It decides nothing, so that what cannot be used of it spoils nothing.
                parts["then/1.pem"] = try sample.parts()["certificates/avim.pem"].map { $0 + $0 + Array("?".utf8) }
                let spoiled = try parts.verdict()
                #expect(spoiled.holds && spoiled.heldThen.isEmpty)
                parts["then/1.pem"] = Array("-----BEGIN NONSENSE-----\nAA==\n-----END NONSENSE-----\n".utf8)
                #expect(try parts.verdict().notes.map(\.file) == ["then/1.pem"])
                var later = judged(try sample.parts())
                later.index.message.judgement?.at = later.index.exportedAt + .hours(1)
                #expect(try later.verdict().heldThen == [EvidenceSample.receiptFile], "it lies after the export")

                // Whoever makes a folder can make authorities too.
                let foreign = try ExamplePKI.make(in: community.folder.appending(path: "foreign"))
                let root = try Certificate(pem: String(contentsOf: foreign.root.certificate, encoding: .utf8))
                var rooted = judged(try sample.parts())
                rooted["then/1.pem"] = ["anchors.pem", "chain.pem"].flatMap { rooted[$0] ?? [] }
                #expect(try rooted.verdict().heldThen.count == 2)
                #expect(try rooted.verdict(anchors: ("roots.pem", [root])).heldThen.isEmpty)
            }
        }

        /// Runs the commands of the text that goes with the parts, and expects each to succeed.
        private func expectCommandsSucceed(
            _ parts: EvidenceSample.Parts, in community: ExampleCommunity, saying remark: String
        ) async throws {
            let place = community.folder.appending(path: "explained")
            try EvidenceFolder(place.path).write(parts.explained())
            let evidence = ExportedEvidence(folder: place)
            let text = try evidence.text("README.txt")
            #expect(text.contains(remark), "\(text)")
            #expect(try evidence.verifications(of: EvidenceSample.receiptFile).count == 1)
            for command in try evidence.commands() {
                let outcome = try await evidence.run(command)
                #expect(outcome.succeeded, "\(command)\n\(outcome.said)")
            }
            let verified = try await evidence.verify()
            #expect(verified.exitStatus == 0, "\(verified.said)")
        }

        @Test func `a signature from before its certificate was given back verifies, and the text says so`()
            async throws
        {
            try await withCommunity { community in
                let sample = try EvidenceSample(community)
                let receipt = try sample.receipt(by: sample.nidos, at: .current + .minutes(-10))
                try community.pki.revoke(
                    URL(filePath: community[slug: "nidos"].folder.certificate(.signing)), reason: .superseded)
                var parts = try sample.parts(receipt: receipt)
                parts.index.acknowledgements = []
                parts[EvidenceSample.acknowledgementFile] = nil
                try await expectCommandsSucceed(parts, in: community, saying: "was revoked at")
            }
        }

        @Test func `a signature from before its certificate expired verifies, and the text says so`() async throws {
            try await withCommunity { community in
                let sample = try EvidenceSample(community)
                let ended = try sample.otherKeyOfNidos(flaw: .expired)
                let receipt = try SignedReceipt.sign(
                    for: sample.message, by: ended, at: .current + .hours(-24 * 10))
                var parts = try sample.parts(receipt: receipt)
                parts["certificates/nidos.pem"] = Array(ended.certificate.pem.utf8)
                parts.index.acknowledgements = []
                parts[EvidenceSample.acknowledgementFile] = nil
                try await expectCommandsSucceed(parts, in: community, saying: "ended at")
            }
        }

        @Test func `a signature whose key was stolen counts for nothing, unless it was signed anew`() async throws {
            try await withCommunity { community in
                let sample = try EvidenceSample(community)
                let old = try sample.receipt(by: sample.nidos)
                let renewed = try sample.otherKeyOfNidos()
                try community.pki.revoke(
                    URL(filePath: community[slug: "nidos"].folder.certificate(.signing)), reason: .keyCompromise)

                var parts = try sample.parts(receipt: old)
                parts.index.acknowledgements = []
                parts[EvidenceSample.acknowledgementFile] = nil
                let verdict = try parts.verdict()
                #expect(verdict.faults.map(\.file) == [EvidenceSample.receiptFile], "\(verdict.faults)")
                #expect(verdict.faults.map(\.code) == ["signer-untrusted"])
                #expect(verdict.statements.map(\.act) == [.said, .open, .open])

                parts["certificates/renewed.pem"] = Array(renewed.certificate.pem.utf8)
                parts["receipts/anew.der"] = try SignedReceipt.sign(for: sample.message, by: renewed, at: .current)
                parts.index.message.recipients[0].proofs.append(
                    .init(
                        kind: .receipt, file: "receipts/anew.der", certificate: "certificates/renewed.pem",
                        isReissued: true))
                let anew = try parts.verdict()
                #expect(anew.holds, "\(anew.faults)")
                #expect(anew.notes.map(\.file) == [EvidenceSample.receiptFile])
                #expect(anew.statements.map(\.act) == [.said, .received, .open])
            }
        }
    }
}
