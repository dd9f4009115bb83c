/// What is owed on one message: an acknowledgement of one level, or an answer of one type.
public enum ObligationSubject: Hashable, Sendable {
    case acknowledgement(AcknowledgementLevel)
    /// The code of a type.
    case answer(String)

    /// `receipt`, `ownership`, `outcome`, or the code of a type.
    public var text: String {
        switch self {
        case .acknowledgement(.receipt): "receipt"
        case .acknowledgement(.ownership): "ownership"
        case .acknowledgement(.outcome): "outcome"
        case .answer(let code): code
        }
    }

    /// Returns `nil` for what ``text`` never gives.
    public init?(_ text: String) {
        switch text {
        case "receipt": self = .acknowledgement(.receipt)
        case "ownership": self = .acknowledgement(.ownership)
        case "outcome": self = .acknowledgement(.outcome)
        default:
            guard MessageType(code: text) != nil else { return nil }
            self = .answer(text)
        }
    }
}

/// Something that somebody owes, and by when. It is derived from what the store has each time, and never stored: what is not
/// kept cannot get lost.
public struct Obligation: Hashable, Sendable {
    public let subject: ObligationSubject
    /// The organisation that owes it; `nil` where it is this one.
    public let debtor: OIN?
    /// When its clock began.
    public let since: Timestamp
    /// `nil` where nobody set a clock for it; it is owed all the same.
    public let dueAt: Timestamp?
    /// How much it presses once it is due: by these clocks the ladder is climbed.
    public let pressing: Priority

    public init(
        subject: ObligationSubject, debtor: OIN?, since: Timestamp, dueAt: Timestamp?, pressing: Priority
    ) {
        self.subject = subject
        self.debtor = debtor
        self.since = since
        self.dueAt = dueAt
        self.pressing = pressing
    }

    public func isLate(at now: Timestamp) -> Bool { dueAt.map { $0 <= now } ?? false }
}

/// A step of the ladder that was taken for an obligation.
public struct TakenStep: Hashable, Sendable {
    public let subject: ObligationSubject
    public let debtor: OIN?
    public let step: EscalationStep

    public init(subject: ObligationSubject, debtor: OIN?, step: EscalationStep) {
        self.subject = subject
        self.debtor = debtor
        self.step = step
    }
}

/// What the store says of a message on which something may be owed.
package struct ObligationFacts: Hashable, Sendable {
    /// One delivery of our own message.
    package struct Sent: Hashable, Sendable {
        package let recipient: Party
        package let transport: TransportState
        package let followUp: FollowUp
        package let acceptedAt: Timestamp
        package let receiptedAt: Timestamp?

        package init(
            recipient: Party, transport: TransportState, followUp: FollowUp, acceptedAt: Timestamp,
            receiptedAt: Timestamp?
        ) {
            self.recipient = recipient
            self.transport = transport
            self.followUp = followUp
            self.acceptedAt = acceptedAt
            self.receiptedAt = receiptedAt
        }
    }

    /// A message of the same case that was kept after this one and is of a type that is expected.
    package struct Answer: Hashable, Sendable {
        package let code: String
        /// `nil` where this organisation sent it.
        package let sender: OIN?
        /// Of our own: whether each of its recipients has acknowledged it as far as is possible for a person: L2, or L1 where
        /// no more is wanted.
        package let isAcknowledged: Bool
        /// When it was kept: accepted, or received.
        package let keptAt: Timestamp
        /// What its own content asks for, where it is of the type of the message itself and may take its place.
        package let asked: [AskedAnswer]

        package init(
            code: String, sender: OIN?, isAcknowledged: Bool, keptAt: Timestamp, asked: [AskedAnswer] = []
        ) {
            self.code = code
            self.sender = sender
            self.isAcknowledged = isAcknowledged
            self.keptAt = keptAt
            self.asked = asked
        }
    }

    package let message: MessageSummary
    package let isOutgoing: Bool
    /// When it was kept: accepted, or received.
    package let keptAt: Timestamp
    package let sent: [Sent]
    /// Where it stands in our inbox; `nil` where it is not handed over, or not received.
    package let inbox: InboxState?
    /// What its content asks for, as it was read before it was sealed.
    package let asked: [AskedAnswer]
    package let answers: [Answer]
    package let taken: [TakenStep]
    /// About whom the alarm of this message is open: the debtor, or no organisation where it is this one.
    package let alarms: [OIN?]
    /// What was escalated, and of which nobody was told yet that it is over.
    package let escalations: [OpenEscalation]

    package init(
        message: MessageSummary, isOutgoing: Bool, keptAt: Timestamp, sent: [Sent], inbox: InboxState?,
        asked: [AskedAnswer] = [], answers: [Answer], taken: [TakenStep], alarms: [OIN?],
        escalations: [OpenEscalation] = []
    ) {
        self.asked = asked
        self.escalations = escalations
        self.message = message
        self.isOutgoing = isOutgoing
        self.keptAt = keptAt
        self.sent = sent
        self.inbox = inbox
        self.answers = answers
        self.taken = taken
        self.alarms = alarms
    }
}

