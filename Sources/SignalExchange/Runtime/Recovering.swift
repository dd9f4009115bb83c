import ExchangeCatalogue
import ExchangeCMS
package import ExchangeCore
import ExchangeStore
import Logging
import Synchronization

/// Gets back from a partner what this node had sent to it and has lost (`protocol.md` §9.4). Nothing that it gives counts
/// before it was verified: messages by this organisation's own signature, answers by the partner's.
package final class Recovering: Sendable {
    private let context: NodeContext
    /// Whether this channel was held against the partner's from its start already, since the node began.
    private let hasBegunAnew = Mutex(false)

    package init(_ context: NodeContext) { self.context = context }

    /// Asks for one part, and keeps it.
    ///
    /// - Throws: what keeps the partner's answer away, or from being judged now: the same part is asked for again.
    package func step(
        with partner: OIN, over connection: any PartnerConnection
    ) async throws -> RecoveryProgress {
        let standing = try await context.ledger.account(with: partner).standing
        guard let until = standing.span?.until else { return .done }
        let settled = standing.settled
        guard settled.number < until else {
            return try await context.ledger.recover(
                [], upTo: until, from: partner, limits: context.limits, now: context.now)
        }
        let request = RefillRequest(
            asker: context.oin, holder: partner, incarnation: context.ledger.opening.incarnation,
            for: .behind(settled.number))
        let answer = try RefillAnswer(wireBytes: try await connection.refill(request.wireBytes))
        if let base = answer.base, base != settled.runningDigest {
            guard settled.number != .none else {
                throw NodeError(.answerInvalid, "\(partner) gives another digest of an empty channel")
            }
            let isSecond = hasBegunAnew.withLock { hasBegun in
                defer { hasBegun = true }
                return hasBegun
            }
            guard !isSecond else {
                throw NodeError(.answerInvalid, "\(partner) gives another digest each time; call its duty contact")
            }
            // What it has does not follow on what is settled here: the two are held against each other from the start.
            try await context.ledger.recoverFromStart(with: partner, at: context.now.wall)
            return .more
        }
        let part = Self.numbers(of: answer, after: settled.number, until: until)
        let given = Dictionary(answer.items.map { ($0.item.number, $0) }, uniquingKeysWith: { first, _ in first })
        let community = context.community
        let items = try await part.mapConcurrently { number in
            try await self.recovered(given[number], at: number, from: partner, community: community)
        }
        let progress = try await context.ledger.recover(
            items, upTo: part.last ?? settled.number, from: partner, limits: context.limits, now: context.now)
        switch progress {
        case .more: break
        // What is lost another time is another loss.
        case .done: hasBegunAnew.withLock { $0 = false }
        case .contradicted(let number):
            context.logger.error(
                "a partner's list of what this node sent contradicts this node's own",
                metadata: ["partner": "\(partner)", "number": "\(number)"])
        case .exhausted(let number):
            context.logger.error(
                "a partner gives nothing but its word for too many numbers",
                metadata: ["partner": "\(partner)", "number": "\(number)"])
        }
        return progress
    }

    /// The numbers of one part. What the holder does not have up to the end of its answer is lost, and behind all that it
    /// has, so is the rest.
    private static func numbers(
        of answer: RefillAnswer, after settled: SequenceNumber, until: SequenceNumber
    ) -> [SequenceNumber] {
        let end = answer.upTo > settled ? min(answer.upTo, until) : until
        let last = min(end.value, settled.value + UInt64(ProtocolLimits.batchMaximumItems))
        return (settled.value + 1...max(last, settled.value + 1)).map { SequenceNumber($0) }
    }

    private func recovered(
        _ given: RefillItem?, at number: SequenceNumber, from partner: OIN, community: Community
    ) async throws -> RecoveredItem {
        // An id of our own, for whatever stands in the place of a message that is lost.
        let ownID = MessageID(at: context.now.wall, random: context.randomness.bytes16())
        guard let given else {
            let nothing = ChannelItem(number: number, messageID: ownID, messageDigest: .zero)
            return try item(nothing, .nothing, nil, as: ownID, to: partner, community)
        }
        let content = try await content(of: given, from: partner, community: community)
        let answer = try await self.answer(of: given, content: content?.verified, from: partner, community: community)
        return try item(given.item, answer, content?.kept, as: ownID, to: partner, community)
    }

    private func item(
        _ item: ChannelItem, _ answer: RecoveredItem.Answer, _ content: RecoveredItem.Content?, as ownID: MessageID,
        to partner: OIN, _ community: Community
    ) throws(NodeError) -> RecoveredItem {
        guard let own = community.directory.member(context.oin)?.roles.first,
            let role = community.directory.member(partner)?.roles.first
        else {
            throw NodeError(
                .notInDirectory,
                "\(context.oin) or \(partner) is not in the directory; have it added: what was lost is "
                    + "asked for again then")
        }
        let placeholder = MessageSummary(
            id: ownID, digest: .zero, type: ChannelRecovery.lostType,
            sender: Party(oin: context.oin, role: own),
            caseReference: CaseReference(random: context.randomness.bytes16()),
            priority: .routine, created: context.now.wall, wanted: .receipt, isHandedOver: false)
        return RecoveredItem(
            item: item, answer: answer, content: content, placeholder: placeholder,
            recipient: Party(oin: partner, role: role))
    }

    // MARK: Verifying

    private struct Verified {
        let verified: VerifiedMessage
        let kept: RecoveredItem.Content
    }

    /// - Returns: `nil` where there is none, or what came is no message of ours.
    /// - Throws: where it cannot be judged now.
    private func content(
        of given: RefillItem, from partner: OIN, community: Community
    ) async throws -> Verified? {
        guard !given.envelope.isEmpty else { return nil }
        do {
            let verified = try Opener().open(
                UnverifiedEnvelope(given.envelope, at: .wire), with: context.keys.decryption
            ).verify(expecting: given.item.messageDigest, in: context.verification(in: community))
            let content = try ContentCodec.decode(verified.content)
            guard verified.signerOIN == context.oin, content.sender.oin == context.oin,
                verified.contentIdentifier == given.item.messageID, content.id == given.item.messageID,
                content.recipients.contains(where: { $0.party.oin == partner }),
                let definition = context.catalogue[content.type]
            else { return nil }
            let key = try await context.caseKeys.key(for: content.caseRef)
            return Verified(
                verified: verified,
                kept: RecoveredItem.Content(
                    summary: MessageSummary(content, digest: verified.digest, as: definition),
                    envelope: try Sealer().encrypt(verified.signedMessage, storageKey: key),
                    recipients: content.recipients.map(\.party), asked: try await context.asked(by: content),
                    links: try await context.links(by: content)))
        } catch let error as CMSError where error.code.isFinalForOldProof {
            note(given, from: partner, cause: error)
        } catch let error as ContentError {
            note(given, from: partner, cause: error)
        }
        return nil
    }

    private func answer(
        of given: RefillItem, content: VerifiedMessage?, from partner: OIN, community: Community
    ) async throws -> RecoveredItem.Answer {
        do {
            switch given.answer {
            case .noted(let kind, let reason): return .noted(kind, reason: reason)
            case .refusal(let code, let statement):
                let verified = try SignedStatement.verify(
                    statement, kind: .refusal, in: context.verification(in: community))
                let refusal = try Refusal(wireBytes: verified.payload)
                guard verified.signerOIN == partner, refusal.recipient == partner, refusal.sender == context.oin,
                    refusal.item == given.item, refusal.code == code
                else { return .unproven }
                return .refusal(code, detail: refusal.detail, statement)
            case .receipt(let receipt):
                var original = content
                if original == nil { original = try await own(given.item) }
                guard let original else { return .unproven }
                _ = try SignedReceipt.verify(
                    receipt, for: original, from: partner, in: context.verification(in: community))
                return .receipt(receipt)
            }
        } catch let error as CMSError where error.code.isFinalForOldProof {
            note(given, from: partner, cause: error)
        } catch let error as WireError {
            note(given, from: partner, cause: error)
        }
        return content == nil ? .unproven : .unreceipted
    }

    /// The message where it is here already: of another partner's part, or never lost.
    private func own(_ item: ChannelItem) async throws -> VerifiedMessage? {
        guard let kept = try await context.ledger.message(item.messageID), kept.isOutgoing, !kept.envelope.isEmpty,
            kept.message.digest == item.messageDigest
        else { return nil }
        return try await StoredContent(context).message(kept)
    }

    private func note(_ given: RefillItem, from partner: OIN, cause: any Error) {
        context.logger.warning(
            "what a partner gave back does not verify",
            metadata: [
                "partner": "\(partner)", "number": "\(given.item.number)", "message": "\(given.item.messageID)",
                "cause": "\(cause)",
            ])
    }
}

extension CMSErrorCode {
    /// What comes back may be of a certificate that has left the directory, or of a key that is here no more: waiting changes
    /// nothing of that, and must not keep back the rest. Such a receipt is asked for again, by its number.
    fileprivate var isFinalForOldProof: Bool {
        switch self {
        case .signerUnknown, .signerCertificateMismatch, .recipientKeyUnknown: true
        default: !mayPass
        }
    }
}
