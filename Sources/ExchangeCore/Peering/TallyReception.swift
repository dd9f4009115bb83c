/// What the store says of both channels with a partner, inside the transaction that takes its tally.
package struct TallyFacts: Hashable, Sendable {
    /// Of the tally's incarnation, and of the predecessors that it names.
    package let incarnation: IncarnationFacts
    /// The end of our channel to the partner.
    package let issued: ChannelPosition
    /// Our running digest of it at the number that the tally says was received.
    package let issuerDigest: Digest?
    /// How far the partner's channel is here with nothing missing before it.
    package let received: ChannelPosition
    /// Our running digest of it at the number that the tally says was issued.
    package let receiverDigest: Digest?
    /// The numbers right after the one that the tally says was received which the partner has answered, by its proofs
    /// here; `nil` where the next has no answer.
    package let answered: NumberRange?
    /// What comparing its last tally showed; `nil` before the first.
    package let agreement: PairAgreement?
    /// Whether it has answered, by its proofs here, any of the numbers that the tally says are missing there.
    package let hasLostAnswers: Bool
    /// Our deliveries that it says it did not receipt, and whose receipt is here, ascending.
    package let receipts: [ReceiptedDelivery]
    /// How far our channel to the partner is certain.
    package let standing: ChannelStanding

    package init(
        incarnation: IncarnationFacts, issued: ChannelPosition, issuerDigest: Digest?, received: ChannelPosition,
        receiverDigest: Digest?, answered: NumberRange?, hasLostAnswers: Bool, agreement: PairAgreement?,
        receipts: [ReceiptedDelivery], standing: ChannelStanding
    ) {
        self.hasLostAnswers = hasLostAnswers
        self.standing = standing
        self.incarnation = incarnation
        self.issued = issued
        self.issuerDigest = issuerDigest
        self.received = received
        self.receiverDigest = receiverDigest
        self.answered = answered
        self.agreement = agreement
        self.receipts = receipts
    }
}

