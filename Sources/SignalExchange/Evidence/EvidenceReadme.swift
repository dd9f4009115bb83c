import ExchangeCMS
import ExchangeCore
import OrderedCollections

/// The text beside the evidence: what it is, and the commands that verify it with nothing of ours.
///
/// Each command stands on lines of its own, indented by four spaces, and goes on after a backslash: they are copied as they
/// are, and the tests run them so.
struct EvidenceReadme {
    let index: EvidenceIndex
    /// What of it verifies as of the export: a command is printed for that alone.
    let verdict: EvidenceVerdict
    /// What it was judged by, by the file with the lists.
    let trusts: [String: TrustStore]
    let files: EvidenceFiles

    private var message: EvidenceIndex.Message { index.message }

    var text: String {
        ([head, unchanged, said] + [received, acknowledged, then].filter { !$0.isEmpty } + [meaning])
            .joined(separator: "\n\n\n") + "\n"
    }

    private var head: String {
        """
        EVIDENCE OF MESSAGE \(message.id)

        THIS FOLDER HOLDS THE CLEAR CONTENT OF A MESSAGE ABOUT A CHILD. It is not encrypted. Keep it
        where only those can read it who may, hand it over by hand or encrypted, and destroy it when
        it has done its work. It holds no private key.

        Exported at \(index.exportedAt) by the node of \(name(index.exportedBy)).
        The message's digest is \(message.digest): SHA-256 over
        message.der, as it was signed. Acknowledgements and refusals name it.

        Everything below is verified with sha256sum and openssl (3.0 or later) alone, from inside this
        folder. `exchange-node evidence verify .` does all of it at once, without a network.
        """
    }

    private var unchanged: String {
        """
        1. NOTHING WAS CHANGED SINCE THE EXPORT

        \(block("sha256sum --check --strict --quiet SHA256SUMS"))

        It says nothing where that holds. It does not say who made the folder: the signatures do.
        """
    }

    private var said: String {
        """
        2. WHO SAID WHAT TO WHOM: \(message.type.code), by \(name(message.sender.oin)) (\(message.sender.role.rawValue))

        Prints the content as it was signed. `recipients` are all who were told, in it.

        \(verification(of: message.file, signedWith: message.certificate))

        When it was signed, by its signer's clock (signingTime):

        \(times(of: message.file))
        """
    }

    // MARK: Receipts and refusals

    private var received: String {
        (["3. WHO RECEIVED IT"] + message.recipients.map { part(of: $0, to: message) }).joined(separator: "\n\n")
    }

    private func part(of recipient: EvidenceIndex.Recipient, to message: EvidenceIndex.Message) -> String {
        let number = recipient.number.map { ", number \($0)" } ?? ""
        let head = "\(name(recipient.party.oin)) (\(recipient.party.role.rawValue)\(number)): \(recipient.state)"
        guard !recipient.proofs.isEmpty else {
            return head + "\n"
                + (recipient.state == EvidenceIndex.Recipient.unknownState
                    ? "The sender has its receipt, where there is one; this node does not."
                    : "OPEN: no receipt and no refusal of this recipient was here.")
        }
        return ([head] + recipient.proofs.map { part(of: $0, about: message) }).joined(separator: "\n\n")
    }

    private func part(of proof: EvidenceIndex.Proof, about message: EvidenceIndex.Message) -> String {
        switch proof.kind {
        case .receipt:
            let anew = proof.isReissued ? ", signed anew since the key of the one before holds no more" : ""
            return """
                Its receipt\(anew). It repeats the message's id, its signature, and the digest of what was
                signed, and so belongs to this message alone. The command does not look whether the message
                itself verifies: that is the one above, and both must succeed. Only the recipient's
                certificate is offered, so that nobody else's receipt passes.

                \(receiptVerification(of: proof, for: message))

                \(times(of: proof.file))
                """
        case .refusal:
            return """
                Its REFUSAL: its node will never take these bytes. Prints it: sender, recipient, number, id
                and digest of the message, code, detail.

                \(verification(of: proof.file, signedWith: proof.certificate, then: "openssl asn1parse -inform DER"))

                \(times(of: proof.file))
                """
        }
    }

    // MARK: Acknowledgements

    private var acknowledged: String {
        guard !index.acknowledgements.isEmpty else { return "" }
        let title = """
            4. WHO OWNED IT, DECLINED IT, CONCLUDED IT

            Each is a message of its own. The first command verifies it, and prints the digest where it names
            this message's; the second prints what it says: status received (owned), rejected (declined) or
            completed, failed or cancelled (concluded), and the duty role.
            """
        let isAnotherHeld = verdict.statements.contains { $0.act == .holdsAnother }
        return ([title] + (isAnotherHeld ? [Self.onAnotherDigest] : []) + index.acknowledgements.map { part(of: $0) })
            .joined(separator: "\n\n")
            + (index.hasAllAcknowledgements
                ? "" : "\n\nThere are more messages of the case than were looked through: some may be missing.")
    }

