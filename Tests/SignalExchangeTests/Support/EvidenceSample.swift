import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

@testable import SignalExchange

/// Evidence that is put together by hand, so that each part of it can be another than it should be: a signal of AVIM to
/// Nidos and IND, the receipt of Nidos, and its L2. No node runs for it.
struct EvidenceSample {
    let community: ExampleCommunity
    let avim: ForeignNode
    let nidos: ForeignNode
    let ind: ForeignNode
    let message: VerifiedMessage
    let content: SignedContent
    /// Of AVIM to the same recipients.
    let otherMessage: VerifiedMessage

    static let receiptFile = "receipts/nidos.der"
    static let acknowledgementFile = "acknowledgements/1.der"

    init(_ community: ExampleCommunity) throws {
        self.community = community
        let avim = try ForeignNode(community[slug: "avim"])
        let nidos = try ForeignNode(community[slug: "nidos"])
        let ind = try ForeignNode(community[slug: "ind"])
        let contents = try (0..<2).map { _ in
            try ExampleSignal.content(
                from: avim.party, to: [Recipient(nidos.party), Recipient(ind.party)])
        }
        content = contents[0]
        message = try Self.sealed(contents[0], by: avim, for: nidos)
        otherMessage = try Self.sealed(contents[1], by: avim, for: nidos)
        (self.avim, self.nidos, self.ind) = (avim, nidos, ind)
    }

    private static func sealed(
        _ content: SignedContent, by sender: ForeignNode, for recipient: ForeignNode
    ) throws -> VerifiedMessage {
        let parcel = try sender.seal(content, for: recipient.handle)
        return try parcel.message.storedMessage(expecting: parcel.digest, by: sender.oin)
    }

    func receipt(
        by node: ForeignNode, for message: VerifiedMessage? = nil, at moment: Timestamp = .current
    ) throws -> [UInt8] {
        try SignedReceipt.sign(for: message ?? self.message, by: node.keys.signing, at: moment)
    }

    /// A signing key of Nidos that the directory does not have.
    ///
    /// - Parameter flaw: of its certificate.
    func otherKeyOfNidos(flaw: ExamplePKI.Flaw? = nil) throws -> SigningIdentity {
        let slug = "other-nidos"
        try community.pki.addOrganisation(slug: slug, oin: nidos.oin, name: "Nidos (test)", flaw: flaw)
        let credential = community.pki.credential(of: slug, for: .signing)
        return try SigningIdentity(
            certificate: Certificate(pem: String(contentsOf: credential.certificate, encoding: .utf8)),
            privateKeyPEM: String(contentsOf: credential.key, encoding: .utf8))
    }

    /// An L2, of Nidos where nobody else is named.
    ///
    /// - Parameter digest: what it names; this message's where it is `nil`.
    func acknowledgement(
        of id: MessageID? = nil, digest: Digest? = nil, by node: ForeignNode? = nil
    ) throws -> VerifiedMessage {
        let (id, node) = (id ?? content.id, node ?? nidos)
        var body = JSONObject()
        body["messageId"] = .string(id.description)
        body["messageDigest"] = .string((digest ?? message.digest).description)
        body["sender"] = .string(avim.oin.text)
        body["status"] = "received"
        body["ownerRole"] = "duty-guardian"
        var said = try ExampleSignal.content(
            type: "NOD-02", from: node.party, to: [Recipient(avim.party)], caseReference: content.caseRef, body: body)
        said.inReplyTo = id
        return try Self.sealed(said, by: node, for: avim)
    }

    /// What stands between the anchors and the signers, without a list.
    var intermediates: [UInt8] {
        get throws { Array(try Data(contentsOf: community.pki.issuing.certificate)) }
    }

    /// The parts of a folder that a test may change.
    struct Parts {
        var index: EvidenceIndex
        var files: [String: [UInt8]]

        subscript(name: String) -> [UInt8]? {
            get { files[name] }
            set { files[name] = newValue }
        }

        /// As `sealed`, with the text that an export would write.
        func explained() throws -> EvidenceFiles {
            var parts = self
            parts["README.txt"] = nil
            let (files, index) = try parts.sealed()
            let (verdict, trusts) = EvidenceVerification.signatures(in: files, index: index)
            let readme = EvidenceReadme(index: index, verdict: verdict, trusts: trusts, files: files)
            parts["README.txt"] = Array(readme.text.utf8)
            return try parts.sealed().0
        }

        /// The folder with digests that fit what is in it now: whoever forges it makes them too.
        func sealed() throws -> (EvidenceFiles, EvidenceIndex) {
            var (folder, index) = (EvidenceFiles(), index)
            for (name, bytes) in files.sorted(by: { $0.key < $1.key }) { folder.add(name, bytes) }
            index.files = folder.all.map { .init(name: $0.name, digest: sha256($0.bytes)) }
            let encoded = try index.encode()
            folder.add("index.json", encoded)
            folder.add(
                "SHA256SUMS", Array(EvidenceFiles.digestLines(index.files, index: sha256(encoded)).utf8))
            return (folder, index)
        }

        func verdict(
            anchors: (path: String, certificates: [Certificate])? = nil, now: Timestamp = .current
        ) throws -> EvidenceVerdict {
            let (files, index) = try sealed()
            return EvidenceVerification.verify(files, index: index, anchors: anchors, now: now)
        }
    }

    func parts(
        receipt: [UInt8]? = nil, acknowledgement: VerifiedMessage? = nil, exportedAt: Timestamp = .current
    ) throws -> Parts {
        let acknowledgement = try acknowledgement ?? self.acknowledgement()
        let said = try ContentCodec.decode(acknowledgement.content)
        func recipient(_ party: Party, _ proofs: [EvidenceIndex.Proof]) -> EvidenceIndex.Recipient {
            .init(party: party, name: "a recipient", number: nil, state: "receipted", times: .init(), proofs: proofs)
        }
        func entry(
            _ message: VerifiedMessage, _ content: SignedContent, _ file: String, _ signer: String,
            _ recipients: [EvidenceIndex.Recipient]
        ) -> EvidenceIndex.Message {
            .init(
                id: content.id, digest: message.digest, type: content.type, sender: content.sender,
                senderName: "a sender", created: content.created, file: file, certificate: "certificates/\(signer).pem",
                recipients: recipients)
        }
        let proof = EvidenceIndex.Proof(
            kind: .receipt, file: Self.receiptFile, certificate: "certificates/nidos.pem", isReissued: false)
        let index = EvidenceIndex(
            exportedAt: exportedAt, exportedBy: avim.oin,
            message: entry(
                message, content, "message.der", "avim", [recipient(nidos.party, [proof]), recipient(ind.party, [])]),
            acknowledgements: [
                entry(acknowledgement, said, Self.acknowledgementFile, "nidos", [recipient(avim.party, [])])
            ],
            hasAllAcknowledgements: true, hasAllJudgements: true, files: [])
        let pki = community.pki
        func text(_ file: URL) throws -> [UInt8] { Array(try Data(contentsOf: file)) }
        return Parts(
            index: index,
            files: [
                "message.der": message.signedData, Self.acknowledgementFile: acknowledgement.signedData,
                Self.receiptFile: try receipt ?? self.receipt(by: nidos),
                "certificates/avim.pem": Array(avim.keys.signing.certificate.pem.utf8),
                "certificates/nidos.pem": Array(nidos.keys.signing.certificate.pem.utf8),
                "anchors.pem": try text(pki.root.certificate),
                "chain.pem": try intermediates + text(pki.rootRevocationList) + text(pki.issuingRevocationList),
                "README.txt": Array("A text.\n".utf8),
            ])
    }
}
