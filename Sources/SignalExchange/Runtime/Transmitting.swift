import ExchangeCMS
package import ExchangeCore
package import ExchangeStore
import Logging

/// Makes a signed batch of what is due for a partner, and verifies what the partner answers.
package struct Transmitting: Sendable {
    /// How long a delivery waits whose recipient cannot be sealed to now.
    package static let holdRetry = Milliseconds.seconds(5)
    /// How long a delivery waits that got no answer although it was sent alone: long enough for others to go first.
    package static let aloneRetry = Milliseconds.seconds(30)

    private let context: NodeContext

    package init(_ context: NodeContext) { self.context = context }

    /// A batch, and what it carries.
    package struct Prepared: Sendable {
        package let bytes: [UInt8]
        package let manifestDigest: Digest
        package let deliveries: [DueDelivery]

        /// Reads an answer to this batch.
        ///
        /// - Throws: `WireError` where it is none, ``NodeError`` `answer-invalid` where it is another batch's.
        package func answer(_ bytes: [UInt8], from partner: OIN) throws -> BatchAnswer {
            let answer = try BatchAnswer(wireBytes: bytes)
            guard answer.manifestDigest == manifestDigest else {
                throw NodeError(.answerInvalid, "\(partner) answered another batch than the one it was sent")
            }
            return answer
        }
    }

    /// - Parameter halvings: how often the bounds of a batch are halved; the most pressing item always fits.
    package func due(for partner: OIN, halvings: Int = 0) async throws -> DueDeliveries {
        try await context.ledger.due(
            for: partner, now: context.now.wall, maximumItems: max(ProtocolLimits.batchMaximumItems >> halvings, 1),
            maximumBytes: (ProtocolLimits.batchMaximumBytes - ProtocolLimits.statementMaximumBytes) >> halvings)
    }

    /// - Returns: `nil` where nothing can be sealed to the partner now; those deliveries are put off, with an alarm.
    package func prepare(_ due: DueDeliveries, for partner: OIN) async throws -> Prepared? {
        let sealed = try await seal(due.items, to: partner)
        guard let last = sealed.last?.delivery.item.number else { return nil }
        let items = sealed.map {
            ManifestItem(item: $0.delivery.item, kind: $0.delivery.kind, reason: $0.delivery.reason)
        }
        let manifest = Manifest(
            sender: context.oin, recipient: partner, incarnation: context.ledger.opening.incarnation,
            created: context.now.wall, items: items,
            runningDigest: try await runningDigest(at: last, of: due, for: partner))
        let signed = try context.sign(manifest, as: .manifest)
        let batch = Batch(
            signedManifest: signed,
            envelopes: sealed.filter(\.delivery.kind.hasEnvelope).map(\.envelope))
        return Prepared(bytes: batch.wireBytes, manifestDigest: sha256(signed), deliveries: sealed.map(\.delivery))
    }

    /// Notes that a batch got no answer.
    ///
    /// - Parameter isSmallest: whether it had been made as small as a batch can be. What fails alone, again and again while
    ///   tallies get through, may be what the partner's node, or something on the way, fails on: it is put off for a
    ///   while with an alarm, so that it does not hold up what stands behind it.
    package func recordFailure(
        of prepared: Prepared, to partner: OIN, isSmallest: Bool, cause: any Error
    ) async throws {
        let detail = "\(cause)".shortened
        try await context.ledger.recordAttempt(
            prepared.deliveries.map(\.item.number), to: partner, detail: detail, at: context.now.wall)
        guard isSmallest else { return }
        try await hold(
            prepared.deliveries, for: partner, .deliveryDeferred, detail: "sent alone it gets no answer: \(detail)",
            retryAfter: Self.aloneRetry)
    }

    /// Records what a partner answered. Every proof is verified before it counts.
    package func record(_ answer: BatchAnswer, to prepared: Prepared, from partner: OIN) async throws {
        let community = context.community
        let outcomes = Dictionary(
            answer.outcomes.map { ($0.number, $0.answer) }, uniquingKeysWith: { first, _ in first })
        let records = try await prepared.deliveries.mapConcurrently { delivery in
            let answer: VerifiedAnswer =
                if let given = outcomes[delivery.item.number] {
                    try await verify(given, to: delivery, from: partner, community: community)
                } else {
                    .invalid(reason: "the partner's answer leaves out number \(delivery.item.number)")
                }
            return AnswerRecord(number: delivery.item.number, answer: answer, jitter: context.randomness.word())
        }
        try await context.ledger.recordAnswers(records, from: partner, now: context.now)
    }

    private func verify(
        _ answer: ItemAnswer, to delivery: DueDelivery, from partner: OIN, community: Community
    ) async throws -> VerifiedAnswer {
        do {
            switch answer {
            case .later(let code, let detail):
                return .later(code, detail: words(detail, of: partner, in: community))
            case .noted:
                return delivery.kind.hasEnvelope
                    ? .invalid(reason: "the partner noted a number as void or held that has a message")
                    : .noted(as: delivery.kind)
            case .receipt(let receipt):
                // It has it after all. Its receipt is here since before the content went, and this one proves no more.
                if delivery.isPurged { return .noted(as: .void) }
                let original: VerifiedMessage
                do {
                    original = try await stored(delivery)
                } catch let error as CMSError {
                    return unreadable(error.message)
                } catch let error as StoreError where error.code == .storeDamaged {
                    return unreadable(error.description)
                }
                _ = try SignedReceipt.verify(
                    receipt, for: original, from: partner, in: context.verification(in: community))
                return .receipt(receipt)
            case .refusal(let statement):
                if delivery.isPurged { return .noted(as: .void) }
                let verified = try SignedStatement.verify(
                    statement, kind: .refusal, in: context.verification(in: community))
                let refusal = try Refusal(wireBytes: verified.payload)
                guard verified.signerOIN == partner, refusal.recipient == partner, refusal.sender == context.oin,
                    refusal.item == delivery.item
                else { return .invalid(reason: "the refusal is not this partner's, or not of this delivery") }
                return .refusal(refusal.code, detail: words(refusal.detail, of: partner, in: community), statement)
            }
        } catch let error as CMSError {
            guard error.code.mayPass else { return .invalid(reason: error.description) }
            // A proof that cannot be judged now may be as good as any: it is asked for again, and our own lists are
            // what somebody must look at.
            return .notSent(
                LaterCode(error.code).alarmOfStatement, detail: error.message.shortened, retryAfter: Self.holdRetry)
        } catch let error as WireError {
            return .invalid(reason: error.description)
        }
    }

    /// Our fault, and no complaint of the partner: its receipt may be as good as any.
    private func unreadable(_ detail: String) -> VerifiedAnswer {
        .notSent(
            .storedMessageUnreadable, detail: detail.shortened, retryAfter: ProtocolLimits.retryMaximum)
    }

    /// A partner's words are shown as its own: the files and faults that they name are not this node's.
    private func words(_ detail: String, of partner: OIN, in community: Community) -> String {
        detail.isEmpty ? "" : "\(community.directory.member(partner)?.name ?? partner.text) says: \(detail)"
    }

    private func recipientCertificate(of partner: OIN) throws -> RecipientCertificate {
        let community = context.community
        guard let member = community.directory.member(partner) else {
            throw NodeError(.notInDirectory, "\(partner) is no longer in the directory; its deliveries wait")
        }
        return try community.recipientCertificate(of: member, now: context.now.wall)
    }

    private typealias Sealed = (delivery: DueDelivery, envelope: [UInt8])

    /// Each envelope with the partner's RecipientInfo alone. A partner that cannot be sealed to now holds all of its
    /// deliveries; a delivery that cannot be read out of the store holds itself alone.
    private func seal(_ deliveries: [DueDelivery], to partner: OIN) async throws -> [Sealed] {
        let recipient: RecipientCertificate
        do {
            recipient = try recipientCertificate(of: partner)
        } catch {
            guard let error = error as? CMSError else { throw error }
            let code: AlarmCode = error.code.mayPass ? .revocationListStale : .recipientNotTrusted
            try await hold(
                deliveries, for: partner, code, detail: error.message, retryAfter: Self.holdRetry)
            return []
        }
        return try await deliveries.mapConcurrently { delivery -> Sealed? in
            do {
                let envelope = delivery.kind.hasEnvelope ? try await envelope(of: delivery, for: recipient) : []
                return (delivery, envelope)
            } catch let error as CMSError {
                try await putOff(delivery, for: partner, detail: error.message)
            } catch let error as StoreError where error.code == .storeDamaged {
                try await putOff(delivery, for: partner, detail: error.description)
            }
            return nil
        }.compactMap(\.self)
    }

    /// For long, so that any number of messages that cannot be read does not keep back what stands behind.
    private func putOff(_ delivery: DueDelivery, for partner: OIN, detail: String) async throws {
        try await hold(
            [delivery], for: partner, .storedMessageUnreadable, detail: detail,
            retryAfter: ProtocolLimits.retryMaximum)
    }

    private func envelope(of delivery: DueDelivery, for recipient: RecipientCertificate) async throws -> [UInt8] {
        let keyIdentifier = recipient.certificate.subjectKeyIdentifier
        // What the disk changed inside would be trimmed as it is, and refused there for good.
        let kept = try delivery.envelope.bytes
        do {
            return try UnverifiedEnvelope.trimmed(kept, to: keyIdentifier)
        } catch {
            guard error.code == .recipientKeyUnknown else { throw error }
        }
        let key = try await context.caseKeys.key(for: delivery.caseReference)
        let anew = try Sealer().encrypt(try await stored(delivery).signedMessage, to: [recipient], storageKey: key)
        return try UnverifiedEnvelope.trimmed(anew, to: keyIdentifier)
    }

    /// Our own message, out of the store and held against the ledger's digest.
    private func stored(_ delivery: DueDelivery) async throws -> VerifiedMessage {
        let key = try await context.caseKeys.key(for: delivery.caseReference)
        return try Opener().openStored(try UnverifiedEnvelope(delivery.envelope.bytes, at: .store), with: key)
            .storedMessage(expecting: delivery.item.messageDigest, by: context.oin)
    }

    private func runningDigest(
        at number: SequenceNumber, of due: DueDeliveries, for partner: OIN
    ) async throws -> Digest {
        if number == due.items.last?.item.number { return due.runningDigest }
        let digest = try await context.ledger.runningDigest(with: partner, isOutgoing: true, at: number)
        guard let digest else { preconditionFailure("an issued number has its running digest") }
        return digest
    }

    private func hold(
        _ deliveries: [DueDelivery], for partner: OIN, _ code: AlarmCode, detail: String, retryAfter: Milliseconds
    ) async throws {
        context.logger.warning(
            "deliveries are held here",
            metadata: ["partner": "\(partner)", "code": "\(code.rawValue)", "cause": "\(detail)"])
        let records = deliveries.map {
            AnswerRecord(
                number: $0.item.number, answer: .notSent(code, detail: detail.shortened, retryAfter: retryAfter),
                jitter: context.randomness.word())
        }
        try await context.ledger.recordAnswers(records, from: partner, now: context.now)
    }
}
