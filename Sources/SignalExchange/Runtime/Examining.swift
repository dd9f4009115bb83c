import ExchangeCatalogue
package import ExchangeCMS
package import ExchangeCore
import ExchangeStore
import Logging

/// Opens one envelope and judges what is inside: decryption, signature, digest, content, entitlement. Nothing is kept
/// here; what it finds goes to the core as an ``Examination``.
package struct Examining: Sendable {
    private let context: NodeContext
    private let community: Community

    package init(_ context: NodeContext, community: Community) {
        self.context = context
        self.community = community
    }

    /// What an examination found, with the verified message where there is one: only that can be receipted.
    package struct Finding: Sendable {
        package let examination: Examination
        package let verified: VerifiedMessage?

        /// The same, of a message that this node had answered before its store was put back.
        var mayBeRepeated: Finding {
            guard case .verified(let message) = examination else { return self }
            return Finding(
                examination: .verified(
                    ReceivedMessage(
                        summary: message.summary, storedEnvelope: message.storedEnvelope,
                        predecessor: message.predecessor, acknowledgement: message.acknowledgement,
                        asked: message.asked, links: message.links, word: message.word,
                        coRecipients: message.coRecipients, mayBeRepeated: true)), verified: verified)
        }
    }

    /// - Parameters:
    ///   - item: what the sender's signed manifest says of this envelope.
    ///   - sender: the organisation whose signature the manifest bears.
    package func examine(_ envelope: [UInt8], as item: ChannelItem, from sender: OIN) async -> Finding {
        do {
            let verified = try verify(envelope, as: item)
            guard verified.signerOIN == sender else {
                return refused(.senderMismatch, "the message is signed by \(verified.signerOIN), not by \(sender)")
            }
            guard verified.contentIdentifier == item.messageID else {
                return refused(.identifierMismatch, "the receipt request names another message than the manifest")
            }
            return try await judge(verified, as: item)
        } catch let error as CMSError {
            return finding(for: error)
        } catch {
            context.logger.error(
                "an envelope could not be examined", metadata: ["message": "\(item.messageID)", "cause": "\(error)"])
            return Finding(
                examination: .later(.internalFault, detail: "see this node's log for \(item.messageID)"), verified: nil)
        }
    }

    private func verify(_ envelope: [UInt8], as item: ChannelItem) throws(CMSError) -> VerifiedMessage {
        let opened = try Opener().open(UnverifiedEnvelope(envelope, at: .wire), with: context.keys.decryption)
        return try opened.verify(expecting: item.messageDigest, in: context.verification(in: community))
    }

    private func judge(_ verified: VerifiedMessage, as item: ChannelItem) async throws -> Finding {
        let content: SignedContent
        do {
            content = try ContentCodec.decode(verified.content)
            try context.catalogue.validate(content)
        } catch {
            return refused(RefusalCode(error), "\(error)")
        }
        guard content.id == item.messageID else {
            return refused(.identifierMismatch, "id: the content names another message than the manifest")
        }
        guard content.sender.oin == verified.signerOIN else {
            return refused(.senderMismatch, "sender.oin: not the organisation that signed")
        }
        guard let member = community.directory.member(content.sender.oin), member.roles.contains(content.sender.role)
        else {
            // The sender may have a newer directory than this node.
            return Finding(
                examination: .later(
                    .directoryStale,
                    detail: "sender.role: directory version \(community.directory.version) does not give this role to "
                        + "the sender"), verified: nil)
        }
        guard let me = content.recipients.first(where: { $0.party.oin == context.oin }) else {
            return refused(.recipientNotListed, "recipients: \(context.oin) is not listed")
        }
        guard community.directory.member(context.oin)?.roles.contains(me.party.role) ?? false else {
            return Finding(
                examination: .later(
                    .directoryStale,
                    detail:
                        "recipients: directory version \(community.directory.version) does not give this organisation "
                        + "the role \(me.party.role.rawValue)"), verified: nil)
        }
        guard let definition = context.catalogue[content.type] else {
            return refused(.typeUnknown, "type: \(content.type) is not in this node's catalogue")
        }
        let summary = MessageSummary(content, digest: verified.digest, as: definition)
        let key = try await context.caseKeys.key(for: content.caseRef)
        let said = ReceivedAcknowledgement(content)
        let word = said.flatMap { CoRecipientWord($0, in: summary, at: context.oin) }
        let message = ReceivedMessage(
            summary: summary, storedEnvelope: try Sealer().encrypt(verified.signedMessage, storageKey: key),
            predecessor: me.previous, acknowledgement: word == nil ? said : nil,
            asked: try await context.asked(by: content), links: try await context.links(by: content), word: word,
            coRecipients: content.recipients.map(\.party).filter { $0.oin != context.oin })
        return Finding(examination: .verified(message), verified: verified)
    }

    private func refused(_ code: RefusalCode, _ detail: String) -> Finding {
        Finding(examination: .refused(code, detail: detail.shortened), verified: nil)
    }

    private func finding(for error: CMSError) -> Finding {
        guard error.code.mayPass else { return refused(RefusalCode(error.code), error.message) }
        return Finding(
            examination: .later(LaterCode(error.code), detail: error.message.shortened), verified: nil)
    }
}

