import ExchangeCore

/// Tallies both ways, each taken as the core decides.
extension Pair {
    mutating func receiveTally(_ bytes: [UInt8], _ packet: Packet, at seat: Seat) {
        handle(.signOfLife, at: seat)
        guard judge(bytes, isAnswer: false, at: seat) else { return }
        schedule(.speakTally(request: packet.requestID), at: seat, in: random.within(1...4))
    }

    mutating func speakTally(_ request: UInt64, at seat: Seat) {
        if maybeCrash(seat, .crashedWithUnsyncedWrites) { return }
        nodes[seat.rawValue].ledger.sync()
        let tally = nodes[seat.rawValue].ledger.durable.tally(
            node: seat.party.oin, partner: seat.other.party.oin, created: now.wall)
        send(.tallyAnswer(sign(tally.wireBytes, at: seat)), request: request, from: seat)
    }

    mutating func receiveTallyAnswer(_ bytes: [UInt8], _ packet: Packet, at seat: Seat) {
        guard nodes[seat.rawValue].asked.removeValue(forKey: packet.requestID) != nil else { return }
        // Who hangs up after a time-out hears no answers of before; this network brings them all the same.
        let pending = nodes[seat.rawValue].pending
        let isAnswer = pending?.id == packet.requestID && pending?.isOvertaken == false
        if isAnswer { counts.note(.tallyAnswered) }
        guard judge(bytes, isAnswer: isAnswer, at: seat) else { return }
        schedule(.tallyRecorded(request: packet.requestID), at: seat, in: random.within(1...4))
    }

    /// Reads a partner's tally and takes it in one transaction, as the core decides; false where it cannot be read.
    private mutating func judge(_ bytes: [UInt8], isAnswer: Bool, at seat: Seat) -> Bool {
        guard let signed = FakeSigned.open(bytes), signed.signer == seat.other.party.oin,
            let tally = try? Tally(wireBytes: signed.payload), tally.node == signed.signer,
            tally.partner == seat.party.oin
        else {
            witness.complain("a tally to \(seat) cannot be read")
            return false
        }
        let facts = nodes[seat.rawValue].ledger.current.tallyFacts(tally)
        let (_, changes) = TallyReception.decide(
            tally, signed: bytes, askedAt: isAnswer ? Timestamp(milliseconds: 0) : nil, facts: facts, now: now)
        nodes[seat.rawValue].ledger.commit(changes)
        if changes.isEmpty { counts.note(.overtakenTally) }
        for case .keepIncarnation(_, let skipped, _) in changes where !skipped.isEmpty {
            counts.note(.incarnationSkipped)
        }
        for case .raiseAlarm(let alarm) in changes {
            disagreements.append("\(seat): \(alarm.code.rawValue): \(alarm.detail)")
        }
        return true
    }
}
