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
    /// Authorities that count in the place of those in the folder.
    private let elsewhere: [Certificate]?
    private var verdict: EvidenceVerdict
    private var signers: [[UInt8]: Certificate] = [:]
    /// By the file that they were read from; `nil` for one that cannot be used, which is told once.
    private var trustThen: [String: TrustStore?] = [:]

    private init(
        _ files: EvidenceFiles, index: EvidenceIndex, anchors: EvidenceVerdict.AnchorSource,
        elsewhere: [Certificate]? = nil
    ) {
        self.files = files
        self.index = index
        self.elsewhere = elsewhere
        verdict = EvidenceVerdict(
            messageID: index.message.id, digest: index.message.digest, anchors: anchors, judgedAt: index.exportedAt)
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
        var verification = EvidenceVerification(
            files, index: index, anchors: elsewhere.map { .file($0.path) } ?? .folder,
            elsewhere: elsewhere?.certificates)
        verification.verdict.faults = digestFaults(of: files, index: index)
        if index.exportedAt > now + CMSLimits.clockSkew {
            verification.fault(
                EvidenceFiles.index, Code.exportTimeInFuture,
                "the export is of \(index.exportedAt), which is in this machine's future; look at its clock")
        }
        verification.checkAuthorities()
        verification.judge()
        return verification.verdict
    }

    /// The signatures alone, by the folder's own authorities: for who makes the folder and has no digests yet.
    static func signatures(in files: EvidenceFiles, index: EvidenceIndex) -> EvidenceVerdict {
        var verification = EvidenceVerification(files, index: index, anchors: .folder)
        verification.judge()
        return verification.verdict
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

    /// The `openssl` command takes another file than this one does: the two must say the same.
    private mutating func checkAuthorities() {
        let parts = [EvidenceFiles.anchors, EvidenceFiles.intermediates, EvidenceFiles.revocationLists]
            .flatMap { files[$0] ?? [] }
        guard files[EvidenceFiles.authorities] != parts else { return }
        fault(
            EvidenceFiles.authorities, Code.indexMismatch,
            "it is not \(EvidenceFiles.anchors), \(EvidenceFiles.intermediates) and \(EvidenceFiles.revocationLists) in one"
        )
    }

    /// How signatures are judged: as of the export, for the lists in the folder were fresh then.
    private mutating func makeContext() -> VerificationContext? {
        func read<Value>(_ name: String, _ parse: (String) throws(CMSError) -> [Value]) -> [Value]? {
            guard let bytes = found(name) else { return nil }
            do throws(CMSError) { return try parse(String(decoding: bytes, as: UTF8.self)) } catch {
                fault(name, error)
                return nil
            }
        }
        let anchors =
            elsewhere
            ?? read(EvidenceFiles.anchors) { text throws(CMSError) in
                try Certificate.all(pem: text)
            }
        let intermediates = read(EvidenceFiles.intermediates) { text throws(CMSError) in
            try Certificate.all(pem: text)
        }
        let lists = read(EvidenceFiles.revocationLists) { text throws(CMSError) in try RevocationList.all(pem: text) }
        for name in index.certificates {
            let read = read(name) { text throws(CMSError) in [try Certificate(pem: text)] }
            for certificate in read ?? [] { signers[certificate.subjectKeyIdentifier] = certificate }
        }
        guard let anchors, let intermediates, let lists else { return nil }
        do {
            let trust = try TrustStore(anchors: anchors, intermediates: intermediates, revocationLists: lists)
            let known = signers
            return VerificationContext(trust: trust, now: index.exportedAt) { known[$0] }
        } catch {
            fault(EvidenceFiles.anchors, error)
            return nil
        }
    }

    // MARK: Then

    /// Judges a signature once more, by what the exporting node had when it took it. That changes no verdict, for whoever made
    /// the folder says when that was; but it shows what a later list takes away, and what a later one cannot tell any more.
    ///
    /// - Parameters:
    ///   - now: what is wrong with it by the lists of the export; `nil` where nothing is.
    ///   - verify: verifies the same bytes.
    private mutating func judgeThen(
        _ file: String, _ judgement: EvidenceIndex.Judgement?, now: CMSError?,
        _ verify: (VerificationContext) throws -> Void
    ) {
        guard let judgement, let trust = trust(then: judgement.authorities) else { return }
        let known = signers
        do {
            try verify(VerificationContext(trust: trust, now: judgement.at) { known[$0] })
        } catch {
            guard now == nil else { return }
            note(
                file, Code.notHeldThen,
                "by \(judgement.authorities) it did not hold at \(judgement.at), when the exporting node took it: "
                    + ((error as? CMSError)?.message ?? "\(error)"))
            return
        }
        verdict.heldThen.insert(file)
        guard let now else { return }
        note(
            file, Code.heldThen,
            "by \(judgement.authorities) it held at \(judgement.at), when the exporting node took it; since then: \(now.message)")
    }

    private mutating func trust(then name: String) -> TrustStore? {
        if let known = trustThen[name] { return known }
        var trust: TrustStore?
        if let bytes = found(name) {
            do {
                trust = try TrustStore(pem: String(decoding: bytes, as: UTF8.self), anchors: elsewhere)
            } catch {
                fault(name, error)
            }
        }
        trustThen[name] = .some(trust)
        return trust
    }

    // MARK: Messages

    private struct Verified {
        let message: VerifiedMessage
        let content: SignedContent
    }

    private mutating func judge() {
        guard let context = makeContext() else { return }
        guard let subject = verified(index.message, in: context) else { return }
        let content = subject.content
        verdict.statements.append(
            .init(
                act: .said, party: content.sender, at: subject.message.signingTime, messageID: content.id,
                file: index.message.file,
                detail: "\(content.type.code) to "
                    + content.recipients.map { "\($0.party.oin) (\($0.party.role.rawValue))" }.joined(separator: ", ")))
        judgeProofs(of: index.message, subject, in: context)
        for entry in index.acknowledgements { judge(entry, of: subject, in: context) }
    }

    /// A message whose signature holds and whose signed content is what the index says that it is.
    private mutating func verified(
        _ entry: EvidenceIndex.Message, in context: VerificationContext
    ) -> Verified? {
        guard let der = found(entry.file) else { return nil }
        func verify(_ context: VerificationContext) throws -> VerifiedMessage {
            try SignedMessage(signedData: der).verify(expecting: entry.digest, in: context)
        }
        do {
            let message = try verify(context)
            judgeThen(entry.file, entry.judgement, now: nil) { _ = try verify($0) }
            let content = try ContentCodec.decode(message.content)
            guard content.id == message.contentIdentifier, content.sender.oin == message.signerOIN else {
                fault(
                    entry.file, Code.indexMismatch,
                    "signature, receipt request and content do not name one message of one sender")
                return nil
            }
            guard content.id == entry.id, content.type == entry.type, content.sender == entry.sender,
                content.created == entry.created, content.recipients.map(\.party) == entry.recipients.map(\.party)
            else {
                fault(
                    EvidenceFiles.index, Code.indexMismatch,
                    "it says otherwise of \(entry.file) than what was signed there: id, type, sender, recipients or "
                        + "time")
                return nil
            }
            return Verified(message: message, content: content)
        } catch {
            fault(entry.file, error)
            if let error = error as? CMSError {
                judgeThen(entry.file, entry.judgement, now: error) { _ = try verify($0) }
            }
            return nil
        }
    }

    private mutating func judge(
        _ entry: EvidenceIndex.Message, of subject: Verified, in context: VerificationContext
    ) {
        guard let verified = verified(entry, in: context) else { return }
        guard let acknowledgement = ReceivedAcknowledgement(verified.content),
            acknowledgement.messageID == subject.content.id
        else {
            fault(entry.file, Code.acknowledgementMismatch, "it acknowledges another message, or none")
            return
        }
        guard acknowledgement.messageDigest == subject.message.digest else {
            fault(
                entry.file, Code.acknowledgementMismatch,
                "it names the digest \(acknowledgement.messageDigest), which is not this message's")
            return
        }
        guard subject.content.recipients.contains(where: { $0.party.oin == verified.message.signerOIN }) else {
            fault(
                entry.file, Code.acknowledgementMismatch,
                "\(verified.message.signerOIN) acknowledges a message that was not addressed to it")
            return
        }
        let act: EvidenceVerdict.Statement.Act =
            switch acknowledgement.step {
            case .owned: .owned
            case .declined: .declined
            case .concluded: .concluded
            }
        verdict.statements.append(
            .init(
                act: act, party: verified.content.sender, at: verified.message.signingTime,
                messageID: subject.content.id, file: entry.file, detail: acknowledgement.role))
        judgeProofs(of: entry, verified, in: context)
    }

    // MARK: Proofs

    private mutating func judgeProofs(
        of entry: EvidenceIndex.Message, _ verified: Verified, in context: VerificationContext
    ) {
        for recipient in entry.recipients {
            var lapsed: [(file: String, error: CMSError)] = []
            var isReceipted = false
            var isRefused = false
            for proof in recipient.proofs {
                guard let der = found(proof.file) else { continue }
                do {
                    switch proof.kind {
                    case .receipt:
                        let receipt = try SignedReceipt.verify(
                            der, for: verified.message, from: recipient.party.oin, in: context)
                        isReceipted = true
                        judgeThen(proof, of: verified, by: recipient, der, now: nil)
                        state(.received, recipient, receipt.signingTime, proof.file, of: verified)
                    case .refusal:
                        let told = try refusal(der, of: verified, by: recipient, proof.file, in: context)
                        guard let (refusal, time) = told else { continue }
                        isRefused = true
                        judgeThen(proof, of: verified, by: recipient, der, now: nil)
                        state(.refused, recipient, time, proof.file, refusal.code.rawValue, of: verified)
                    }
                } catch let error as CMSError where error.code.isOfSigner {
                    lapsed.append((proof.file, error))
                    judgeThen(proof, of: verified, by: recipient, der, now: error)
                } catch {
                    fault(proof.file, error)
                    if let error = error as? CMSError {
                        judgeThen(proof, of: verified, by: recipient, der, now: error)
                    }
                }
            }
            for (file, error) in lapsed {
                // What was signed anew stands in its place: nothing is missing, and nothing was forged.
                if isReceipted || isRefused, recipient.proofs.contains(where: \.isReissued) {
                    note(
                        file, Code.receiptLapsed,
                        "its signer's key holds no more, and it was signed anew: \(error.message)")
                } else {
                    fault(file, error)
                }
            }
            if !isReceipted, !isRefused { state(.open, recipient, nil, nil, openDetail(recipient), of: verified) }
        }
    }

    private mutating func judgeThen(
        _ proof: EvidenceIndex.Proof, of verified: Verified, by recipient: EvidenceIndex.Recipient, _ der: [UInt8],
        now: CMSError?
    ) {
        judgeThen(proof.file, proof.judgement, now: now) { context in
            switch proof.kind {
            case .receipt:
                _ = try SignedReceipt.verify(der, for: verified.message, from: recipient.party.oin, in: context)
            case .refusal: _ = try SignedStatement.verify(der, kind: .refusal, in: context)
            }
        }
    }

    private func openDetail(_ recipient: EvidenceIndex.Recipient) -> String {
        recipient.state == EvidenceIndex.Recipient.unknownState
            ? "its receipt is the sender's to show" : "no receipt and no refusal that verifies is here"
    }

    private mutating func refusal(
        _ der: [UInt8], of verified: Verified, by recipient: EvidenceIndex.Recipient, _ file: String,
        in context: VerificationContext
    ) throws -> (Refusal, Timestamp)? {
        let statement = try SignedStatement.verify(der, kind: .refusal, in: context)
        let refusal = try Refusal(wireBytes: statement.payload)
        guard statement.signerOIN == recipient.party.oin, refusal.recipient == recipient.party.oin,
            refusal.sender == verified.content.sender.oin, refusal.item.messageID == verified.content.id,
            refusal.item.messageDigest == verified.message.digest
        else {
            fault(file, Code.refusalMismatch, "it is another organisation's, or of another message")
            return nil
        }
        return (refusal, statement.signingTime)
    }

    // MARK: Telling

    private mutating func state(
        _ act: EvidenceVerdict.Statement.Act, _ recipient: EvidenceIndex.Recipient, _ time: Timestamp?,
        _ file: String?, _ detail: String = "", of verified: Verified
    ) {
        verdict.statements.append(
            .init(
                act: act, party: recipient.party, at: time, messageID: verified.content.id, file: file, detail: detail))
    }

    /// A file that the index names; what is not here is told once.
    private mutating func found(_ name: String) -> [UInt8]? {
        if let bytes = files[name] { return bytes }
        if !verdict.faults.contains(where: { $0.file == name }) {
            fault(name, Code.fileMissing, "it is needed, and it is not here or not among the files of the index")
        }
        return nil
    }

    private mutating func fault(_ file: String, _ error: any Error) {
        switch error {
        case let error as CMSError: fault(file, error.code.rawValue, error.message)
        case let error as ContentError: fault(file, error.code.rawValue, "\(error)")
        default: fault(file, Code.malformed, "\(error)")
        }
    }

    private mutating func note(_ file: String, _ code: String, _ detail: String) {
        verdict.notes.append(.init(file: file, code: code, detail: detail))
    }

    private mutating func fault(_ file: String, _ code: String, _ detail: String) {
        verdict.faults.append(.init(file: file, code: code, detail: detail))
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

extension CMSErrorCode {
    /// Whether a signature is not taken for who made it, whatever the bytes are like.
    fileprivate var isOfSigner: Bool {
        switch self {
        case .signerUntrusted, .signerUnknown, .signerCertificateMismatch: true
        default: false
        }
    }
}
