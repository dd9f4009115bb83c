import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import SignalExchange
import Testing

extension Nodes {
    /// A proof counts at the sender only where it is the recipient's own, of this delivery.
    @Suite(.community()) struct AnswerProofTests {
        /// What the disk did to our message before its receipt came.
        private enum Damage {
            /// A bit of a store of before digests were kept: it is still sent, and no longer opens.
            case ofBefore
            /// A bit, and its number is declared held meanwhile: nothing of it is sent, and its receipt may come all the same.
            case whileHeld
        }

        /// Hands a partner's answer to the sender, and returns what became of the delivery.
        private func delivery(
            answeredBy slug: String, afterDamage damage: Damage? = nil,
            with answer: (SignedReceiptMaker) throws -> ItemAnswer
        ) async throws -> (entry: DeliveryEntry, alarms: [AlarmCode]) {
            let community = try #require(Stage.community)
            let (avim, nidos, signer) = (community[slug: "avim"], community[slug: "nidos"], community[slug: slug])
            var result: (DeliveryEntry, [AlarmCode])?
            try await withNode(avim) { context in
                let id = try await Submitting(context).submit(
                    JSONWriter.write(.object(ExampleSignal.submission(to: [.guardian]))), key: nil, by: .node
                ).messageID
                let transmitting = Transmitting(context)
                var prepared = try #require(
                    await transmitting.prepare(transmitting.due(for: nidos.oin), for: nidos.oin))
                let due = try #require(prepared.deliveries.first { $0.item.messageID == id })
                let batch = try Batch(wireBytes: prepared.bytes)
                let index = try #require(prepared.deliveries.firstIndex { $0.item.messageID == id })
                let maker = try SignedReceiptMaker(
                    item: due.item, envelope: batch.envelopes[index], recipient: NodeKeys.load(from: nidos.folder),
                    signer: NodeKeys.load(from: signer.folder), context: context)
                if let damage {
                    switch damage {
                    case .ofBefore: try avim.forgetEnvelopeDigests()
                    case .whileHeld:
                        try #require(
                            await context.ledger.moveTransport(
                                DeliveryKey(partner: nidos.oin, number: due.item.number), .heldByOperator, of: id,
                                reason: "duty-officer: checking", by: .node, at: context.now.wall))
                    }
                    try avim.damageEnvelope(of: id) { $0.dropLast() + [($0.last ?? 0) ^ 1] }
                    prepared = try #require(
                        await transmitting.prepare(transmitting.due(for: nidos.oin), for: nidos.oin))
                }
                let outcomes = try prepared.deliveries.map {
                    ItemOutcome(
                        number: $0.item.number,
                        answer: $0.item == due.item ? try answer(maker) : .later(.internalFault, detail: ""))
                }
                try await transmitting.record(
                    BatchAnswer(manifestDigest: prepared.manifestDigest, outcomes: outcomes), to: prepared,
                    from: nidos.oin)
                var filter = DeliveryFilter()
                filter.messageID = id
                let entry = try #require(await context.ledger.deliveries(filter).first)
                let alarms = try await context.ledger.alarms(includingCleared: false)
                    .filter { $0.alarm.messageID == id }.map(\.alarm.code)
                result = (entry, alarms)
            }
            return try #require(result)
        }

        @Test func `the recipient's own receipt counts`() async throws {
            let (entry, alarms) = try await delivery(answeredBy: "nidos") { .receipt(try $0.receipt()) }
            #expect(entry.transport == .receipted)
            #expect(alarms == [])
        }

        @Test func `a receipt that our own damaged store cannot judge is no fault of the partner`() async throws {
            let (entry, alarms) = try await delivery(answeredBy: "nidos", afterDamage: .ofBefore) {
                .receipt(try $0.receipt())
            }
            #expect(entry.transport == .open)
            #expect(alarms == [.storedMessageUnreadable])
            let (held, others) = try await delivery(answeredBy: "nidos", afterDamage: .whileHeld) {
                .receipt(try $0.receipt())
            }
            #expect(held.transport == .held)
            #expect(others == [])
        }

        @Test func `only a tally that was asked for after a receipt proves that it is lost there`() async throws {
            let (entry, _) = try await delivery(answeredBy: "nidos") { .receipt(try $0.receipt()) }
            let community = try #require(Stage.community)
            let partner = try ForeignNode(community[slug: "nidos"])
            try await withNode(community[slug: "avim"]) { context in
                let before = SequenceNumber(entry.key.number.value - 1)
                let digest = try await context.ledger.runningDigest(with: partner.oin, isOutgoing: true, at: before)
                let tally = try partner.tally(
                    for: context.oin,
                    received: ChannelPosition(number: before, runningDigest: before == .none ? .zero : #require(digest))
                )
                func look(isAnswer: Bool) async throws -> ChannelAgreement {
                    try await TallyExchange(context).take(
                        tally, from: partner.oin, askedAt: isAnswer ? context.now.wall : nil
                    ).outgoing
                }
                let lost = ChannelAgreement.lost(from: entry.key.number, to: entry.key.number)
                #expect(try await look(isAnswer: false).isAgreed, "it may have been made before the receipt")
                #expect(try await look(isAnswer: true) == lost)
                #expect(
                    try await look(isAnswer: false) == lost, "what was proved stands while the account does not move")
            }
        }

        @Test func `a receipt that another member signed counts for nothing and is an alarm`() async throws {
            let (entry, alarms) = try await delivery(answeredBy: "ind") { .receipt(try $0.receipt()) }
            #expect(entry.transport == .open)
            #expect(alarms == [.receiptInvalid])
        }

        @Test func `a receipt that cannot be judged now is asked for again, and is no complaint of the partner`()
            async throws
        {
            let (entry, alarms) = try await delivery(answeredBy: "nidos") {
                .receipt(try $0.receipt(at: .current + .hours(1)))
            }
            #expect(entry.transport == .open)
            #expect(alarms == [.clockSkewed])
        }

        @Test func `a refusal that another member signed counts for nothing and is an alarm`() async throws {
            let (entry, alarms) = try await delivery(answeredBy: "ind") {
                .refusal(try $0.refusal(recipient: $0.recipientOIN))
            }
            #expect(entry.transport == .open)
            #expect(alarms == [.receiptInvalid])
        }

        @Test func `a refusal of another delivery counts for nothing and is an alarm`() async throws {
            let (entry, alarms) = try await delivery(answeredBy: "nidos") { maker in
                let other = ChannelItem(
                    number: maker.item.number.next, messageID: maker.item.messageID,
                    messageDigest: maker.item.messageDigest)
                return .refusal(try maker.refusal(recipient: maker.recipientOIN, item: other))
            }
            #expect(entry.transport == .open)
            #expect(alarms == [.receiptInvalid])
        }

        @Test func `what a partner says of a delivery is shown as its words`() async throws {
            let name = try #require(Stage.community)[slug: "nidos"].member.name
            let (refused, _) = try await delivery(answeredBy: "nidos") {
                .refusal(try $0.refusal(recipient: $0.recipientOIN))
            }
            #expect(refused.detail == "content-malformed: \(name) says: not as it should be")
            let (later, _) = try await delivery(answeredBy: "nidos") { _ in
                .later(.storageUnavailable, detail: "disk-full")
            }
            #expect(later.detail == "storage-unavailable: \(name) says: disk-full")
            let (silent, _) = try await delivery(answeredBy: "nidos") { _ in .later(.internalFault, detail: "") }
            #expect(silent.detail == "internal-fault")
        }

        @Test func `the recipient's own refusal counts`() async throws {
            let (entry, alarms) = try await delivery(answeredBy: "nidos") {
                .refusal(try $0.refusal(recipient: $0.recipientOIN))
            }
            #expect(entry.transport == .refused)
            #expect(alarms == [.deliveryRefused])
        }
    }
}

