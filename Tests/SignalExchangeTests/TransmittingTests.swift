import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import SignalExchange
import Testing

extension Nodes {
    /// What a batch may carry, and what may not keep it back.
    @Suite(.community()) struct TransmittingTests {
        let avim: NodeHandle
        let nidos: NodeHandle

        init() throws {
            let community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
        }

        private func submit(_ count: Int, to role: Role, _ context: NodeContext) async throws -> [MessageID] {
            let submitting = Submitting(context)
            var ids: [MessageID] = []
            for _ in 0..<count {
                ids.append(
                    try await submitting.submit(
                        JSONWriter.write(.object(ExampleSignal.submission(to: [role]))), key: nil, by: .node
                    ).messageID)
            }
            return ids
        }

        private func delivery(of id: MessageID, _ context: NodeContext) async throws -> DeliveryEntry {
            var filter = DeliveryFilter()
            filter.messageID = id
            return try #require(await context.ledger.deliveries(filter).first)
        }

        @Test func `a full batch of declared numbers with the longest reasons is taken`() async throws {
            try await withNode(avim) { context in
                for id in try await submit(ProtocolLimits.batchMaximumItems, to: .guardian, context) {
                    let key = try await delivery(of: id, context).key
                    let event: TransportEvent =
                        key.number.value.isMultiple(of: 2) ? .heldByOperator : .withdrawnByPerson
                    let reason = String(repeating: "r", count: ProtocolLimits.detailMaximumBytes)
                    #expect(
                        try await context.ledger.moveTransport(
                            key, event, of: nil, reason: reason, by: .node, at: .current))
                }
                let transmitting = Transmitting(context)
                let prepared = try #require(
                    await transmitting.prepare(transmitting.due(for: nidos.oin), for: nidos.oin))
                #expect(prepared.deliveries.count == ProtocolLimits.batchMaximumItems)
                try await withNode(nidos) { partner in
                    let answer = try await Receiving(partner).receive(prepared.bytes, from: avim.oin)
                    let read = try prepared.answer(answer, from: nidos.oin)
                    #expect(read.outcomes.map(\.answer) == Array(repeating: .noted, count: prepared.deliveries.count))
                    try await transmitting.record(read, to: prepared, from: nidos.oin)
                }
                #expect(try await transmitting.due(for: nidos.oin).items.isEmpty)
            }
        }

        @Test func `what gets no answer even alone is put off with an alarm, and what stands behind it goes first`()
            async throws
        {
            let ind = try #require(Stage.community)[slug: "ind"]
            try await withNode(avim) { context in
                let transmitting = Transmitting(context)
                let ids = try await submit(2, to: .immigration, context)
                func next() async throws -> Transmitting.Prepared {
                    let due = try await transmitting.due(for: ind.oin, halvings: PartnerLink.halvingsMaximum)
                    #expect(due.items.count == 1)
                    return try #require(await transmitting.prepare(due, for: ind.oin))
                }
                let first = try await next()
                #expect(first.deliveries.first?.item.messageID == ids[0])
                let cause = NodeError(.partnerUnreachable, "no answer")
                try await transmitting.recordFailure(of: first, to: ind.oin, isSmallest: false, cause: cause)
                #expect(
                    try await next().deliveries.first?.item.messageID == ids[0], "a larger batch says nothing of it")
                try await transmitting.recordFailure(of: first, to: ind.oin, isSmallest: true, cause: cause)
                #expect(try await next().deliveries.first?.item.messageID == ids[1])
                let alarms = try await context.ledger.alarms(includingCleared: false).map(\.alarm)
                #expect(alarms.filter { $0.code == .deliveryDeferred }.map(\.messageID) == [ids[0]])
                #expect(try await delivery(of: ids[0], context).attempts == 2)
                for id in ids {
                    let key = try await delivery(of: id, context).key
                    #expect(
                        try await context.ledger.moveTransport(
                            key, .withdrawnByPerson, of: nil, reason: "done", by: .node, at: .current))
                    try await context.ledger.recordAnswers(
                        [AnswerRecord(number: key.number, answer: .noted(as: .void), jitter: 0)], from: ind.oin,
                        now: context.now)
                }
            }
        }

        @Test func `a manifest of the longest items fits its limit also under the highest numbers`() throws {
            let highest = ProtocolLimits.sequenceNumberMaximum
            let items = (0..<ProtocolLimits.batchMaximumItems).map { index in
                let number = SequenceNumber(highest - UInt64(ProtocolLimits.batchMaximumItems - index))
                return ManifestItem(
                    item: ChannelItem(
                        number: number, messageID: MessageID(at: .current, random: Randomness.bytes16()),
                        messageDigest: sha256([UInt8(index)])),
                    kind: .held, replaces: SequenceNumber(number.value - 1),
                    reason: String(repeating: "r", count: ProtocolLimits.detailMaximumBytes))
            }
            let manifest = Manifest(
                sender: avim.oin, recipient: nidos.oin, incarnation: IncarnationID(Randomness.bytes16()),
                created: .current, items: items, runningDigest: .zero)
            #expect(manifest.wireBytes.count <= ProtocolLimits.manifestMaximumBytes)
            #expect(try Manifest(wireBytes: manifest.wireBytes) == manifest)
        }

        /// What the disk did to a stored envelope.
        enum Damage: CaseIterable {
            /// Nothing is left that could be read; in a store of before digests were kept.
            case shape
            /// A bit of the ciphertext: only the digest shows it, for what is trimmed is not opened.
            case content
        }

        @Test(arguments: Damage.allCases)
        func `stored messages that cannot be read are put off alone, and keep back nothing`(
            damage: Damage
        ) async throws {
            let ind = try #require(Stage.community)[slug: "ind"]
            try await withNode(avim) { context in
                // As many as a batch holds, and one behind them.
                let damaged = try await submit(ProtocolLimits.batchMaximumItems, to: .immigration, context)
                let good = try #require(await submit(1, to: .immigration, context).first)
                if damage == .shape { try avim.forgetEnvelopeDigests() }
                for id in damaged {
                    try avim.damageEnvelope(of: id) { envelope in
                        damage == .shape ? [0x30, 0x00] : envelope.dropLast() + [envelope[envelope.count - 1] ^ 1]
                    }
                }
                let transmitting = Transmitting(context)
                let first = try await transmitting.due(for: ind.oin)
                #expect(first.items.map(\.item.messageID) == damaged)
                let nothing = try await transmitting.prepare(first, for: ind.oin)
                #expect(nothing == nil)

                let prepared = try #require(
                    await transmitting.prepare(transmitting.due(for: ind.oin), for: ind.oin))
                #expect(prepared.deliveries.map(\.item.messageID) == [good])
                let alarms = try await context.ledger.alarms(includingCleared: false).map(\.alarm)
                for id in damaged {
                    let entry = try await delivery(of: id, context)
                    #expect(entry.transport == .open)
                    #expect(entry.attempts == 0)
                    // For so long that a thousand of them do not fill one batch after the other.
                    let next = try #require(entry.nextAttempt)
                    #expect(next > context.now.wall + .minutes(4))
                    #expect(alarms.filter { $0.messageID == id }.map(\.code) == [.storedMessageUnreadable])
                }
                #expect(alarms.allSatisfy { $0.messageID != good })
                // Nothing of it waits beside what is damaged in another way.
                let number = try #require(prepared.deliveries.first?.item.number)
                try await context.ledger.recordAnswers(
                    [AnswerRecord(number: number, answer: .receipt([1]), jitter: 0)], from: ind.oin, now: context.now)
            }
        }
    }
}