/// By what obligations are judged at this node.
package struct ObligationRules: Hashable, Sendable {
    package var policy: EscalationPolicy
    /// This organisation's roles.
    package var ownRoles: Set<Role>
    /// By the code of the message's type.
    package var expected: [String: [ExpectedAnswer]]
    /// Whom each step tells in this organisation: a duty role, and how it is reached; never a person's name.
    package var roster: [EscalationStep: String]
    /// How each partner is reached by telephone.
    package var dutyContacts: [OIN: String]

    package init(
        policy: EscalationPolicy, ownRoles: Set<Role>, expected: [String: [ExpectedAnswer]],
        roster: [EscalationStep: String] = [:], dutyContacts: [OIN: String] = [:]
    ) {
        self.policy = policy
        self.ownRoles = ownRoles
        self.expected = expected
        self.roster = roster
        self.dutyContacts = dutyContacts
    }

    /// What is drafted in the place of an answer that is late; `nil` where nothing is, or it was sent.
    package func draft(for subject: ObligationSubject, in facts: ObligationFacts) -> String? {
        guard case .answer(let code) = subject else { return nil }
        let drafts = expected[facts.message.type.code]?.first { $0.code == code }?.drafts
        return drafts.flatMap { drafted in facts.answers.contains { $0.code == drafted } ? nil : drafted }
    }

    package func contact(for step: EscalationStep) -> String { roster[step] ?? step.rawValue }

    /// The codes that are looked for in a message's case.
    package func expectedCodes(after type: MessageType) -> [String] {
        let codes = (expected[type.code] ?? []).flatMap { answer in
            [answer.code] + answer.endedBy + (answer.isReplaceable ? [type.code] : [])
                + (answer.drafts.map { [$0] } ?? [])
        }
        return Set(codes).sorted()
    }
}

