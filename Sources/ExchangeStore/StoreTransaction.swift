package import ExchangeCore

/// One transaction of a form of the store: what can be read and changed in it.
///
/// How the two go together is the contract's, and the same in every form: facts are read, the core is asked, and what it
/// decided is applied, all within one transaction. It decides nothing itself. Where a change does not apply (its row is not
/// there, a rule refuses it) it throws, and all of the decision is taken back.
package protocol StoreTransaction {
    /// The time of the operation, for rows that say when they were made.
    var at: Timestamp { get }
    /// What is more than one transaction does.
    var unfinished: UnfinishedSteps { get }

    // MARK: Facts

    func acceptanceFacts(for request: AcceptanceRequest) throws -> AcceptanceFacts
    func deliveryFacts(for key: DeliveryKey) throws -> DeliveryFacts?
    func receptionFacts(for query: ReceptionQuery, from partner: OIN) throws -> ReceptionFacts
    func tallyFacts(for tally: Tally) throws -> TallyFacts
    func recoveryFacts(for item: ChannelItem, with partner: OIN) throws -> RecoveryFacts
    func channelStanding(with partner: OIN) throws -> ChannelStanding
    func retentionFacts(for message: MessageID) throws -> RetentionFacts?
    func messageType(of message: MessageID) throws -> MessageType?
    func obligationFacts(for message: MessageID, expecting codes: [String]) throws -> ObligationFacts?
    /// What an L2 of another recipient speaks of; `nil` for every other message.
    func awaitedMessage(ofWordIn message: MessageID) throws -> AwaitedMessage?

    // MARK: Changes, one for each `LedgerChange`

    mutating func keep(caseKey: [UInt8], of reference: CaseReference) throws
    mutating func keep(_ message: MessageSummary, envelope: [UInt8], isOutgoing: Bool) throws
    mutating func note(_ actor: ActorID, of message: MessageID, step: MessageID?) throws
    mutating func openDelivery(of message: MessageSummary, to recipient: Party, isRecovered: Bool) throws
    mutating func keep(_ claim: IdempotencyClaim, for message: MessageID) throws
    mutating func fillSlot(from partner: OIN, _ item: ChannelItem, _ answer: KeptAnswer) throws
    mutating func keep(_ usage: InboundUsage, of partner: OIN) throws
    mutating func reissueProof(to partner: OIN, _ number: SequenceNumber, _ proof: [UInt8]) throws
    mutating func handOver(
        _ message: MessageSummary, availableAt: Timestamp, awaiting: MessageID?, mayBeRepeated: Bool) throws
    mutating func releaseSuccessors(of messages: [MessageID], from partner: OIN, at: Timestamp) throws
    mutating func alignSuccessors(of message: MessageID, from partner: OIN, until: Timestamp) throws
    mutating func moveTransport(
        of key: DeliveryKey, to state: TransportState, proof: [UInt8], detail: String, at: Timestamp) throws
    mutating func declare(_ key: DeliveryKey, _ state: TransportState, reason: String, isToBeTold: Bool) throws
    mutating func endDeclaration(of key: DeliveryKey) throws
    mutating func deferDelivery(_ key: DeliveryKey, until: Timestamp, detail: String, isAttempt: Bool) throws
    mutating func moveFollowUp(
        of message: MessageID, by partner: OIN, to state: FollowUp, role: String, acknowledgement: MessageID,
        at: Timestamp) throws
    mutating func moveInbox(_ message: MessageID, to state: InboxState, role: String, at: Timestamp) throws
    mutating func keep(_ coRecipients: [Party], of message: MessageID) throws
    mutating func keep(_ word: CoRecipientWord) throws
    mutating func keep(_ seen: SeenIncarnation, skipping skipped: [IncarnationID], of partner: OIN) throws
    mutating func keepTally(
        from partner: OIN, _ incarnation: IncarnationID, signed: [UInt8], _ agreement: PairAgreement?) throws
    mutating func keep(_ cover: PartnerCover, of partner: OIN) throws
    mutating func purgeContent(of message: MessageID) throws
    mutating func replaceContent(of message: MessageID, envelope: [UInt8]) throws
    mutating func keep(_ asked: [AskedAnswer], of message: MessageID) throws
    mutating func keep(_ links: [CaseLink], of message: MessageSummary) throws
    mutating func keep(_ escalation: EscalationEntry) throws
    mutating func lookAgain(at message: MessageID, when: Timestamp?, isEscalated: Bool) throws
    mutating func raise(_ alarm: Alarm) throws
    mutating func clear(_ code: AlarmCode, partner: OIN?, messageID: MessageID?, at: Timestamp) throws
    mutating func append(_ leaf: AuditLeaf) throws
    mutating func noteRunning(_ incarnation: IncarnationID, of partner: OIN, hasAnswered: Bool) throws
    mutating func sendAgain(to partner: OIN, _ numbers: [NumberRange]) throws
    mutating func endRefill(of key: DeliveryKey) throws
    mutating func deferRefill(of key: DeliveryKey, until: Timestamp) throws
    mutating func confirmChannel(to partner: OIN) throws
    mutating func beginRecovery(of partner: OIN, from: SequenceNumber, _ span: RecoverySpan) throws
    mutating func placeDelivery(of message: MessageSummary, to recipient: Party, as item: ChannelItem) throws
    mutating func adoptNumbers(of message: MessageSummary) throws
    mutating func declareWaiting(
        _ message: MessageID, to partner: OIN, _ state: TransportState, reason: String) throws

    // MARK: What no change says

    /// Has the obligations of a message looked at, ``StoreLimits/obligationFirstLook`` from now where nobody looks at them
    /// yet; and those of its case at once for which a step was taken, since what has happened may end them.
    mutating func watch(_ message: MessageID) throws
    /// The same, of the message that a delivery is of.
    mutating func watch(_ key: DeliveryKey) throws
    mutating func countDuplicate(from partner: OIN) throws
    /// Notes, once for what is being got back from a partner, that the store is older than what was done with it: whatever is in
    /// the inbox, and whatever comes that was made until now, may have been handed over before.
    mutating func noteRenewal(provenBy partner: OIN) throws
    /// Moves the contiguous position of a partner's channel as far as numbers have come.
    mutating func advance(_ partner: OIN) throws
    /// Makes our own channel certain up to a number, or as far as one transaction goes.
    mutating func settle(_ partner: OIN, upTo number: SequenceNumber) throws
    /// What was asked for is back, and the partner has more: its next tally shows how much.
    mutating func endPart(of partner: OIN) throws
}