    private static let onAnotherDigest = """
        At least one names another digest. Its signer holds another message under this id than the one here: two were
        signed, and what the signer holds is for it to show.
        """

    private func part(of acknowledgement: EvidenceIndex.Message) -> String {
        let isOfAnother = verdict.statements.contains {
            $0.act == .holdsAnother && $0.file == acknowledgement.file
        }
        let receipts = acknowledgement.recipients.filter { !$0.proofs.isEmpty }
            .map { part(of: $0, to: acknowledgement) }
        return
            ([
                """
                \(acknowledgement.type.code) of \(name(acknowledgement.sender.oin)):

                \(verification(
                    of: acknowledgement.file, signedWith: acknowledgement.certificate,
                    then: "grep -o '\"messageDigest\":\"\(isOfAnother ? "[0-9a-f]*" : "\(message.digest)")\"'"))

                \(verification(of: acknowledgement.file, signedWith: acknowledgement.certificate))

                \(times(of: acknowledgement.file))
                """
            ] + receipts).joined(separator: "\n\n")
    }

    // MARK: Then

    /// A signed file that the exporting node judged when it took it.
    private struct Judged {
        let file: String
        let certificate: String?
        let judgement: EvidenceIndex.Judgement
        /// The message that a receipt is for.
        let receipted: String?
    }

    private var judged: [Judged] {
        var all: [Judged] = []
        func add(_ file: String, _ certificate: String?, _ judgement: EvidenceIndex.Judgement?, for receipted: String?)
        {
            guard verdict.heldThen.contains(file), let judgement else { return }
            all.append(Judged(file: file, certificate: certificate, judgement: judgement, receipted: receipted))
        }
        for entry in [message] + index.acknowledgements {
            add(entry.file, entry.certificate, entry.judgement, for: nil)
            for proof in entry.recipients.flatMap(\.proofs) {
                add(proof.file, proof.certificate, proof.judgement, for: proof.kind == .receipt ? entry.file : nil)
            }
        }
        return all
    }

    private var then: String {
        let judged = judged
        guard !judged.isEmpty || !index.hasAllJudgements else { return "" }
        let title = """
            \(index.acknowledgements.isEmpty ? 4 : 5). AS EACH WAS JUDGED WHEN IT CAME

            The commands above ask by the revocation lists of the export. Those below ask by the lists that the
            exporting node had when it took each, as of that moment: they do not see what was revoked since, and
            show that it held then. When that was is the exporting node's word. Of what time the lists are,
            these say themselves:
            """
        let lists = OrderedSet(judged.map(\.judgement.authorities)).map {
            block("openssl storeutl -noout -text -crls \($0) \\\n    | grep -E 'Issuer:|Update:'")
        }
        let rest =
            index.hasAllJudgements
            ? [] : ["The lists of some are left out, for they are large: of these no command stands here."]
        return ([title] + lists + judged.compactMap(part) + rest).joined(separator: "\n\n")
    }

    private func part(of judged: Judged) -> String? {
        guard
            let options = options(
                signedWith: judged.certificate, by: judged.judgement.authorities, at: judged.judgement.at)
        else { return nil }
        let command: String
        if let message = judged.receipted {
            command = receiptVerification(of: judged.file, for: message, options)
        } else {
            // What no command above shows is shown here.
            let output = verdict.held.contains(judged.file) ? " -out /dev/null" : ""
            command =
                options.remark
                + block(
                    "openssl cms -verify -binary -inform DER -in \(judged.file)\(output) \\\n    " + options.text)
        }
        return "\(judged.file), taken at \(judged.judgement.at):\n\n\(command)"
    }

    // MARK: Meaning

    private var meaning: String {
        """
        WHAT THIS PROVES, AND WHAT NOT

        It proves that who has the signing key of an organisation signed these bytes. Times are those of
        the signers' clocks. A receipt proves that the recipient's node verified the message and holds it;
        that a person saw it, an acknowledgement proves. That something is missing here proves nothing.

        anchors.pem is in this folder, and whoever made the folder chose it: IT PROVES NOTHING ABOUT WHO
        ISSUED THE CERTIFICATES. Get the authorities' root certificates elsewhere, and give their file as
        -CAfile in the place of anchors.pem; in then/ may be a root that has left since: take it out there.

        A signer's certificate is here also where it has left the community since. Commands ask as of
        the export (-attime), or of when something was taken: a key that was stolen and revoked later is
        not seen by them. Newer lists of the same authorities show it.

        index.json is the exporting node's word, which nobody signed: numbers, states and its own times.
        The names of organisations in this text are those of its directory; the OIN in a certificate's
        serialNumber is who signed:

        \(subjects)
        """
    }