/// Derives what is owed on a message, and which steps of the ladder are to be taken now.
///
/// Nothing is owed by silence alone being broken: an obligation ends with the acknowledgement or the answer itself, or with the
/// message's withdrawal, and with nothing else. A telephone call is noted beside it and ends nothing.
package enum Obligations {
    /// What an assessment comes to.
    package struct Assessment: Hashable, Sendable {
        package let owed: [Obligation]
        /// To be taken now, in the order of their times.
        package let steps: [TakenStep]
        /// `nil` where nothing is owed.
        package let lookAgainAt: Timestamp?
    }

    /// However late something is, it is looked at again within this: clocks are set, and configurations change.
    package static let lookAgainMaximum = Milliseconds.hours(24)

    package static func owed(_ facts: ObligationFacts, by rules: ObligationRules) -> [Obligation] {
        // What only stands in the place of a lost message is dealt with as that (`protocol.md` §9.4).
        guard facts.message.type != ChannelRecovery.lostType else { return [] }
        return facts.isOutgoing ? owedToUs(facts, by: rules) : owedByUs(facts, by: rules)
    }

    package static func assess(
        _ facts: ObligationFacts, by rules: ObligationRules, now: Timestamp
    ) -> Assessment {
        let owed = owed(facts, by: rules)
        guard !owed.isEmpty else { return Assessment(owed: [], steps: [], lookAgainAt: nil) }
        var due: [(at: Timestamp, step: TakenStep)] = []
        var later = now + lookAgainMaximum
        for obligation in owed {
            for (step, at) in ladder(of: obligation, in: facts, by: rules) {
                let taken = TakenStep(subject: obligation.subject, debtor: obligation.debtor, step: step)
                guard !facts.taken.contains(taken) else { continue }
                if at <= now { due.append((at, taken)) } else { later = min(later, at) }
            }
        }
        return Assessment(owed: owed, steps: due.sorted { $0.at < $1.at }.map(\.step), lookAgainAt: later)
    }

    /// What changes with an assessment: the steps with their leaves, one alarm a debtor until what it is about is there, the
    /// end of what was escalated, and when to look again.
    package static func changes(
        _ assessment: Assessment, of facts: ObligationFacts, by rules: ObligationRules, now: Timestamp
    ) -> [LedgerChange] {
        let message = facts.message
        var changes: [LedgerChange] = []
        for step in assessment.steps {
            let late = assessment.owed.first { $0.subject == step.subject && $0.debtor == step.debtor }
            changes += [
                .takeStep(
                    step, of: message.id, contact: rules.contact(for: step.step), since: late?.since,
                    dueAt: late?.dueAt),
                .appendLeaf(
                    AuditLeaf(
                        .escalationStep, at: now, messageID: message.id, partner: step.debtor,
                        note: "\(step.subject.text) \(step.step.rawValue)")),
            ]
        }
        let late = (facts.taken + assessment.steps).filter { step in
            assessment.owed.contains { $0.debtor == step.debtor && $0.subject == step.subject }
        }
        for debtor in facts.alarms where !late.contains(where: { $0.debtor == debtor }) {
            changes.append(.clearAlarm(.acknowledgementOverdue, partner: debtor, messageID: message.id))
        }
        let ended = facts.escalations.filter { !$0.isOwed(in: assessment.owed) }
        // What an alarm says is true of all that is late by now, and not of what was late first.
        for debtor in Set(late.map(\.debtor)).sorted(by: { ($0?.text ?? "") < ($1?.text ?? "") })
        where assessment.steps.contains(where: { $0.debtor == debtor })
            || ended.contains(where: { $0.debtor == debtor })
            || !facts.alarms.contains(debtor)
        {
            changes.append(
                .raiseAlarm(
                    Alarm(
                        code: .acknowledgementOverdue, partner: debtor, messageID: message.id,
                        detail: OverdueWords(of: late.filter { $0.debtor == debtor }, in: facts, by: rules).text,
                        at: now)))
        }
        // One debtor may owe more on a message than what has come: each that was told of hears of its own end.
        for escalation in ended {
            changes += [
                .endEscalation(escalation, of: message.id),
                .appendLeaf(
                    AuditLeaf(
                        .escalationStep, at: now, messageID: message.id, partner: escalation.debtor,
                        note: "\(escalation.subject.text) ended")),
            ]
        }
        changes.append(
            .lookAgain(
                at: message.id, when: assessment.lookAgainAt,
                isEscalated: !(facts.taken + assessment.steps).isEmpty && assessment.lookAgainAt != nil))
        return changes
    }

    // MARK: What others owe us

    private static func owedToUs(_ facts: ObligationFacts, by rules: ObligationRules) -> [Obligation] {
        let clocks = rules.policy[facts.message.priority]
        let calendar = rules.policy.calendar
        var owed: [Obligation] = []
        for sent in facts.sent.once {
            let debtor = sent.recipient.oin
            func add(_ subject: ObligationSubject, since: Timestamp, _ term: Term?) {
                owed.append(
                    Obligation(
                        subject: subject, debtor: debtor, since: since, dueAt: term?.end(after: since, calendar),
                        pressing: facts.message.priority))
            }
            switch sent.transport {
            case .withdrawn: continue
            case .open, .held, .refused:
                add(.acknowledgement(.receipt), since: sent.acceptedAt, clocks.receipt)
            case .receipted:
                let since = sent.receiptedAt ?? sent.acceptedAt
                let wanted = facts.message.wanted
                if wanted >= .ownership, !sent.followUp.meets(.ownership) {
                    add(.acknowledgement(.ownership), since: since, clocks.ownership)
                }
                if wanted >= .outcome, !sent.followUp.meets(.outcome) {
                    add(.acknowledgement(.outcome), since: since, clocks.outcome)
                }
                for answer in rules.expected[facts.message.type.code] ?? [] {
                    let claim = facts.claim(to: answer, on: debtor, isInBearingRole: answer.isOwed(by: sent.recipient))
                    guard !answer.isOver(by: sent.followUp), answer.visibleTo.contains(facts.message.sender.role),
                        !facts.answers.contains(where: { $0.code == answer.code && $0.sender == debtor }),
                        let obligation = facts.obligation(
                            of: debtor, to: answer, by: claim, since: since, otherwise: clocks.term(of: answer),
                            calendar)
                    else { continue }
                    owed.append(obligation)
                }
            }
        }
        return owed + ownAnswers(facts, by: rules)
    }

    // MARK: What we owe

    private static func owedByUs(_ facts: ObligationFacts, by rules: ObligationRules) -> [Obligation] {
        guard let inbox = facts.inbox else { return [] }
        let clocks = rules.policy[facts.message.priority]
        func own(_ level: AcknowledgementLevel, _ term: Term?) -> Obligation {
            Obligation(
                subject: .acknowledgement(level), debtor: nil, since: facts.keptAt,
                dueAt: term?.end(after: facts.keptAt, rules.policy.calendar), pressing: facts.message.priority)
        }
        var owed: [Obligation] = []
        if facts.message.wanted >= .ownership, inbox == .ready { owed.append(own(.ownership, clocks.ownership)) }
        if facts.message.wanted >= .outcome, inbox == .ready || inbox == .owned {
            owed.append(own(.outcome, clocks.outcome))
        }
        owed += watchedAnswers(facts, by: rules)
        // What nobody here owns is not answered; whoever declined it said why.
        return inbox == .declined ? owed : owed + ownAnswers(facts, by: rules)
    }

    /// Answers that other recipients of a received message owe, where this organisation can send something in their place: also
    /// where it declined the message itself.
    private static func watchedAnswers(_ facts: ObligationFacts, by rules: ObligationRules) -> [Obligation] {
        let clocks = rules.policy[facts.message.priority]
        return (rules.expected[facts.message.type.code] ?? []).flatMap { answer -> [Obligation] in
            guard answer.drafts != nil, !answer.visibleTo.isDisjoint(with: rules.ownRoles),
                rules.draft(for: .answer(answer.code), in: facts) != nil
            else { return [] }
            return facts.asked.filter { $0.code == answer.code }.compactMap(\.debtor).filter { debtor in
                !facts.answers.contains { $0.code == answer.code && $0.sender == debtor }
            }.compactMap { debtor in
                facts.obligation(
                    of: debtor, to: answer, by: facts.claim(to: answer, on: debtor, isInBearingRole: false),
                    since: facts.keptAt, otherwise: clocks.term(of: answer), rules.policy.calendar)
            }
        }
    }

    /// Answers that this organisation owes: in one of its roles, or as one of the recipients. They end when those who are told
    /// have acknowledged them, and not when they are sent.
    private static func ownAnswers(_ facts: ObligationFacts, by rules: ObligationRules) -> [Obligation] {
        let clocks = rules.policy[facts.message.priority]
        return (rules.expected[facts.message.type.code] ?? []).compactMap { answer in
            let claim = facts.claim(to: answer, on: nil, isInBearingRole: answer.isOwed(inRoles: rules.ownRoles))
            guard facts.isAskedHere(answer),
                !facts.answers.contains(where: { $0.code == answer.code && $0.sender == nil && $0.isAcknowledged })
            else { return nil }
            return facts.obligation(
                of: nil, to: answer, by: claim, since: facts.keptAt, otherwise: clocks.term(of: answer),
                rules.policy.calendar)
        }
    }

    // MARK: The ladder

    private static func ladder(
        of obligation: Obligation, in facts: ObligationFacts, by rules: ObligationRules
    ) -> [(EscalationStep, Timestamp)] {
        let clocks = rules.policy[obligation.pressing]
        let calendar = rules.policy.calendar
        if obligation.subject == .acknowledgement(.receipt) {
            return [(.dutyOfficer, clocks.receiptAlarm.end(after: obligation.since, calendar))]
        }
        guard let dueAt = obligation.dueAt else { return [] }
        let management = clocks.management.end(after: dueAt, calendar)
        guard obligation.debtor == nil else {
            // Whoever has something to send in its place is told at once, and not only to telephone.
            let first = rules.draft(for: obligation.subject, in: facts) == nil ? [] : [(EscalationStep.remind, dueAt)]
            return first + [(.dutyOfficer, management)]
        }
        return [
            (.remind, dueAt), (.deputy, clocks.deputy.end(after: dueAt, calendar)), (.management, management),
        ]
    }
}