/// Decides what a partner's verified tally shows and changes (`protocol.md` §8.2 and §9.2).
///
/// Whatever it shows is an alarm to people, and changes nothing in what is sent: no partner can silence a node.
package enum TallyReception {
    /// - Parameters:
    ///   - signed: the tally as it came; it is kept as evidence.
    ///   - askedAt: when the partner was asked for it, with no batch under way: it must then have all that it had
    ///     answered. `nil` for one that comes unasked, and may have been made before an answer that is here already.
    package static func decide(
        _ tally: Tally, signed: [UInt8], askedAt: Timestamp?, facts: TallyFacts, now: Now
    ) -> (agreement: PairAgreement, changes: [LedgerChange]) {
        let isAnswer = askedAt != nil
        let judgement = IncarnationHistory.judge(facts.incarnation, askedAt: askedAt, now: now.wall)
        if case .overtaken = judgement { return (PairAgreement(outgoing: .undecided, incoming: .undecided), []) }
        let agreement = TallyComparison.compare(tally, facts: facts, isAnswer: isAnswer)
        var changes: [LedgerChange] = []
        if judgement.isKept {
            changes.append(
                .keepIncarnation(
                    SeenIncarnation(
                        incarnation: tally.incarnation,
                        predecessor: facts.incarnation.predecessor?.claim.incarnation, highest: tally.issued,
                        firstSeen: now.wall),
                    skipping: facts.incarnation.skipped, of: tally.node))
        }
        if facts.incarnation.running != tally.incarnation
            || (isAnswer && facts.incarnation.answering != tally.incarnation),
            isAnswer || !facts.incarnation.isSeen
        {
            changes.append(.noteRunning(tally.incarnation, of: tally.node, hasAnswered: isAnswer))
        }
        // A copy that runs beside the partner's node has an account of its own: it shows what it is, and nothing of the pair.
        guard isAnswer || !facts.incarnation.isFenced else {
            changes.append(.keepTally(from: tally.node, tally.incarnation, signed: signed, nil))
            let finding = judgement.finding(of: tally.incarnation)
            return (agreement, changes + alarms(of: [finding].compactMap(\.self), about: tally.node, now: now))
        }
        changes.append(.keepTally(from: tally.node, tally.incarnation, signed: signed, agreement))
        // Only of the node at the partner's address: what may go here rests on it.
        if isAnswer { changes.append(.keepCover(PartnerCover(tally), of: tally.node)) }
        if isAnswer { changes += recovery(of: tally, agreement, facts: facts, now: now) }
        let findings =
            [judgement.finding(of: tally.incarnation), lossFinding(agreement.outgoing)]
            + [("to", agreement.outgoing), ("from", agreement.incoming)].map {
                differenceFinding(name: $0, $1)
            }
        changes += alarms(of: findings.compactMap(\.self), about: tally.node, now: now)
        let contradictions = OutcomeComparison.contradictions(
            of: tally.outcomes, with: facts.receipts, now: now.wall)
        return (agreement, changes + alarms(of: contradictions, about: tally.node, now: now))
    }

    /// What this node sends again because the partner has lost it, and what it gets back because it has lost it itself.
    private static func recovery(
        of tally: Tally, _ agreement: PairAgreement, facts: TallyFacts, now: Now
    ) -> [LedgerChange] {
        let (partner, standing) = (tally.node, facts.standing)
        var changes: [LedgerChange] = []
        // Also of the opening that answered before: a machine that is rolled back while it runs goes on with it.
        if facts.hasLostAnswers || facts.incarnation.answering != tally.incarnation {
            let missing = tally.missing(upTo: facts.issued.number)
            if !missing.isEmpty { changes.append(.sendAgain(to: partner, missing)) }
        }
        // Declared held when its store was copied, and receipted since: to it the number is still held.
        let held = facts.receipts.filter { receipt in
            tally.outcomes.contains {
                $0.kind == .noted && $0.numbers.first <= receipt.number && receipt.number <= $0.numbers.last
            }
        }
        if !held.isEmpty {
            changes.append(.sendAgain(to: partner, held.map { NumberRange($0.number, $0.number) }))
        }
        guard standing.span == nil else { return changes }
        let loss = lossInOurs(tally, agreement, facts: facts)
        guard loss != nil || standing.isRecovering else {
            return standing.isConfirmed ? changes : changes + [.confirmChannel(to: partner)]
        }
        let from = loss ?? standing.settled.number
        let highest = max(tally.highestSeen, from, standing.missingUpTo)
        guard highest > from || standing.isRecovering else { return changes }
        let span = span(from: from, to: highest)
        return changes + [
            .beginRecovery(of: partner, from: from, span),
            .appendLeaf(
                AuditLeaf(
                    .recoveryBegun, at: now.wall, partner: partner, number: span.until, note: "from \(from.next)")),
        ]
    }

    /// As wide as a partner may make a hole in its own channel, and no wider: what it claims beyond it is believed only once
    /// it has given this.
    package static func span(from: SequenceNumber, to highest: SequenceNumber) -> RecoverySpan {
        guard highest.value - from.value > ProtocolLimits.channelMaximumGap else { return RecoverySpan(until: highest) }
        return RecoverySpan(
            until: SequenceNumber(from.value + ProtocolLimits.channelMaximumGap), isPart: true)
    }

    /// The number behind which the partner holds of our channel what is not here; `nil` where nothing shows that.
    private static func lossInOurs(
        _ tally: Tally, _ agreement: PairAgreement, facts: TallyFacts
    ) -> SequenceNumber? {
        let settled = facts.standing.settled.number
        switch agreement.outgoing {
        case .ahead: return settled
        case .differ(let number): return settled < number ? settled : SequenceNumber.none
        case .agree, .lost, .undecided:
            // A number that it has filled beyond a hole is as much our past as one without.
            let known = facts.standing.isConfirmed ? facts.issued.number : max(settled, tally.received.number)
            return tally.highestSeen > known ? settled : nil
        }
    }

    /// One alarm a code and partner is open at a time, with its latest detail: what one tally shows under one code is
    /// said in one.
    private static func alarms(of findings: [Finding], about partner: OIN, now: Now) -> [LedgerChange] {
        var alarms: [Finding] = []
        for finding in findings {
            if let index = alarms.firstIndex(where: { $0.code == finding.code }) {
                alarms[index].detail += "; and " + finding.detail
            } else {
                alarms.append(finding)
            }
        }
        return alarms.map {
            .raiseAlarm(Alarm(code: $0.code, partner: partner, messageID: nil, detail: $0.detail, at: now.wall))
        }
    }

    /// Its receipt is here, and it says that it gave none: a person must look. The alarm is the message's own, so that
    /// lists that agree do not end it.
    private static func alarms(
        of contradictions: [ReceiptedDelivery], about partner: OIN, now: Now
    ) -> [LedgerChange] {
        guard let first = contradictions.first else { return [] }
        let others = contradictions.count == 1 ? "" : ", and so for \(contradictions.count - 1) more"
        return [
            .raiseAlarm(
                Alarm(
                    code: .talliesDiffer, partner: partner, messageID: first.messageID,
                    detail: "number \(first.number) to this partner: its receipt is here, and its tally says that it "
                        + "gave none\(others). Call its duty contact; keep both stores",
                    at: now.wall))
        ]
    }

    private static func lossFinding(_ outgoing: ChannelAgreement) -> Finding? {
        guard case .lost(let first, let last) = outgoing else { return nil }
        return Finding(
            code: .partnerRolledBack,
            detail: "its store has lost numbers \(first) to \(last), which it had answered: nobody there may know of "
                + "these messages. They are sent again by themselves; call its duty contact")
    }

    private static func differenceFinding(name: String, _ agreement: ChannelAgreement) -> Finding? {
        let complaint: String? =
            switch agreement {
            case .agree, .undecided, .lost: nil
            case .differ(let number):
                "the lists differ at or before number \(number). Keep both stores as they are: they hold the signed "
                    + "proof; call the partner's duty contact"
            case .ahead(let issued, let received):
                "\(received) received, but only \(issued) issued. Either this node's store is older than what it signed "
                    + "(was it restored?): then it gets back by itself what the partner holds; or the partner's account "
                    + "is wrong: call it where this stays"
            }
        return complaint.map { Finding(code: .talliesDiffer, detail: "the channel \(name) this partner: \($0)") }
    }
}