/// What follows from a write and is more than one transaction does, so that others get in between; all of it of one
/// partner.
package struct UnfinishedSteps: Hashable, Sendable {
    /// Whether the channel's contiguous position has further to go.
    package var hasMoreToAdvance = false
    /// Whether our own channel has further to be settled; whoever settles it asks again.
    package var hasMoreToSettle = false
    /// Messages whose successors are still to be let go.
    package var toRelease: [MessageID] = []

    package var isEmpty: Bool { !hasMoreToAdvance && toRelease.isEmpty }

    package init() {}
}

// MARK: Decisions

extension StoreTransaction {
    package mutating func accept(
        _ request: AcceptanceRequest, limits: NodeLimits, now: Now
    ) throws -> AcceptanceResult {
        let facts = try acceptanceFacts(for: request)
        switch Acceptance.decide(request, facts: facts, limits: limits, now: now) {
        case .accept(let changes):
            try apply(changes)
            return .accepted(request.message.id)
        case .repeat(let message): return .repeated(message)
        case .refuse(let refusal): return .refused(refusal)
        }
    }

    package mutating func record(_ answers: [AnswerRecord], from partner: OIN, now: Now) throws {
        for record in answers {
            let key = DeliveryKey(partner: partner, number: record.number)
            guard let facts = try deliveryFacts(for: key) else {
                throw StoreError.invariant("an answer to number \(key.number), which \(partner) was never sent")
            }
            try apply(AnswerRecording.decide(record.answer, for: key, facts: facts, jitter: record.jitter, now: now))
        }
    }

