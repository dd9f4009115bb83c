import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import Logging

/// Collects what this node can prove of one message, sent or received: what was signed, and what it takes to verify it.
///
/// Nothing is made for it but the index and the text beside it: every proof is the one that was given at its time. The
/// node's keys never come into it.
struct EvidenceExport: Sendable {
    /// Messages of the case among which its acknowledgements are looked for; a partner that floods a case with L2s must
    /// not keep the first of them out.
    private static let searchMaximumItems = 1000

    let context: NodeContext
    /// With what is judged by now it must fit into one answer.
    var thenMaximumBytes = 16 << 20

    /// - Throws: ``NodeError`` `message-unknown`.
    func files(of id: MessageID) async throws -> EvidenceFiles {
        guard let kept = try await context.ledger.message(id) else {
            throw NodeError(
                .messageUnknown,
                "this node has neither sent nor received a message \(id); see `queue list` and `inbox list --all`")
        }
        // What this node judges by now is part of what it judged by until now.
        try await context.keepValidationData()
        let now = context.now.wall
        var draft = Drafted(
            community: context.community, archive: ValidationArchive(context.ledger), at: now,
            thenMaximumBytes: thenMaximumBytes)
        let content = try await StoredContent(context).read(kept)
        let message = try await entry(kept, as: EvidenceFiles.message, proofs: "", in: &draft)
        let (found, isComplete) = try await acknowledgements(of: kept, content)
        var acknowledgements: [EvidenceIndex.Message] = []
        for (place, acknowledgement) in found.enumerated() {
            let sender = acknowledgement.message.sender.oin
            acknowledgements.append(
                try await entry(
                    acknowledgement,
                    as: "acknowledgements/\(place + 1)-\(sender)-\(acknowledgement.message.type.code).der",
                    proofs: "acknowledgements/\(place + 1)-", in: &draft))
        }
        try draft.addAuthorities()
        let index = EvidenceIndex(
            exportedAt: now, exportedBy: context.oin, message: message, acknowledgements: acknowledgements,
            hasAllAcknowledgements: isComplete, hasAllJudgements: draft.hasAllJudgements, files: [])
        // `check` looks at its own probes so: that is no export by a person, and says nothing of anybody.
        context.logger.log(
            level: kept.message.type.code == ProbeCheck.type ? .debug : .notice, "evidence was exported",
            metadata: ["message": "\(id)"])
        return try draft.finished(index)
    }

    /// The L2 and L3 that name the message: of its recipients where it is ours; where it is not, our own, and the L2 of its
    /// other recipients, also where they name another digest.
    private func acknowledgements(
        of kept: KeptMessage, _ content: SignedContent
    ) async throws -> (found: [KeptMessage], isComplete: Bool) {
        let around = try await context.ledger.nodeMessages(
            in: kept.message.caseReference, maximumItems: Self.searchMaximumItems + 1)
        var ids = around.prefix(Self.searchMaximumItems).filter {
            $0.type == .ownership || $0.type == .outcome
        }.map(\.id)
        // The last of each recipient, also where it was sent under another case.
        for delivery in try await deliveries(of: kept) {
            if let last = delivery.followUpMessage, !ids.contains(last) { ids.append(last) }
        }
        let speakers = content.recipients.map(\.party.oin)
        var found: [KeptMessage] = []
        for id in ids {
            guard let candidate = try await context.ledger.message(id), speakers.contains(candidate.message.sender.oin),
                let said = ReceivedAcknowledgement(try await StoredContent(context).read(candidate)),
                said.messageID == kept.message.id
            else { continue }
            found.append(candidate)
        }
        return (found, around.count <= Self.searchMaximumItems)
    }

    /// In the order in which they were accepted; none for a message that was received.
    private func deliveries(of kept: KeptMessage) async throws -> [DeliveryEntry] {
        guard kept.isOutgoing else { return [] }
        var filter = DeliveryFilter()
        filter.messageID = kept.message.id
        return try await context.ledger.deliveries(filter).reversed()
    }

    // MARK: One message

    private func entry(
        _ kept: KeptMessage, as file: String, proofs place: String, in draft: inout Drafted
    ) async throws -> EvidenceIndex.Message {
        let message = try await StoredContent(context).message(kept)
        let content = try ContentCodec.decode(message.content)
        let signed = try await draft.add(file, message.signedData, as: .message, takenAt: kept.keptAt)
        let deliveries = try await deliveries(of: kept)
        var recipients: [EvidenceIndex.Recipient] = []
        for party in content.recipients.map(\.party) {
            var recipient = EvidenceIndex.Recipient(
                party: party, name: draft.name(of: party.oin), number: nil,
                state: EvidenceIndex.Recipient.unknownState, times: .init(), proofs: [])
            let delivery = deliveries.last { $0.key.partner == party.oin }
            if let delivery {
                describe(delivery, in: &recipient)
                try await draft.add(delivery.givenProofs, of: &recipient, at: place)
            } else if party.oin == context.oin, !kept.isOutgoing {
                let given = try await context.ledger.proofs(of: kept.message.id, to: kept.message.sender.oin)
                try await describeOwn(kept, given, in: &recipient)
                try await draft.add(given, of: &recipient, at: place)
            }
            recipients.append(recipient)
        }
        return EvidenceIndex.Message(
            id: kept.message.id, digest: message.digest, type: content.type, sender: content.sender,
            senderName: draft.name(of: content.sender.oin), created: content.created, file: file,
            certificate: signed.certificate, judgement: signed.judgement, recipients: recipients)
    }

    private func describe(_ delivery: DeliveryEntry, in recipient: inout EvidenceIndex.Recipient) {
        recipient.number = delivery.key.number
        recipient.state = delivery.state.rawValue
        recipient.times = .init(
            accepted: delivery.acceptedAt, received: delivery.receiptedAt, owned: delivery.ownedAt,
            declined: delivery.declinedAt, concluded: delivery.concludedAt)
    }

    private func describeOwn(
        _ kept: KeptMessage, _ given: [GivenProof], in recipient: inout EvidenceIndex.Recipient
    ) async throws {
        recipient.number = given.first?.number
        recipient.times.received = kept.keptAt
        var filter = InboxFilter()
        filter.id = kept.message.id
        let standing = try await context.ledger.inbox(filter, now: context.now.wall).first?.standing
        recipient.state = standing?.state.rawValue ?? "received"
        switch standing?.state {
        case .owned: recipient.times.owned = standing?.movedAt
        case .declined: recipient.times.declined = standing?.movedAt
        case .concluded: recipient.times.concluded = standing?.movedAt
        case .ready, nil: break
        }
    }
}

extension DeliveryEntry {
    /// The receipt or refusal that the recipient gave; none while it is open.
    fileprivate var givenProofs: [GivenProof] {
        guard !proof.isEmpty else { return [] }
        // A refused delivery may be withdrawn afterwards: what proves it stays the refusal.
        return [
            GivenProof(
                number: key.number, isReceipt: receiptedAt != nil, proof: proof, notedAt: receiptedAt,
                isReissued: false)
        ]
    }
}