    private var subjects: String {
        index.certificates.map { block("openssl x509 -noout -subject -enddate -in \($0)") }.joined(separator: "\n")
    }

    private func name(_ oin: OIN) -> String {
        for entry in [message] + index.acknowledgements {
            if entry.sender.oin == oin { return "\(entry.senderName), \(oin)" }
            if let found = entry.recipients.first(where: { $0.party.oin == oin }) { return "\(found.name), \(oin)" }
        }
        return oin.text
    }

    // MARK: Commands

    private func verification(of file: String, signedWith certificate: String?, then: String = "") -> String {
        guard let options = options(for: file, signedWith: certificate), let certificate else { return why(file) }
        let command = "openssl cms -verify -binary -inform DER -in \(file) \\\n    \(options.text)"
        guard !then.isEmpty else { return options.remark + block(command) }
        // What stands before a pipe does not fail the whole: it is verified first, and then only shown.
        let shown =
            "openssl cms -verify -noverify -nosigs -binary -inform DER -in \(file) \\\n    -certfile \(certificate)"
        return options.remark + block(command + " -out /dev/null && \\\n" + shown + " 2>/dev/null \\\n    | " + then)
    }

    private func receiptVerification(of proof: EvidenceIndex.Proof, for entry: EvidenceIndex.Message) -> String {
        guard let options = options(for: proof.file, signedWith: proof.certificate) else { return why(proof.file) }
        return receiptVerification(of: proof.file, for: entry.file, options)
    }

    private func receiptVerification(of receipt: String, for message: String, _ options: Options) -> String {
        options.remark
            + block(
                "openssl cms -verify_receipt \(receipt) -rctform DER \\\n    -inform DER -in \(message) \\\n    "
                    + options.text)
    }

    private func times(of file: String) -> String {
        block("openssl cms -cmsout -print -noout -inform DER -in \(file) \\\n    | grep -A 2 'object: signingTime'")
    }

    private func block(_ command: String) -> String {
        command.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
    }

    private func why(_ file: String) -> String {
        let findings =
            verdict.faults + verdict.notes.filter { $0.code == EvidenceVerification.Code.receiptLapsed }
        let reason = findings.first { $0.file == file }?.detail ?? "what it is about does not verify"
        return "\(file) DOES NOT VERIFY, so that no command is given: \(reason)"
    }

    /// What a command is told to judge by, and what the reader is told of it.
    private struct Options {
        let text: String
        let remark: String
    }

    /// As of the export; `nil` where it does not verify however it is asked.
    private func options(for file: String, signedWith certificate: String?) -> Options? {
        guard verdict.held.contains(file) else { return nil }
        return options(signedWith: certificate, by: EvidenceFiles.chain, at: index.exportedAt)
    }

    /// We ask for two moments, of the signature and of the judgement; the command knows one. Where a certificate ended or
    /// was given back between them, the check that would look at the wrong one is left out, and the text says so.
    private func options(signedWith certificate: String?, by authorities: String, at moment: Timestamp) -> Options? {
        guard let certificate, let bytes = files[certificate],
            let signer = try? Certificate(pem: String(decoding: bytes, as: UTF8.self)), let trust = trusts[authorities]
        else { return nil }
        let seconds = moment.milliseconds / 1000
        let common =
            "-certfile \(certificate) -CAfile \(EvidenceFiles.anchors) \\\n    -CAstore \(authorities) -purpose smimesign"
        switch trust.verdict(for: signer, purpose: .signing, at: moment, now: moment) {
        case .untrusted(.expired(let since)):
            return Options(
                text: common + " -crl_check_all -no_check_time",
                remark:
                    "Its signer's certificate, or its chain, ended at \(since), after it was signed, so that the\ncommand "
                    + "does not look at times: compare them by hand.\n\n")
        case .untrusted(.revoked(_, let revocation)):
            return Options(
                text: common + " -attime \(seconds)",
                remark:
                    "Its signer's certificate was revoked at \(revocation.date) (\(revocation.reason.rawValue)), after "
                    + "it\nwas signed, so that the command does not look at the lists: compare the times by hand.\n\n")
        default: return Options(text: common + " -crl_check_all -attime \(seconds)", remark: "")
        }
    }
}
