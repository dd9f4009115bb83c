import ExchangeCore

/// The way out of a node: what a driver does with a link's effects, and with the answers that come back.
extension Pair {
    static let batchItems = 8

    mutating func handle(_ event: PartnerLink.Event, at seat: Seat) {
        let before = nodes[seat.rawValue].link.phase
        let effects = nodes[seat.rawValue].link.handle(event, now: now)
        if event == .signOfLife, case .backingOff = before, effects == [.exchangeTally] {
            counts.note(.wokenBySignOfLife)
        }
        for effect in effects { perform(effect, at: seat) }
    }

    private mutating func perform(_ effect: PartnerLink.Effect, at seat: Seat) {
        let node = nodes[seat.rawValue]
        switch effect {
        case .exchangeTally:
            let tally = node.ledger.durable.tally(node: node.oin, partner: seat.other.party.oin, created: now.wall)
            ask(.tally(sign(tally.wireBytes, at: seat)), sent: [], manifestDigest: nil, at: seat)
        case .loadDue(let halvings):
            // Read now, told a moment later: work that is accepted in between is not in it.
            let due = node.ledger.durable.due(now: now.wall, atMost: max(Self.batchItems >> halvings, 1))
            schedule(.loaded(due), at: seat, in: random.within(1...4))
        case .transmit: transmit(at: seat)
        case .recover: preconditionFailure("nothing of a pair is got back")
        case .wake(let moment):
            nodes[seat.rawValue].wakeGeneration += 1
            schedule(
                .wake(generation: nodes[seat.rawValue].wakeGeneration), at: seat, in: max(0, moment.milliseconds - time)
            )
        case .raiseUnreachable:
            counts.note(.unreachableAlarm)
            handle(.alarmKept, at: seat)
        case .clearUnreachable: break
        }
    }

    private mutating func transmit(at seat: Seat) {
        let node = nodes[seat.rawValue]
        let state = node.ledger.durable
        let entries = node.loaded.entries
        let lines = entries.map { entry in
            ManifestItem(
                item: entry.item, kind: entry.declaredKind,
                reason: entry.declaredKind == .message ? "" : "by the operator")
        }
        guard let last = lines.last else { preconditionFailure("a link transmits what it has loaded") }
        let manifest = Manifest(
            sender: node.oin, recipient: seat.other.party.oin, incarnation: state.incarnation, created: now.wall,
            items: lines, runningDigest: state.issued[Int(last.item.number.value)].runningDigest)
        witness.sees(manifest, from: seat, disk: state)
        let signed = sign(manifest.wireBytes, at: seat)
        let envelopes = entries.filter { $0.declaredKind == .message }
            .map { state.envelopes[$0.item.messageDigest] ?? [] }
        let batch = Batch(signedManifest: signed, envelopes: envelopes)
        ask(.batch(batch.wireBytes), sent: entries, manifestDigest: FakeHash.digest(signed), at: seat)
    }

    private mutating func ask(
        _ content: Packet.Content, sent: [MemoryLedger.Delivery], manifestDigest: Digest?, at seat: Seat
    ) {
        let request = PendingRequest(id: nextRequest, sent: sent, manifestDigest: manifestDigest)
        nextRequest += 1
        nodes[seat.rawValue].pending = request
        nodes[seat.rawValue].asked[request.id] = request
        send(content, request: request.id, from: seat)
        schedule(.timedOut(request: request.id), at: seat, in: ProtocolLimits.requestTimeout.count)
    }

    mutating func sign(_ bytes: [UInt8], at seat: Seat) -> [UInt8] {
        FakeSigned.sign(bytes, by: seat.party.oin, nonce: random.next())
    }

    mutating func timeOut(_ request: UInt64, at seat: Seat) {
        guard nodes[seat.rawValue].pending?.id == request else { return }
        counts.note(.requestTimedOut)
        fail(request, at: seat)
    }

