import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import SignalExchange
import Synchronization
import Testing

extension Nodes {
    /// What a partner gives back, and to whom.
    @Suite(.community()) struct RefillTests {
        let avim: NodeHandle
        let nidos: NodeHandle
        let ind: NodeHandle

        init() throws {
            let community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
            ind = community[slug: "ind"]
        }

        /// A partner that answers with what a test gave it.
        private struct Forged: PartnerConnection {
            let answer: RefillAnswer

            func exchangeTally(_ signed: [UInt8]) async throws -> [UInt8] { [] }
            func deliver(_ batch: [UInt8]) async throws -> [UInt8] { [] }
            func shutdown() async {}
            func refill(_ request: [UInt8]) async throws -> [UInt8] { answer.wireBytes }
        }

        /// A message as `sender` signs it, sealed to AVIM, with the receipt that `witness` signs of it.
        private func item(
            _ number: UInt64, signedBy sender: ForeignNode, to recipients: [NodeHandle], receiptBy witness: ForeignNode,
            _ context: NodeContext
        ) throws -> RefillItem {
            // Whoever signs it, it says that it is AVIM's.
            let content = try ExampleSignal.content(
                from: avim.party, to: recipients.map { Recipient($0.party, previous: nil) })
            let parcel = try sender.seal(content, for: avim)
            let verified = try parcel.message.verify(
                expecting: parcel.digest, in: context.verification(in: context.community))
            return RefillItem(
                item: ChannelItem(
                    number: SequenceNumber(number), messageID: parcel.id, messageDigest: parcel.digest),
                answer: .receipt(try SignedReceipt.sign(for: verified, by: witness.keys.signing, at: .current)),
                envelope: parcel.envelope)
        }

        private func deliveries(of id: MessageID, _ context: NodeContext) async throws -> [DeliveryEntry] {
            var filter = DeliveryFilter()
            filter.messageID = id
            return try await context.ledger.deliveries(filter).entries
        }

        @Test func `what comes back counts with this organisation's signature alone, and a receipt with the partner's`()
            async throws
        {
            let (own, partner) = (try ForeignNode(avim), try ForeignNode(nidos))
            let other = try ForeignNode(ind)
            try await withNode(avim) { context in
                // Its account says that it has three messages of ours, and there is none here.
                try await TallyExchange(context).take(
                    partner.tally(
                        for: avim.oin,
                        received: ChannelPosition(number: SequenceNumber(3), runningDigest: sha256([1]))),
                    from: nidos.oin, askedAt: context.now.wall)
                let genuine = try item(1, signedBy: own, to: [nidos, ind], receiptBy: partner, context)
                let forged = try item(2, signedBy: partner, to: [nidos, ind], receiptBy: partner, context)
                let another = try item(3, signedBy: own, to: [nidos], receiptBy: other, context)
                let answer = RefillAnswer(
                    base: .zero, upTo: SequenceNumber(3), items: [genuine, forged, another])
                let progress = try await Recovering(context).step(with: nidos.oin, over: Forged(answer: answer))
                #expect(progress == .done)
                // Ours: back, receipted, and owed to whom nothing is known of.
                let back = try await deliveries(of: genuine.item.messageID, context)
                #expect(Set(back.map(\.key.partner)) == [nidos.oin, ind.oin])
                #expect(back.first { $0.key.partner == nidos.oin }?.transport == .receipted)
                #expect(back.first { $0.key.partner == ind.oin }?.transport == .open)
                // Theirs: nothing but a place, and nobody is sent it.
                #expect(try await context.ledger.message(forged.item.messageID) == nil)
                let place = try #require(
                    await context.ledger.delivery(DeliveryKey(partner: nidos.oin, number: SequenceNumber(2))))
                #expect(place.transport == .withdrawn)
                #expect(place.message.type == ChannelRecovery.lostType)
                #expect(try await deliveries(of: forged.item.messageID, context).isEmpty)
                // Ours with another's receipt: asked for again.
                #expect(try await deliveries(of: another.item.messageID, context).map(\.transport) == [.open])
                let alarms = try await context.ledger.alarms(includingCleared: false).map(\.alarm)
                #expect(alarms.contains { $0.code == .recoveryIncomplete && $0.messageID == forged.item.messageID })
                #expect(alarms.contains { $0.code == .storeRolledBack && $0.partner == nidos.oin })
            }
        }

        /// A partner whose tallies come, and that gives nothing back until it is told to.
        private final class Withholding: PartnerConnection {
            let tally: [UInt8]
            let gives = Mutex(false)

            init(tally: [UInt8]) { self.tally = tally }