/// What a tally shows that people must know.
private struct Finding {
    let code: AlarmCode
    var detail: String
}

extension IncarnationJudgement {
    /// An incarnation that comes back is known already, and stays in its place.
    fileprivate var isKept: Bool {
        switch self {
        case .current, .successor, .rolledBack, .cloned, .unproven: true
        case .superseded, .overtaken: false
        }
    }

    fileprivate func finding(of incarnation: IncarnationID) -> Finding? {
        switch self {
        case .current, .successor, .overtaken: nil
        case .rolledBack(let lost):
            Finding(
                code: .partnerRolledBack,
                detail:
                    "its store ends before number \(lost.last), which it had signed: call its duty contact; numbers "
                    + "\(lost.first) to \(lost.last) are here and missing there")
        case .cloned(let other):
            Finding(
                code: .partnerCloned,
                detail:
                    "incarnations \(other) and \(incarnation) grew from one store: it was put back from a backup, or two "
                    + "nodes run on copies of it. Call its duty contact: where two run, the copy must be stopped and the right "
                    + "one started again; then clear this")
        case .superseded(let successor):
            Finding(
                code: .partnerCloned,
                detail:
                    "incarnation \(incarnation) signs again although \(successor) had followed it: an older copy of its store "
                    + "runs. Call its duty contact: the copy must be stopped and the right node started again; then clear "
                    + "this")
        case .unproven:
            Finding(
                code: .partnerHistoryUnproven,
                detail:
                    "it names no predecessor that this node has seen: it was started more than "
                    + "\(ProtocolLimits.tallyMaximumPredecessors) times while this node could not hear it, or its store "
                    + "is new or another. Ask its duty contact which")
        }
    }
}
