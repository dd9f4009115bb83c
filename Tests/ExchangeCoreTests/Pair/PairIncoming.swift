import ExchangeCore

/// The way into a node: read, examine, decide, sign; then decide again inside the transaction; then sync; then speak.
extension Pair {
    mutating func receiveBatch(_ bytes: [UInt8], _ packet: Packet, at seat: Seat) {
        handle(.signOfLife, at: seat)
        guard let batch = try? Batch(wireBytes: bytes), let signed = FakeSigned.open(batch.signedManifest),
            let manifest = try? Manifest(wireBytes: signed.payload), signed.signer == manifest.sender,
            manifest.sender == packet.from.party.oin, manifest.recipient == seat.party.oin
        else {
            witness.complain("a batch to \(seat) cannot be read")
            return
        }
        var envelopes = batch.envelopes[...]
        var contents: [FakeContent?] = []
        var examinations: [Examination] = []
        for line in manifest.items {
            guard line.kind == .message else {
                contents.append(nil)
                examinations.append(.declared(line.kind, reason: line.reason))
                continue
            }
            let envelope = envelopes.popFirst() ?? []
            let content = FakeContent(signed: envelope)
            contents.append(content)
            examinations.append(examine(line.item, content, envelope, from: packet.from))
        }
        let work = InboundWork(
            requestID: packet.requestID, manifest: manifest, manifestDigest: FakeHash.digest(batch.signedManifest),
            contents: contents, examinations: examinations,
            progress: manifest.items.map { _ in .examined })
        propose(work, at: seat)
    }

    private mutating func examine(
        _ item: ChannelItem, _ content: FakeContent?, _ envelope: [UInt8], from partner: Seat
    ) -> Examination {
        if happens(faults.laterPercent) { return .later(.storageUnavailable, detail: "the disk is full") }
        guard let content else { return .refused(.signatureInvalid, detail: "the signature does not verify") }
        let summary = content.summary
        if summary.digest != item.messageDigest { return .refused(.digestMismatch, detail: "not what was manifested") }
        if summary.id != item.messageID { return .refused(.identifierMismatch, detail: "not the manifested id") }
        if summary.sender.oin != partner.party.oin { return .refused(.senderMismatch, detail: "not the signer") }
        if content.isBad { return .refused(.schemaViolated, detail: "body.location is missing") }
        return .verified(
            ReceivedMessage(
                summary: summary, storedEnvelope: envelope, predecessor: content.predecessor,
                acknowledgement: content.acknowledgement))
    }

    /// Decides on what is on the disk and signs, outside any transaction.
    private mutating func propose(_ work: InboundWork, at seat: Seat) {
        var work = work
        for (index, line) in work.manifest.items.enumerated() {
            if case .settled = work.progress[index] { continue }
            let facts = nodes[seat.rawValue].ledger.durable.receptionFacts(
                line.item, work.contents[index])
            let verdict = Reception.decide(
                line.item, work.examinations[index], facts: facts, limits: NodeLimits(), now: now)
            work.progress[index] = .proposed(verdict, signed: signedAnswer(verdict, line.item, at: seat))
        }
        schedule(.transact(work), at: seat, in: random.within(0...3))
    }

    private mutating func signedAnswer(_ verdict: ReceptionVerdict, _ item: ChannelItem, at seat: Seat) -> KeptAnswer? {
        switch verdict {
        case .receipt: return .receipt(sign(Self.receiptPayload(item), at: seat))
        case .refuse(let code, let detail):
            let refusal = Refusal(
                sender: seat.other.party.oin, recipient: seat.party.oin, item: item, code: code, detail: detail,
                at: now.wall)
            return .refusal(code, sign(refusal.wireBytes, at: seat))
        case .repeat, .reissue, .examine, .note, .later: return nil
        }
    }

    /// Decides again on what is there now, item by item: one that something else has settled meanwhile, perhaps an
    /// earlier item of this same batch, is proposed anew, and the others stand.
    mutating func transact(_ work: InboundWork, at seat: Seat) {
        if maybeCrash(seat, .crashedBeforeCommit) { return }
        var work = work
        var hasChanged = false
        for (index, line) in work.manifest.items.enumerated() {
            guard case .proposed(let proposal, let signed) = work.progress[index] else { continue }
            let facts = nodes[seat.rawValue].ledger.current.receptionFacts(
                line.item, work.contents[index])
            let verdict = Reception.decide(
                line.item, work.examinations[index], facts: facts, limits: NodeLimits(), now: now)
            guard verdict == proposal else {
                counts.note(.verdictChanged)
                hasChanged = true
                continue
            }
            note(verdict, work.contents[index], facts)
            let changes = Reception.changes(
                line.item, from: seat.other.party.oin, verdict, examination: work.examinations[index],
                answer: signed, facts: facts, limits: NodeLimits(), now: now)
            nodes[seat.rawValue].ledger.commit(changes)
            work.progress[index] = .settled(kept(verdict, signed))
        }
        if hasChanged {
            nodes[seat.rawValue].ledger.sync()
            propose(work, at: seat)
        } else if speaksBeforeSync {
            speak(work, at: seat)
        } else {
            schedule(.speak(work), at: seat, in: random.within(1...4))
        }
    }

    private func kept(_ verdict: ReceptionVerdict, _ signed: KeptAnswer?) -> KeptAnswer? {
        switch verdict {
        case .repeat(let kept): kept
        case .note(let kind, let reason): .noted(kind, reason: reason)
        case .receipt, .refuse, .reissue: signed
        case .later, .examine: nil
        }
    }

    private mutating func note(_ verdict: ReceptionVerdict, _ content: FakeContent?, _ facts: ReceptionFacts) {
        switch verdict {
        case .repeat, .reissue: counts.note(.duplicateAnswered)
        case .later: counts.note(.answeredLater)
        case .refuse(.messageIDConflict, _): counts.note(.twinRefused)
        case .refuse: counts.note(.answeredRefusal)
        case .receipt:
            guard let summary = content?.summary, summary.isHandedOver, !facts.predecessor.isHere(at: now.wall) else {
                return
            }
            counts.note(summary.priority == .stat ? .statPassedPredecessor : .waitedForPredecessor)
        case .examine, .note: break
        }
    }

    mutating func speak(_ work: InboundWork, at seat: Seat) {
        if !speaksBeforeSync {
            if maybeCrash(seat, .crashedWithUnsyncedWrites) { return }
            nodes[seat.rawValue].ledger.sync()
            if maybeCrash(seat, .crashedAfterSync) { return }
        }
        let outcomes = zip(work.manifest.items, work.progress).map { line, progress in
            let said: ItemAnswer =
                switch progress {
                case .settled(.receipt(let bytes)): .receipt(bytes)
                case .settled(.refusal(_, let bytes)): .refusal(bytes)
                case .settled(.noted): .noted
                case .settled(nil), .examined, .proposed: .later(.storageUnavailable, detail: "the disk is full")
                }
            return ItemOutcome(number: line.item.number, answer: said)
        }
        let answer = BatchAnswer(manifestDigest: work.manifestDigest, outcomes: outcomes)
        witness.sees(
            answer, from: seat, to: work.manifest.items.map(\.item), disk: nodes[seat.rawValue].ledger.durable)
        send(.batchAnswer(answer.wireBytes), request: work.requestID, from: seat)
    }
}