            func exchangeTally(_ signed: [UInt8]) async throws -> [UInt8] { tally }
            func deliver(_ batch: [UInt8]) async throws -> [UInt8] {
                throw NodeError(.partnerUnreachable, "takes nothing")
            }
            func shutdown() async {}
            func refill(_ request: [UInt8]) async throws -> [UInt8] {
                guard gives.withLock(\.self) else { throw NodeError(.answerInvalid, "gives nothing") }
                return RefillAnswer(base: .zero, upTo: SequenceNumber(3), items: []).wireBytes
            }
        }

        @Test func `what cannot be got back for long is an alarm, until something comes`() async throws {
            // Nothing waits for it, so that all it is asked for is what was lost.
            let coa = try #require(Stage.community)[slug: "coa"]
            let partner = try ForeignNode(coa)
            try await withNode(avim, limits: { $0.unreachableAlarmAfter = .zero }) { context in
                let connection = Withholding(
                    tally: try partner.tally(
                        for: avim.oin,
                        received: ChannelPosition(number: SequenceNumber(3), runningDigest: sha256([1]))))
                let driver = PartnerDriver(partner: coa.oin, context: context, connection: connection)
                let task = Task { await driver.run() }
                func waitForAlarm(isOpen: Bool) async throws {
                    _ = try await within(.seconds(20), "the alarm to be \(isOpen ? "open" : "over")") {
                        try await poll {
                            try await context.ledger.alarms(includingCleared: false).map(\.alarm).contains {
                                $0.code == .recoveryIncomplete && $0.messageID == nil && $0.partner == coa.oin
                            } == isOpen ? true : nil
                        }
                    }
                }
                try await waitForAlarm(isOpen: true)
                connection.gives.withLock { $0 = true }
                driver.greet()
                try await waitForAlarm(isOpen: false)
                driver.signal(.stopping)
                await task.value
            }
        }

        @Test func `an opening that is not the running one is turned away with all that it asks`() async throws {
            let foreign = try ForeignNode(avim)
            let other = IncarnationID(Randomness.bytes16())
            try await withNode(nidos) { context in
                let (tallies, receiving, refilling) = (
                    TallyExchange(context), Receiving(context), Refilling(context)
                )
                func isFenced(_ body: () async throws -> Void) async -> Bool {
                    do {
                        try await body()
                        return false
                    } catch {
                        return (error as? RequestError)?.code == .incarnationFenced
                    }
                }
                func request(_ incarnation: IncarnationID) -> [UInt8] {
                    RefillRequest(
                        asker: avim.oin, holder: nidos.oin, incarnation: incarnation, for: .behind(.none)
                    ).wireBytes
                }
                try await tallies.take(foreign.tally(for: nidos.oin), from: avim.oin, askedAt: nil)
                let successor = try foreign.tally(for: nidos.oin, incarnation: other, after: foreign.incarnation)
                try await tallies.take(successor, from: avim.oin, askedAt: nil)
                let batch = Batch(
                    signedManifest: try foreign.signedManifest(
                        [
                            ManifestItem(
                                item: ChannelItem(
                                    number: SequenceNumber(1),
                                    messageID: MessageID(at: .current, random: Randomness.bytes16()),
                                    messageDigest: .zero), kind: .void, reason: "test: none")
                        ], for: nidos.oin), envelopes: []
                ).wireBytes
                #expect(await isFenced { _ = try await receiving.receive(batch, from: avim.oin) })
                #expect(await isFenced { _ = try await refilling.answer(request(foreign.incarnation), from: avim.oin) })
                let own = try foreign.tally(for: nidos.oin)
                let fenced = await #expect(throws: RequestError.self) {
                    try await tallies.take(own, from: avim.oin, askedAt: nil)
                }
                #expect(fenced?.code == .incarnationFenced)
                // Who is turned away learns all the same with which incarnation this node runs.
                let answer = try SignedStatement.verify(
                    try #require(fenced?.tally), kind: .tally, in: context.verification(in: context.community))
                #expect(try Tally(wireBytes: answer.payload).incarnation == context.ledger.opening.incarnation)
                _ = try await refilling.answer(request(other), from: avim.oin)
                // Who answers at the address is the running one, whatever was seen since.
                try await tallies.take(own, from: avim.oin, askedAt: context.now.wall + .seconds(1))
                _ = try await receiving.receive(batch, from: avim.oin)
                #expect(await isFenced { try await tallies.take(successor, from: avim.oin, askedAt: nil) })
            }
        }

        @Test func `a number that no partner was heard about is named in no tally`() async throws {
            try await withNode(ind) { context in
                let submission = try JSONWriter.write(.object(ExampleSignal.submission(to: [.guardian])))
                _ = try await Submitting(context).submit(submission, key: nil, by: .node)
                func issued() async throws -> SequenceNumber {
                    let signed = try await TallyExchange(context).make(for: nidos.oin)
                    return try Tally(wireBytes: SignedStatement.unverifiedPayload(signed, kind: .tally)).issued.number
                }
                #expect(try await context.ledger.account(with: nidos.oin).issued.number == SequenceNumber(1))
                let before = try await issued()
                #expect(before == .none)
                let partner = try ForeignNode(nidos)
                try await TallyExchange(context).take(
                    partner.tally(for: ind.oin), from: nidos.oin, askedAt: context.now.wall)
                let after = try await issued()
                #expect(after == SequenceNumber(1))
            }
        }