    package mutating func moveTransport(
        of key: DeliveryKey, _ event: TransportEvent, of message: MessageID?, reason: String, by actor: ActorID,
        at: Timestamp
    ) throws -> Bool {
        guard let facts = try deliveryFacts(for: key), message.map({ $0 == facts.message.id }) ?? true,
            let changes = Intervention.decide(event, reason: reason, for: key, facts: facts, by: actor, at: at)
        else { return false }
        try apply(changes)
        return true
    }

    package mutating func receive(
        _ proposal: ReceptionProposal, from partner: OIN, limits: NodeLimits, now: Now
    ) throws -> ReceptionResult {
        let item = proposal.query.item
        let facts = try receptionFacts(for: proposal.query, from: partner)
        // Decided again on what stands now: a signature that was made for an older verdict is thrown away.
        let verdict = Reception.decide(item, proposal.examination, facts: facts, limits: limits, now: now)
        guard verdict == proposal.verdict else { return .changed }
        try apply(
            Reception.changes(
                item, from: partner, verdict, examination: proposal.examination, answer: proposal.answer,
                facts: facts, limits: limits, now: now))
        switch verdict {
        case .examine: preconditionFailure("an item is examined before it is written")
        case .repeat(let answer):
            try countDuplicate(from: partner)
            // A node that ended half-way through a wide gap goes on where its partner asks again.
            try advance(partner)
            return .kept(answer)
        case .note(let kind, let reason): return .kept(.noted(kind, reason: reason))
        case .later(let code, let detail, _): return .later(code, detail: detail)
        case .receipt, .refuse, .reissue:
            guard let answer = proposal.answer else { preconditionFailure("a receipt and a refusal are signed") }
            if case .reissue = verdict { try countDuplicate(from: partner) }
            return .kept(answer)
        }
    }

    package mutating func finish(_ steps: UnfinishedSteps, of partner: OIN) throws {
        if steps.hasMoreToAdvance { try advance(partner) }
        try releaseSuccessors(of: steps.toRelease, from: partner, at: at)
    }

    package mutating func takeTally(_ tally: Tally, signed: [UInt8], askedAt: Timestamp?, now: Now) throws
        -> PairAgreement
    {
        let facts = try tallyFacts(for: tally)
        let (agreement, changes) = TallyReception.decide(
            tally, signed: signed, askedAt: askedAt, facts: facts, now: now)
        try apply(changes)
        return agreement
    }

    package mutating func recover(
        _ items: [RecoveredItem], upTo: SequenceNumber, from partner: OIN, limits: NodeLimits, now: Now
    ) throws -> RecoveryProgress {
        guard let span = try channelStanding(with: partner).span else { return .done }
        var proofs = 0
        for given in items {
            let facts = try recoveryFacts(for: given.item, with: partner)
            switch ChannelRecovery.decide(given, from: partner, facts: facts, limits: limits, now: now) {
            case .apply(let changes, let isProof):
                try apply(changes)
                proofs += isProof ? 1 : 0
            case .contradiction:
                try stop(
                    at: given.item, of: partner, after: proofs, .talliesDiffer,
                    "is another message there than here, and has its answer on both sides. Call its duty contact; keep "
                        + "both stores", now: now)
                return .contradicted(at: given.item.number)
            case .exhausted:
                try stop(
                    at: given.item, of: partner, after: proofs, .recoveryIncomplete,
                    "is one of more than \(limits.recoveryMaximumUnprovenNumbersPerPartner) of which this partner gives "
                        + "nothing but its word. Call its duty contact; where it is right, raise "
                        + "limits.recoveryMaximumUnprovenNumbersPerPartner", now: now)
                return .exhausted(at: given.item.number)
            }
        }
        try noteProof(of: proofs, from: partner)
        try settle(partner, upTo: min(upTo, span.until))
        guard try channelStanding(with: partner).settled.number >= span.until else { return .more }
        guard !span.isPart else {
            try endPart(of: partner)
            return .done
        }
        // What was given numbers meanwhile follows on what is back.
        try settle(partner, upTo: SequenceNumber(ProtocolLimits.sequenceNumberMaximum))
        guard !unfinished.hasMoreToSettle else { return .more }
        try confirmChannel(to: partner)
        return .done
    }