extension EscalationPolicy.Clocks {
    /// When an answer is due that neither its type nor its content gives a span: the same at who owes it and at who waits for
    /// it. One that each recipient gives is its outcome; one that a role is asked for is its next step.
    fileprivate func term(of answer: ExpectedAnswer) -> Term {
        answer.bearer == .eachRecipient ? outcome ?? ownership : ownership
    }
}

extension ExpectedAnswer {
    /// Whether what the debtor did with the message ends it: who was told as one of all may decline, and has answered with its
    /// outcome too, where that says as much.
    fileprivate func isOver(by followUp: FollowUp) -> Bool {
        bearer == .eachRecipient && (followUp == .declined || isGivenByOutcome && followUp.meets(.outcome))
    }

    /// By its type alone, where its content says nothing else.
    fileprivate func isOwed(by recipient: Party) -> Bool { isOwed(inRoles: [recipient.role]) }

    fileprivate func isOwed(inRoles roles: Set<Role>) -> Bool {
        switch bearer {
        case .eachRecipient: !senders.isDisjoint(with: roles)
        case .role(let role): roles.contains(role)
        case .named: false
        }
    }
}

/// On what ground somebody owes an answer, and by when.
private enum Claim: Hashable {
    case none
    case byClock
    case by(Timestamp)
}

