package import ExchangeCMS
import ExchangeCatalogue
package import ExchangeCore
import OrderedCollections

/// Verifies a folder of evidence with what lies in it and nothing else: no node, no network, no store.
///
/// The index is believed in nothing but where to look. Each signature is verified by the certificates in the folder, each
/// certificate by chain and revocation lists as of the export, and who said what comes out of the signed bytes.
package struct EvidenceVerification: Sendable {
    /// A code of ``EvidenceVerdict/Finding`` that is no other part's.
    enum Code {
        static let fileMissing = "file-missing"
        static let digestMismatch = "digest-mismatch"
        static let indexMismatch = "index-mismatch"
        static let acknowledgementMismatch = "acknowledgement-mismatch"
        static let refusalMismatch = "refusal-mismatch"
        static let exportTimeInFuture = "export-time-in-future"
        static let receiptLapsed = "receipt-lapsed"
        static let heldThen = "held-then"
        static let notHeldThen = "not-held-then"
        static let malformed = "malformed"
    }

    private let files: EvidenceFiles
    private let index: EvidenceIndex
    private var judge: SignatureJudge
    private var verdict: EvidenceVerdict

    private init(
        _ files: EvidenceFiles, index: EvidenceIndex, anchors elsewhere: (path: String, certificates: [Certificate])?
    ) {
        self.files = files
        self.index = index
        judge = SignatureJudge(files, at: index.exportedAt, anchors: elsewhere?.certificates)
        verdict = EvidenceVerdict(
            messageID: index.message.id, digest: index.message.digest,
            anchors: elsewhere.map { .file($0.path) } ?? .folder, judgedAt: index.exportedAt,
            signedCount: index.signedFiles.count)
    }

    /// Digests, authorities and signatures.
    ///
    /// - Parameters:
    ///   - anchors: authorities that the third party did not get with the folder, with the name of their file; without
    ///     them those of the folder.
    ///   - now: the third party's clock; an export from its future is a fault.
    package static func verify(
        _ files: EvidenceFiles, index: EvidenceIndex,
        anchors elsewhere: (path: String, certificates: [Certificate])? = nil, now: Timestamp
    ) -> EvidenceVerdict {
        var verification = EvidenceVerification(files, index: index, anchors: elsewhere)
        verification.judge.take(digestFaults(of: files, index: index))
        if index.exportedAt > now + CMSLimits.clockSkew {
            verification.judge.fault(
                EvidenceFiles.index, Code.exportTimeInFuture,
                "the export is of \(index.exportedAt), which is in this machine's future; look at its clock")
        }
        verification.judgeAll()
        return verification.verdict
    }

    /// The signatures alone, by the folder's own authorities: for who makes the folder and has no digests yet.
    ///
    /// - Returns: also what they were judged by, by the file with the lists.
    static func signatures(
        in files: EvidenceFiles, index: EvidenceIndex
    ) -> (verdict: EvidenceVerdict, trusts: [String: TrustStore]) {
        var verification = EvidenceVerification(files, index: index, anchors: nil)
        verification.judgeAll()
        return (verification.verdict, verification.judge.trusts.compactMapValues(\.self))
    }

    // MARK: Files

    /// Files that are missing or are not those that the index names, and an index that is not the one of the digests.
    package static func digestFaults(of files: EvidenceFiles, index: EvidenceIndex) -> [EvidenceVerdict.Finding] {
        var faults: [EvidenceVerdict.Finding] = []
        for expected in index.files {
            guard let bytes = files[expected.name] else {
                faults.append(
                    .init(file: expected.name, code: Code.fileMissing, detail: "the index names it, and it is not here")
                )
                continue
            }
            if sha256(bytes) != expected.digest {
                faults.append(
                    .init(
                        file: expected.name, code: Code.digestMismatch,
                        detail: "it was changed since the export: its digest is \(sha256(bytes)), and the index has "
                            + "\(expected.digest)"))
            }
        }
        guard let indexBytes = files[EvidenceFiles.index], let digests = files[EvidenceFiles.digests] else {
            faults.append(.init(file: EvidenceFiles.digests, code: Code.fileMissing, detail: "it is not here"))
            return faults
        }
        let lines = String(decoding: digests, as: UTF8.self)
        if !lines.contains("\(sha256(indexBytes))  \(EvidenceFiles.index)\n") {
            faults.append(
                .init(
                    file: EvidenceFiles.index, code: Code.digestMismatch,
                    detail: "it was changed since the export, or its line in \(EvidenceFiles.digests) was"))
        } else if lines != EvidenceFiles.digestLines(index.files, index: sha256(indexBytes)) {
            faults.append(
                .init(
                    file: EvidenceFiles.digests, code: Code.digestMismatch,
                    detail: "it was changed since the export: its lines are not those of the index"))
        }
        return faults
    }

    // MARK: Messages

    /// A message, whatever its signature is worth: what others signed of it is theirs.
    private struct Known {
        let message: VerifiedMessage
        let content: SignedContent
        let isVerified: Bool
    }

    private mutating func judgeAll() {
        defer { verdict.take(judge.findings) }
        guard judge.hasAuthorities else { return }
        guard let subject = known(index.message) else { return }
        let content = subject.content
        if subject.isVerified {
            verdict.statements.append(
                .init(
                    act: .said, party: content.sender, at: subject.message.signingTime, messageID: content.id,
                    file: index.message.file,
                    detail: "\(content.type.code) to "
                        + content.recipients.map { "\($0.party.oin) (\($0.party.role.rawValue))" }
                        .joined(separator: ", ")))
        }
        judgeProofs(of: index.message, subject)
        for entry in index.acknowledgements { judgeAcknowledgement(entry, of: subject) }
    }

    /// A message whose signed content is what the index says that it is. A signature that does not hold is a fault; the
    /// message is known all the same, by its digest.
    private mutating func known(_ entry: EvidenceIndex.Message) -> Known? {
        guard let der = judge.bytes(of: entry.file) else { return nil }
        do {
            let signed = try SignedMessage(signedData: der)
            let verified = judge.verified(entry.file, by: entry.certificate, entry.judgement) { context in
                try signed.verify(expecting: entry.digest, in: context)
            }
            let message = try verified ?? signed.storedMessage(expecting: entry.digest, by: entry.sender.oin)
            let content = try ContentCodec.decode(message.content)
            guard content.id == message.contentIdentifier, content.sender.oin == message.signerOIN else {
                judge.fault(
                    entry.file, Code.indexMismatch,
                    "signature, receipt request and content do not name one message of one sender")
                return nil
            }
            guard content.id == entry.id, content.type == entry.type, content.sender == entry.sender,
                content.created == entry.created, content.recipients.map(\.party) == entry.recipients.map(\.party)
            else {
                judge.fault(
                    EvidenceFiles.index, Code.indexMismatch,
                    "it says otherwise of \(entry.file) than what was signed there: id, type, sender, recipients or "
                        + "time")
                return nil
            }
            return Known(message: message, content: content, isVerified: verified != nil)
        } catch {
            judge.fault(entry.file, error)
            return nil
        }
    }

    private mutating func judgeAcknowledgement(_ entry: EvidenceIndex.Message, of subject: Known) {
        guard let known = known(entry) else { return }
        guard let acknowledgement = ReceivedAcknowledgement(known.content),
            acknowledgement.messageID == subject.content.id
        else {
            judge.fault(entry.file, Code.acknowledgementMismatch, "it acknowledges another message, or none")
            return
        }
        guard subject.content.recipients.contains(where: { $0.party.oin == known.message.signerOIN }) else {
            judge.fault(
                entry.file, Code.acknowledgementMismatch,
                "\(known.message.signerOIN) acknowledges a message that was not addressed to it")
            return
        }
        guard acknowledgement.messageDigest == subject.message.digest else {
            judgeOtherDigest(entry, acknowledgement, known, of: subject)
            return
        }
        let act: EvidenceVerdict.Statement.Act =
            switch acknowledgement.step {
            case .owned: .owned
            case .declined: .declined
            case .concluded: .concluded
            }
        if known.isVerified {
            verdict.statements.append(
                .init(
                    act: act, party: known.content.sender, at: known.message.signingTime,
                    messageID: subject.content.id, file: entry.file, detail: acknowledgement.role))
        }
        judgeProofs(of: entry, known)
    }

    /// An L2 of a recipient for another digest. Its sender's node refuses such an L2. To another recipient it is the proof that two
    /// messages were signed under one id.
    private mutating func judgeOtherDigest(
        _ entry: EvidenceIndex.Message, _ said: ReceivedAcknowledgement, _ known: Known, of subject: Known
    ) {
        guard let sender = said.sender, index.exportedBy != sender else {
            judge.fault(
                entry.file, Code.acknowledgementMismatch,
                "it names the digest \(said.messageDigest), which is not this message's")
            return
        }
        if known.isVerified {
            verdict.statements.append(
                .init(
                    act: .holdsAnother, party: known.content.sender, at: known.message.signingTime,
                    messageID: subject.content.id, file: entry.file,
                    detail: "\(said.messageDigest) of \(sender)"))
        }
        judgeProofs(of: entry, known)
    }

    // MARK: Proofs

    private mutating func judgeProofs(of entry: EvidenceIndex.Message, _ known: Known) {
        for recipient in entry.recipients {
            var isAnswered = false
            var lapsed: [EvidenceIndex.Proof] = []
            var renewed: Set<EvidenceIndex.Proof.Kind> = []
            for proof in recipient.proofs {
                guard let der = judge.bytes(of: proof.file) else { continue }
                switch proof.kind {
                case .receipt:
                    let receipt = judge.verified(proof.file, by: proof.certificate, proof.judgement) { context in
                        try SignedReceipt.verify(der, for: known.message, from: recipient.party.oin, in: context)
                    }
                    guard let receipt else { break }
                    isAnswered = true
                    if proof.isReissued { renewed.insert(.receipt) }
                    state(.received, recipient, receipt.signingTime, proof.file, of: known)
                case .refusal:
                    let told = judge.verified(proof.file, by: proof.certificate, proof.judgement) { context in
                        try Self.refusal(der, of: known, by: recipient, in: context)
                    }
                    guard let told else { break }
                    isAnswered = true
                    if proof.isReissued { renewed.insert(.refusal) }
                    state(.refused, recipient, told.time, proof.file, told.refusal.code.rawValue, of: known)
                }
                if judge.isLapsed(proof.file, of: recipient.party.oin) { lapsed.append(proof) }
            }
            // What was signed anew stands in its place: nothing is missing, and nothing was forged.
            for proof in lapsed where renewed.contains(proof.kind) { judge.excuse(proof.file) }
            // To whom else another organisation sent its acknowledgement, and who has it, is no part of this story.
            let isOfOthers = entry.id != index.message.id && recipient.state == EvidenceIndex.Recipient.unknownState
            if !isAnswered, !isOfOthers { state(.open, recipient, nil, nil, openDetail(recipient), of: known) }
        }
    }

    private func openDetail(_ recipient: EvidenceIndex.Recipient) -> String {
        recipient.state == EvidenceIndex.Recipient.unknownState
            ? "its receipt is the sender's to show" : "no receipt and no refusal that verifies is here"
    }

    private static func refusal(
        _ der: [UInt8], of known: Known, by recipient: EvidenceIndex.Recipient, in context: VerificationContext
    ) throws -> (refusal: Refusal, time: Timestamp) {
        // Before its signer is judged: what is of something else is no refusal of this that lapsed.
        let refusal = try Refusal(wireBytes: SignedStatement.unverifiedPayload(der, kind: .refusal))
        guard refusal.recipient == recipient.party.oin, refusal.sender == known.content.sender.oin,
            refusal.item.messageID == known.content.id,
            refusal.item.messageDigest == known.message.digest
        else {
            throw SignatureJudge.Mismatch(
                code: Code.refusalMismatch, words: "it is another organisation's, or of another message")
        }
        let statement = try SignedStatement.verify(der, kind: .refusal, in: context)
        guard statement.signerOIN == recipient.party.oin else {
            throw SignatureJudge.Mismatch(
                code: Code.refusalMismatch, words: "it is signed by another organisation than the recipient")
        }
        return (refusal, statement.signingTime)
    }

    // MARK: Telling

    private mutating func state(
        _ act: EvidenceVerdict.Statement.Act, _ recipient: EvidenceIndex.Recipient, _ time: Timestamp?,
        _ file: String?, _ detail: String = "", of known: Known
    ) {
        verdict.statements.append(
            .init(
                act: act, party: recipient.party, at: time, messageID: known.content.id, file: file, detail: detail))
    }
}

extension EvidenceIndex {
    /// The files of all signers' certificates, each once.
    package var certificates: [String] {
        let used = ([message] + acknowledgements).flatMap { message in
            [message.certificate] + message.recipients.flatMap(\.proofs).map(\.certificate)
        }
        return Array(OrderedSet(used.compactMap(\.self)))
    }
}
