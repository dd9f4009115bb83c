import ExchangeCore

/// Tallies both ways, compared and judged as `protocol.md` §8 and §9 say.
extension Pair {
    mutating func receiveTally(_ bytes: [UInt8], _ packet: Packet, at seat: Seat) {
        handle(.signOfLife, at: seat)
        guard judge(bytes, at: seat) else { return }
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
        guard nodes[seat.rawValue].asked.removeValue(forKey: packet.requestID) != nil, judge(bytes, at: seat) else {
            return
        }
        schedule(.tallyRecorded(request: packet.requestID), at: seat, in: random.within(1...4))
    }

    /// Reads, judges and compares a partner's tally; false where it cannot be read.
    private mutating func judge(_ bytes: [UInt8], at seat: Seat) -> Bool {
        guard let signed = FakeSigned.open(bytes), signed.signer == seat.other.party.oin,
            let tally = try? Tally(wireBytes: signed.payload), tally.node == signed.signer,
            tally.partner == seat.party.oin
        else {
            witness.complain("a tally to \(seat) cannot be read")
            return false
        }
        let state = nodes[seat.rawValue].ledger.durable
        // An account that was overtaken on its way says nothing of now.
        guard tally.created > state.newestTally else {
            counts.note(.staleTally)
            return true
        }
        judgements[seat.rawValue].append(
            IncarnationHistory.judge(
                predecessor: tally.predecessor,
                facts: IncarnationFacts(
                    tally.incarnation, after: tally.predecessor?.incarnation, among: state.partnerIncarnations,
                    received: state.highestSeen)))
        keepIncarnation(of: tally, at: seat)
        let agreement = PairAgreement(
            outgoing: TallyComparison.compare(
                issued: state.issuedLast, received: tally.received,
                issuerDigest: state.issued.indices.contains(Int(tally.received.number.value))
                    ? state.issued[Int(tally.received.number.value)].runningDigest : nil),
            incoming: Self.incoming(tally.issued, state))
        nodes[seat.rawValue].agreement = agreement
        let receipts = state.outgoing.filter { $0.transport == .receipted }.map {
            // A moment ago: what was noted of a number that was held may be overtaken.
            ReceiptedDelivery(number: $0.item.number, messageID: $0.item.messageID, receiptedAt: now.wall)
        }
        for one in OutcomeComparison.contradictions(of: tally.outcomes, with: receipts, now: now.wall) {
            disagreements.append("\(seat): a receipt for \(one.number) is here, and none was given")
        }
        for side in [agreement.outgoing, agreement.incoming] {
            switch side {
            case .agree, .undecided: break
            case .differ, .ahead, .lost: disagreements.append("\(seat): \(side)")
            }
        }
        return true
    }

    /// Batches overtake tallies: holding more than a tally names is no contradiction, and of what is named beyond our
    /// own record only the partner can judge.
    private static func incoming(_ issued: ChannelPosition, _ state: MemoryLedger.State) -> ChannelAgreement {
        guard issued.number <= state.receivedLast.number else { return .undecided }
        let ours = state.received[Int(issued.number.value)].runningDigest
        return ours == issued.runningDigest ? .agree(at: issued.number, behind: 0) : .differ(at: issued.number)
    }

    private mutating func keepIncarnation(of tally: Tally, at seat: Seat) {
        let moment = now.wall
        if judgements[seat.rawValue].last == .unproven { counts.note(.incarnationUnproven) }
        nodes[seat.rawValue].ledger.update { state in
            state.newestTally = tally.created
            let seen = SeenIncarnation(
                incarnation: tally.incarnation, predecessor: tally.predecessor?.incarnation, highest: tally.issued,
                firstSeen: moment)
            if let index = state.partnerIncarnations.firstIndex(where: { $0.incarnation == tally.incarnation }) {
                state.partnerIncarnations[index] = seen
            } else {
                state.partnerIncarnations.append(seen)
            }
        }
    }
}