        /// What `asker` is given of one message: its content, where there is any.
        private func content(of id: MessageID, for asker: ForeignNode, _ context: NodeContext) async throws -> Digest? {
            let request = RefillRequest(
                asker: asker.oin, holder: context.oin, incarnation: asker.incarnation, for: .message(id))
            let answer = try RefillAnswer(
                wireBytes: try await Refilling(context).answer(request.wireBytes, from: asker.oin))
            #expect(answer.base == nil && answer.upTo == answer.items.last?.item.number ?? .none)
            guard let given = answer.items.first else { return nil }
            #expect(answer.items.count == 1 && given.item.messageID == id)
            guard case .receipt = given.answer else { throw NodeError(.answerInvalid, "no receipt") }
            let opened = try Opener().open(
                UnverifiedEnvelope(given.envelope, at: .wire), with: asker.keys.decryption)
            #expect(opened.digest == given.item.messageDigest)
            return opened.digest
        }

        @Test func `the content of one message is given to who has a part in it, and to nobody else`() async throws {
            // Its own: numbers that others of these tests have given stand for something else.
            try await withCommunity(running: []) { community in
                let (avim, nidos, ind) = (community[slug: "avim"], community[slug: "nidos"], community[slug: "ind"])
                let (sender, other) = (try ForeignNode(avim), try ForeignNode(ind))
                try await withNode(nidos) { context in
                    for asker in [sender, other] {
                        try await TallyExchange(context).take(
                            asker.tally(for: nidos.oin), from: asker.oin, askedAt: context.now.wall)
                    }
                    // Received, for its sender alone: IND is a recipient too, and has to ask AVIM.
                    let parcel = try sender.seal(
                        ExampleSignal.content(
                            from: avim.party, to: [nidos, ind].map { Recipient($0.party, previous: nil) }), for: nidos)
                    _ = try await Receiving(context).receive(
                        sender.batch([parcel], for: nidos), from: avim.oin)
                    #expect(try await content(of: parcel.id, for: sender, context) == parcel.digest)
                    #expect(try await content(of: parcel.id, for: other, context) == nil)
                    // Sent, for the recipient that receipted it, and not before: what is held is to be seen by nobody.
                    let id = try await Submitting(context).submit(
                        JSONWriter.write(.object(ExampleSignal.submission(to: [.police]))), key: nil, by: .node
                    ).messageID
                    let delivery = try #require(try await deliveries(of: id, context).first)
                    #expect(try await content(of: id, for: sender, context) == nil)
                    func move(_ event: TransportEvent) async throws {
                        try #require(
                            await context.ledger.moveTransport(
                                delivery.key, event, of: id, reason: "duty-officer: checking", by: .node,
                                at: context.now.wall))
                    }
                    try await move(.heldByOperator)
                    #expect(try await content(of: id, for: sender, context) == nil)
                    try await move(.releasedByOperator)
                    try await context.ledger.recordAnswers(
                        [AnswerRecord(number: delivery.key.number, answer: .receipt([1]), jitter: 0)], from: avim.oin,
                        now: context.now)
                    #expect(try await content(of: id, for: sender, context) == delivery.message.digest)
                    #expect(try await content(of: id, for: other, context) == nil)
                    let unknown = MessageID(at: .current, random: Randomness.bytes16())
                    #expect(try await content(of: unknown, for: sender, context) == nil)
                }
            }
        }

        @Test func `only the channel's own sender is given it back, and by its own node`() async throws {
            let foreign = try ForeignNode(ind)
            try await withNode(nidos) { context in
                let refilling = Refilling(context)
                func code(_ request: RefillRequest) async -> RequestErrorCode? {
                    do {
                        _ = try await refilling.answer(request.wireBytes, from: ind.oin)
                        return nil
                    } catch {
                        return (error as? RequestError)?.code
                    }
                }
                func request(asker: OIN, holder: OIN) -> RefillRequest {
                    RefillRequest(
                        asker: asker, holder: holder, incarnation: foreign.incarnation, for: .behind(.none))
                }
                #expect(await code(request(asker: avim.oin, holder: nidos.oin)) == .partnerMismatch)
                #expect(await code(request(asker: ind.oin, holder: avim.oin)) == .recipientMismatch)
                #expect(await code(request(asker: ind.oin, holder: nidos.oin)) == .incarnationUnknown)
            }
        }
    }
}