    /// Begins anew from the first number, where something is got back.
    package mutating func recoverFromStart(with partner: OIN) throws {
        guard let span = try channelStanding(with: partner).span else { return }
        try beginRecovery(of: partner, from: .none, TallyReception.span(from: .none, to: span.until))
    }

    /// Getting back a channel ends here, until people have looked.
    private mutating func stop(
        at item: ChannelItem, of partner: OIN, after proofs: Int, _ code: AlarmCode, _ detail: String, now: Now
    ) throws {
        try noteProof(of: proofs, from: partner)
        try settle(partner, upTo: SequenceNumber(item.number.value - 1))
        try raise(
            Alarm(
                code: code, partner: partner, messageID: item.messageID,
                detail: "number \(item.number) to this partner \(detail)", at: now.wall))
    }

    /// A message that this node signed and does not have is the proof, whoever brings it.
    private mutating func noteProof(of count: Int, from partner: OIN) throws {
        guard count > 0 else { return }
        try noteRenewal(provenBy: partner)
        try raise(
            Alarm(
                code: .storeRolledBack, partner: partner, messageID: nil,
                detail:
                    "first look at the lost lines of `exchange-node reconcile` (to be handed in again), then at what `inbox "
                    + "list` marks as a possible repeat; clear this last. This node's store is older than what it signed: it "
                    + "had lost messages that this partner holds, and gets them back by itself",
                at: at))
    }

    /// - Returns: how many went; what became open since it was looked at stays.
    package mutating func purge(_ messages: [MessageID], periods: RetentionPeriods, now: Timestamp) throws -> Int {
        var count = 0
        for message in messages {
            guard let facts = try retentionFacts(for: message),
                Retention.decide(facts, periods: periods, now: now) == .purge
            else { continue }
            try apply(Retention.changes(facts, now: now))
            count += 1
        }
        return count
    }

    /// - Returns: `false` where it is not the message of the books, or that is not here to be mended.
    package mutating func mend(
        _ message: MessageID, as digest: Digest, envelope: [UInt8], from partner: OIN
    ) throws -> Bool {
        guard let facts = try retentionFacts(for: message),
            let changes = ContentMending.decide(digest, envelope: envelope, from: partner, facts: facts, now: at)
        else { return false }
        try apply(changes)
        return true
    }

    /// Looks at what is owed on messages, as ``Obligations`` decides.
    ///
    /// - Returns: the steps that were taken.
    package mutating func look(
        at messages: [MessageID], by rules: ObligationRules, now: Timestamp
    ) throws -> [(message: MessageID, step: TakenStep)] {
        var taken: [(MessageID, TakenStep)] = []
        for id in messages {
            if let awaited = try awaitedMessage(ofWordIn: id) {
                try apply(CoRecipients.changes(looking: awaited, by: rules, now: now))
                continue
            }
            guard let type = try messageType(of: id),
                let facts = try obligationFacts(for: id, expecting: rules.expectedCodes(after: type))
            else { throw StoreError.invariant("message \(id) is watched and not here") }
            let assessment = Obligations.assess(facts, by: rules, now: now)
            try apply(Obligations.changes(assessment, of: facts, by: rules, now: now))
            taken += assessment.steps.map { (id, $0) }
        }
        return taken
    }

    package mutating func apply(_ changes: [LedgerChange]) throws {
        for change in changes { try apply(change) }
    }