extension RefusalCode {
    init(_ code: CMSErrorCode) {
        self =
            switch code {
            case .algorithmNotAllowed, .tagTooShort: .algorithmNotAllowed
            case .digestMismatch: .digestMismatch
            case .signatureInvalid: .signatureInvalid
            case .signerUntrusted: .signerNotTrusted
            case .malformed, .tooLarge, .structureNotAllowed, .partNotAllowed, .attributesNotAllowed,
                .contentTypeMismatch, .decryptionFailed:
                .envelopeMalformed
            // Of what may pass, of receipts and of our own files: none of them is found in an envelope and refused.
            case .recipientKeyUnknown, .signerUnknown, .signerCertificateMismatch, .signerUndecided,
                .signingTimeInFuture, .receiptMismatch, .receiptByAnotherOrganisation, .recipientUntrusted,
                .recipientUndecided, .certificateUnusable, .keyUnusable, .keyDoesNotMatchCertificate,
                .revocationListUnusable, .storageKeyWrong, .attachmentDamaged, .cryptographicLibrary, .libraryUnsafe:
                .envelopeMalformed
            }
    }

    init(_ error: ContentError) {
        self =
            switch error.code {
            case .contentTooLarge: .contentTooLarge
            case .typeUnknown, .versionUnknown: .typeUnknown
            case .codeUnknown: .codeUnknown
            case .senderNotEntitled, .recipientNotEntitled: .senderNotEntitled
            case .contentMalformed, .contentTooDeep, .duplicateMember, .paddingInvalid: .contentMalformed
            case .fieldMissing, .fieldUnknown, .fieldInvalid, .ruleViolated, .recipientUnresolved: .schemaViolated
            }
    }
}

extension LaterCode {
    init(_ code: CMSErrorCode) {
        self =
            switch code {
            case .recipientKeyUnknown: .keyUnknown
            case .signerUnknown, .signerCertificateMismatch: .signerUnknown
            case .signerUndecided: .revocationListStale
            case .signingTimeInFuture: .clockSkewed
            case .recipientUndecided, .storageKeyWrong, .cryptographicLibrary, .libraryUnsafe: .internalFault
            // What never passes is refused, and not put off.
            case .malformed, .tooLarge, .structureNotAllowed, .algorithmNotAllowed, .tagTooShort, .partNotAllowed,
                .attributesNotAllowed, .contentTypeMismatch, .decryptionFailed, .digestMismatch, .signerUntrusted,
                .signatureInvalid, .receiptMismatch, .receiptByAnotherOrganisation, .recipientUntrusted,
                .certificateUnusable, .keyUnusable, .keyDoesNotMatchCertificate, .revocationListUnusable,
                .attachmentDamaged:
                .internalFault
            }
    }
}

extension ReceivedAcknowledgement {
    /// What a content says as an L2 or L3; `nil` for every other type. The catalogue has validated its body.
    init?(_ content: SignedContent) {
        guard content.type == .ownership || content.type == .outcome,
            case .string(let idText)? = content.body["messageId"], let id = MessageID(idText),
            case .string(let digestText)? = content.body["messageDigest"],
            let bytes = [UInt8](hexadecimal: digestText), let digest = Digest(bytes),
            case .string(let status)? = content.body["status"]
        else { return nil }
        let role = if case .string(let role)? = content.body["ownerRole"] { role } else { "" }
        let step: AcknowledgementStep =
            content.type == .outcome ? .concluded : status == "rejected" ? .declined : .owned
        let sender: OIN? = if case .string(let text)? = content.body["sender"] { OIN(text) } else { nil }
        self.init(messageID: id, messageDigest: digest, step: step, role: role, sender: sender)
    }
}

extension CoRecipientWord {
    /// An L2 that speaks of another organisation's message; `nil` where it speaks of one of ours.
    ///
    /// - Parameters:
    ///   - carrier: the L2 itself.
    ///   - own: this organisation.
    init?(_ said: ReceivedAcknowledgement, in carrier: MessageSummary, at own: OIN) {
        guard let sender = said.sender, sender != own else { return nil }
        self.init(
            messageID: said.messageID, messageDigest: said.messageDigest, sender: sender,
            speaker: carrier.sender.oin, step: said.step, role: said.role, saidIn: carrier.id)
    }
}

extension String {
    /// Cut to what a detail on the wire may have, at a scalar's boundary; in time that does not depend on its text.
    package var shortened: String {
        guard utf8.count > ProtocolLimits.detailMaximumBytes else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: ProtocolLimits.detailMaximumBytes)
        // Back to where a scalar begins: its later bytes all look like 10xxxxxx.
        while utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
