import ExchangeCMS
package import ExchangeCore
import ExchangeStore
import Logging

/// Gives a partner back what it sent to this node and has lost, and the content of a message of either that its disk damaged:
/// each message sealed anew to its present key, with the answer that was given to it (`protocol.md` §9.4).
package struct Refilling: Sendable {
    /// Beside the envelopes: proofs, and the rest of each item.
    private static let envelopesMaximumBytes = ProtocolLimits.batchMaximumBytes / 2

    private let context: NodeContext

    package init(_ context: NodeContext) { self.context = context }

    /// - Returns: the DER of a ``RefillAnswer``.
    /// - Throws: ``RequestError``.
    package func answer(_ body: [UInt8], from peer: OIN) async throws -> [UInt8] {
        let request: RefillRequest
        do { request = try RefillRequest(wireBytes: body) } catch { throw RequestError(verifying: error) }
        guard request.asker == peer else {
            throw RequestError(.partnerMismatch, "connection and request name different organisations")
        }
        guard request.holder == context.oin else {
            throw RequestError(.recipientMismatch, "the request is for \(request.holder)")
        }
        // An older copy of the partner's store, or a thief of it, gets nothing back.
        let facts = try await context.ledger.incarnationFacts(request.incarnation, after: [], of: peer)
        guard facts.isSeen else {
            throw RequestError(.incarnationUnknown, "exchange tallies first: this incarnation is new here")
        }
        try facts.demandRunning()
        let recipient = try recipientCertificate(of: peer)
        return switch request.asked {
        case .behind(let number): try await part(behind: number, of: peer, for: recipient).wireBytes
        case .message(let id): try await content(of: id, with: peer, for: recipient).wireBytes
        }
    }

    private func part(
        behind number: SequenceNumber, of peer: OIN, for recipient: RecipientCertificate
    ) async throws -> RefillAnswer {
        let part = try await context.ledger.heldPart(
            of: peer, after: number, maximumItems: ProtocolLimits.batchMaximumItems,
            maximumBytes: Self.envelopesMaximumBytes)
        let items = try await part.items.mapConcurrently { held in
            RefillItem(item: held.item, answer: held.answer, envelope: try await envelope(of: held, for: recipient))
        }
        return RefillAnswer(base: part.base, upTo: part.upTo, items: items)
    }

    /// Whoever has no part in the message learns nothing, not even whether it is here.
    private func content(
        of id: MessageID, with peer: OIN, for recipient: RecipientCertificate
    ) async throws -> RefillAnswer {
        let nothing = RefillAnswer(base: nil, upTo: .none, items: [])
        guard let kept = try await context.ledger.message(id),
            let held = try await receipted(kept, with: peer)
        else { return nothing }
        let envelope = try await envelope(of: held, for: recipient)
        guard !envelope.isEmpty else { return nothing }
        return RefillAnswer(
            base: nil, upTo: held.item.number,
            items: [RefillItem(item: held.item, answer: held.answer, envelope: envelope)])
    }

    /// A message that this node receipted to the partner, or the partner to this node, under its number there.
    ///
    /// - Returns: `nil` where neither did: what is held or withdrawn is not had this way either.
    private func receipted(_ kept: KeptMessage, with peer: OIN) async throws -> HeldPart.Item? {
        let message = kept.message
        func held(_ number: SequenceNumber, _ receipt: [UInt8]) -> HeldPart.Item {
            HeldPart.Item(
                item: ChannelItem(number: number, messageID: message.id, messageDigest: message.digest),
                answer: .receipt(receipt), message: kept)
        }
        if kept.isOutgoing {
            var filter = DeliveryFilter()
            filter.messageID = message.id
            filter.partner = peer
            return try await context.ledger.deliveries(filter).entries.first { $0.transport == .receipted }
                .map { held($0.key.number, $0.proof) }
        }
        return try await context.ledger.proofs(of: message.id, to: peer).last { $0.isReceipt }
            .map { held($0.number, $0.proof) }
    }

    private func recipientCertificate(of partner: OIN) throws(RequestError) -> RecipientCertificate {
        let community = context.community
        guard let member = community.directory.member(partner) else {
            throw RequestError(.partnerUnknown, "the directory does not have you")
        }
        do {
            return try community.recipientCertificate(of: member, now: context.now.wall)
        } catch {
            throw RequestError(.nodeUnavailable, "your agreement certificate cannot be sealed to now: \(error.message)")
        }
    }

    /// Empty where the message is not kept, went by retention, or is damaged: what is left of it is given all the same.
    ///
    /// - Throws: ``RequestError`` `node-unavailable` where it cannot be read now. "Not here" would be taken for lost, and asked for
    ///   no more.
    private func envelope(of held: HeldPart.Item, for recipient: RecipientCertificate) async throws -> [UInt8] {
        guard let kept = held.message, kept.purgedAt == nil else { return [] }
        do {
            let message = try await StoredContent(context).message(kept)
            let key = try await context.caseKeys.key(for: kept.message.caseReference)
            let sealed = try Sealer().encrypt(message.signedMessage, to: [recipient], storageKey: key)
            return try UnverifiedEnvelope.trimmed(sealed, to: recipient.certificate.subjectKeyIdentifier)
        } catch {
            context.logger.error(
                "a message that a partner asks back cannot be read",
                metadata: ["message": "\(kept.message.id)", "cause": "\(error)"])
            guard StoredContent.isDamage(error) else {
                throw RequestError(.nodeUnavailable, "a message that you ask back cannot be read now; ask again")
            }
            return []
        }
    }
}