extension ObligationFacts {
    /// What the content says goes before what the type says.
    fileprivate func claim(to answer: ExpectedAnswer, on debtor: OIN?, isInBearingRole: Bool) -> Claim {
        let rows = asked.filter { $0.code == answer.code }
        guard !rows.isEmpty else { return !answer.isConditional && isInBearingRole ? .byClock : .none }
        guard let row = rows.first(where: { $0.debtor == debtor }) else { return .none }
        return row.dueAt.map { .by($0) } ?? .byClock
    }

    /// Whether an answer can be owed by this organisation: of what each recipient is asked for, where it is one, and has not
    /// given the answer with its outcome. Who declined is not asked.
    fileprivate func isAskedHere(_ answer: ExpectedAnswer) -> Bool {
        guard answer.bearer == .eachRecipient else { return true }
        return switch inbox {
        case .ready, .owned: true
        case .concluded: !answer.isGivenByOutcome
        case .declined, nil: false
        }
    }

    /// - Returns: `nil` where nobody claims it, or it is over.
    fileprivate func obligation(
        of debtor: OIN?, to answer: ExpectedAnswer, by claim: Claim, since: Timestamp, otherwise clock: Term,
        _ calendar: WorkingCalendar
    ) -> Obligation? {
        guard claim != .none else { return nil }
        let term = answer.within.map { Term.elapsed($0) } ?? clock
        let dueAt = if case .by(let moment) = claim { moment } else { term.end(after: since, calendar) }
        guard !answers.contains(where: { ends(answer, with: $0, dueAt) }) else { return nil }
        return Obligation(
            subject: .answer(answer.code), debtor: debtor, since: since, dueAt: dueAt,
            pressing: answer.pressing ?? message.priority)
    }

    /// Whether a message that came behind this one leaves nothing to be owed: because it brings this one to an end, whoever may
    /// send that, or because its sender put it in the place of this one.
    private func ends(_ answer: ExpectedAnswer, with later: Answer, _ dueAt: Timestamp) -> Bool {
        if answer.endedBy.contains(later.code) { return true }
        guard answer.isReplaceable, later.code == message.type.code,
            later.sender == (isOutgoing ? nil : message.sender.oin)
        else { return false }
        // What did not happen in time is not undone by asking for nothing: it is late until there is another time for it.
        return dueAt > later.keptAt
            || later.asked.contains { $0.code == answer.code && $0.dueAt.map { $0 > dueAt } ?? false }
    }
}

extension [ObligationFacts.Sent] {
    /// Whether everybody who is to know of a message has acknowledged it as far as a person can: L2, or L1 where no more is
    /// wanted. What was withdrawn is for nobody.
    package func areAcknowledged(_ wanted: AcknowledgementLevel) -> Bool {
        let told = once
        let level = Swift.min(wanted, .ownership)
        return !told.isEmpty && told.allSatisfy { $0.transport == .receipted && $0.followUp.meets(level) }
    }

    /// What was not withdrawn, each recipient once. After a loss a message may stand under two numbers of a channel: whoever
    /// has it by one of them has it, and is called once.
    var once: [ObligationFacts.Sent] {
        filter { $0.transport != .withdrawn }.reduce(into: []) { each, sent in
            guard let index = each.firstIndex(where: { $0.recipient.oin == sent.recipient.oin }) else {
                return each.append(sent)
            }
            if sent.reached > each[index].reached { each[index] = sent }
        }
    }
}

extension ObligationFacts.Sent {
    /// The highest level that is acknowledged; 0 where nothing is.
    fileprivate var reached: Int {
        guard transport == .receipted else { return 0 }
        return AcknowledgementLevel.allCases.filter { followUp.meets($0) }.map(\.rawValue).max() ?? 0
    }
}