    mutating func fail(_ request: UInt64, at seat: Seat) {
        guard nodes[seat.rawValue].pending?.id == request else { return }
        nodes[seat.rawValue].pending = nil
        handle(.failed(jitter: random.next()), at: seat)
    }

    mutating func receiveAnswer(_ bytes: [UInt8], _ packet: Packet, at seat: Seat) {
        guard let request = nodes[seat.rawValue].asked.removeValue(forKey: packet.requestID) else { return }
        guard let answer = try? BatchAnswer(wireBytes: bytes), answer.manifestDigest == request.manifestDigest,
            answer.outcomes.map(\.number) == request.sent.map(\.item.number)
        else {
            witness.complain("an answer to \(seat) cannot be read")
            return
        }
        if nodes[seat.rawValue].pending?.id != request.id {
            counts.note(.answerLate)
            nodes[seat.rawValue].pending?.isOvertaken = true
        }
        for (outcome, sent) in zip(answer.outcomes, request.sent) { record(outcome, of: sent, at: seat) }
        schedule(.answersRecorded(request: request.id), at: seat, in: random.within(1...4))
    }

    private mutating func record(_ outcome: ItemOutcome, of sent: MemoryLedger.Delivery, at seat: Seat) {
        let index = Int(outcome.number.value) - 1
        let delivery = nodes[seat.rawValue].ledger.current.outgoing[index]
        let key = DeliveryKey(partner: seat.other.party.oin, number: outcome.number)
        guard let answer = verified(outcome.answer, of: delivery, at: seat) else {
            guard sent.declaredKind != .message else { return }
            let changes = AnswerRecording.decide(
                .noted(as: sent.declaredKind), for: key, facts: delivery.facts, jitter: 0, now: now)
            if !changes.isEmpty { counts.note(sent.declaredKind == .void ? .voidNoted : .heldNoted) }
            nodes[seat.rawValue].ledger.commit(changes)
            return
        }
        if case .receipt = answer, delivery.transport == .withdrawn { counts.note(.withdrawnTooLate) }
        let changes = AnswerRecording.decide(
            answer, for: key, facts: delivery.facts, jitter: random.next(), now: now)
        nodes[seat.rawValue].ledger.commit(changes)
        if case .refusal = answer, delivery.transport == .withdrawn { counts.note(.voidRefused) }
    }

    /// `nil` for a declared number that was noted.
    private func verified(_ answer: ItemAnswer, of delivery: MemoryLedger.Delivery, at seat: Seat) -> VerifiedAnswer? {
        let partner = seat.other.party.oin
        switch answer {
        case .receipt(let bytes):
            let isProof = FakeSigned.open(bytes).map {
                $0.signer == partner && $0.payload == Self.receiptPayload(delivery.item)
            }
            return isProof == true ? .receipt(bytes) : .invalid(reason: "not a receipt of \(partner) for this message")
        case .refusal(let bytes):
            guard let signed = FakeSigned.open(bytes), signed.signer == partner,
                let refusal = try? Refusal(wireBytes: signed.payload), refusal.item.messageID == delivery.item.messageID
            else { return .invalid(reason: "not a refusal of \(partner)") }
            return .refusal(refusal.code, detail: refusal.detail, bytes)
        case .later(let code, let detail): return .later(code, detail: detail)
        case .noted: return nil
        }
    }

    static func receiptPayload(_ item: ChannelItem) -> [UInt8] {
        Array("receipt".utf8) + item.messageID.bytes + item.messageDigest.bytes
    }

    mutating func finish(_ request: UInt64, _ event: PartnerLink.Event, at seat: Seat) {
        if maybeCrash(seat, .crashedWithUnsyncedWrites) { return }
        nodes[seat.rawValue].ledger.sync()
        guard nodes[seat.rawValue].pending?.id == request else { return }
        nodes[seat.rawValue].pending = nil
        handle(event, at: seat)
    }
}