/// Makes proofs for one delivery under any member's key.
struct SignedReceiptMaker {
    let item: ChannelItem
    let recipientOIN: OIN
    private let senderOIN: OIN
    private let verified: VerifiedMessage
    private let signer: SigningIdentity

    init(
        item: ChannelItem, envelope: [UInt8], recipient: NodeKeys, signer: NodeKeys, context: NodeContext
    ) throws {
        self.item = item
        recipientOIN = recipient.signing.oin
        senderOIN = context.oin
        self.signer = signer.signing
        let opened = try Opener().open(UnverifiedEnvelope(envelope, at: .wire), with: recipient.decryption)
        verified = try opened.verify(
            expecting: item.messageDigest, in: context.verification(in: context.community))
    }

    func receipt(at moment: Timestamp = .current) throws -> [UInt8] {
        try SignedReceipt.sign(for: verified, by: signer, at: moment)
    }

    func refusal(recipient: OIN, item: ChannelItem? = nil) throws -> [UInt8] {
        let refusal = Refusal(
            sender: senderOIN, recipient: recipient, item: item ?? self.item, code: .contentMalformed,
            detail: "not as it should be", at: .current)
        return try SignedStatement.sign(refusal.wireBytes, kind: .refusal, by: signer, at: .current)
    }
}