    private mutating func apply(_ change: LedgerChange) throws {
        switch change {
        case .keepCaseKey(let key, let reference): try keep(caseKey: key, of: reference)
        case .keepMessage(let message, let envelope, let isOutgoing):
            try keep(message, envelope: envelope, isOutgoing: isOutgoing)
        case .noteActor(let actor, let message, let step): try note(actor, of: message, step: step)
        case .openDelivery(let message, let recipient):
            try openDelivery(of: message, to: recipient, isRecovered: false)
            try watch(message.id)
        case .openRecoveredDelivery(let message, let recipient):
            try openDelivery(of: message, to: recipient, isRecovered: true)
            try watch(message.id)
        case .declareWaiting(let message, let partner, let state, let reason):
            try declareWaiting(message, to: partner, state, reason: reason)
        case .claimIdempotencyKey(let claim, let message): try keep(claim, for: message)
        case .fillSlot(let partner, let item, let answer): try fillSlot(from: partner, item, answer)
        case .countUsage(let partner, let usage): try keep(usage, of: partner)
        case .reissueProof(let partner, let number, let proof): try reissueProof(to: partner, number, proof)
        case .handOver(let message, let availableAt, let awaited, let mayBeRepeated):
            try handOver(message, availableAt: availableAt, awaiting: awaited, mayBeRepeated: mayBeRepeated)
            try watch(message.id)
        case .releaseSuccessors(let message, let partner, let at):
            try releaseSuccessors(of: [message], from: partner, at: at)
        case .alignSuccessors(let message, let partner, let until):
            try alignSuccessors(of: message, from: partner, until: until)
        case .moveTransport(let key, let state, let proof, let detail, let at):
            try moveTransport(of: key, to: state, proof: proof, detail: detail, at: at)
            try watch(key)
        case .declare(let key, let state, let reason, let isToBeTold):
            try declare(key, state, reason: reason, isToBeTold: isToBeTold)
            try watch(key)
        case .endDeclaration(let key): try endDeclaration(of: key)
        case .deferDelivery(let key, let until, let detail, let isAttempt):
            try deferDelivery(key, until: until, detail: detail, isAttempt: isAttempt)
        case .moveFollowUp(let message, let partner, let state, let role, let acknowledgement, let at):
            try moveFollowUp(
                of: message, by: partner, to: state, role: role, acknowledgement: acknowledgement, at: at)
            try watch(message)
        case .moveInbox(let message, let state, let role, let at):
            try moveInbox(message, to: state, role: role, at: at)
            try watch(message)
        case .keepCoRecipients(let parties, let message): try keep(parties, of: message)
        case .keepWord(let word, let isAwaited):
            try keep(word)
            if isAwaited { try watch(word.saidIn) }
        case .keepIncarnation(let seen, let skipped, let partner): try keep(seen, skipping: skipped, of: partner)
        case .keepTally(let partner, let incarnation, let signed, let agreement):
            try keepTally(from: partner, incarnation, signed: signed, agreement)
        case .keepCover(let cover, let partner): try keep(cover, of: partner)
        case .purgeContent(let message): try purgeContent(of: message)
        case .replaceContent(let message, let envelope): try replaceContent(of: message, envelope: envelope)
        case .noteRunning(let incarnation, let partner, let hasAnswered):
            try noteRunning(incarnation, of: partner, hasAnswered: hasAnswered)
        case .sendAgain(let partner, let numbers): try sendAgain(to: partner, numbers)
        case .endRefill(let key): try endRefill(of: key)
        case .deferRefill(let key, let until): try deferRefill(of: key, until: until)
        case .confirmChannel(let partner): try confirmChannel(to: partner)
        case .beginRecovery(let partner, let from, let span): try beginRecovery(of: partner, from: from, span)
        case .placeDelivery(let message, let recipient, let item):
            try placeDelivery(of: message, to: recipient, as: item)
            try watch(message.id)
        case .adoptNumbers(let message):
            try adoptNumbers(of: message)
            try watch(message.id)
        case .keepAsked(let asked, let message): try keep(asked, of: message)
        case .keepLinks(let links, let message): try keep(links, of: message)
        case .takeStep(let step, let message, let contact, let since, let dueAt):
            try keep(EscalationEntry(step, of: message, contact: contact, since: since, dueAt: dueAt, at: at))
        case .endEscalation(let escalation, let message):
            try keep(EscalationEntry(endOf: escalation, of: message, at: at))
        case .lookAgain(let message, let when, let isEscalated):
            try lookAgain(at: message, when: when, isEscalated: isEscalated)
        case .raiseAlarm(let alarm): try raise(alarm)
        case .clearAlarm(let code, let partner, let messageID):
            try clear(code, partner: partner, messageID: messageID, at: at)
        case .appendLeaf(let leaf): try append(leaf)
        }
    }
}
