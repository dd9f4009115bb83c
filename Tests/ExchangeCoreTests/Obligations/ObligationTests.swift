import ExchangeCore
import Testing

struct ObligationTests {
    private static let guardian = Party(oin: oin("00000099000000001000"), role: .guardian)
    private static let police = Party(oin: oin("00000099000000002000"), role: .police)
    private static let reception = Party(oin: oin("00000099000000004000"), role: .reception)
    /// A Thursday, 10:00 in the Netherlands.
    private static let start = Timestamp(milliseconds: 1_795_683_600_000)

    private static func oin(_ text: String) -> OIN {
        guard let oin = OIN(text) else { preconditionFailure("\(text) is an OIN") }
        return oin
    }

    private static func message(
        _ code: String = "SIG-01", priority: Priority = .stat, wanted: AcknowledgementLevel = .outcome,
        from sender: Party = police
    ) throws -> MessageSummary {
        let sample = try #require(MessageType(code: code))
        return MessageSummary(
            id: MessageID(at: start, random: Bytes16(high: 1, low: 2)), digest: .zero, type: sample, sender: sender,
            caseReference: CaseReference(random: Bytes16(high: 3, low: 4)), priority: priority, created: start,
            wanted: wanted, isHandedOver: true)
    }

    private static func rules(_ roles: Set<Role>) -> ObligationRules {
        ObligationRules(
            policy: EscalationPolicy(), ownRoles: roles,
            expected: [
                "SIG-01": [
                    ExpectedAnswer(code: "SIG-02", of: .eachRecipient, visibleTo: [.guardian, .police]),
                    ExpectedAnswer(code: "SIG-04", of: .role(.guardian), visibleTo: [.reception]),
                ]
            ], roster: [.deputy: "deputy desk, +31200000001"], dutyContacts: [guardian.oin: "duty desk, +31200000002"])
    }

    private static func sent(
        _ recipient: Party = guardian, _ transport: TransportState = .receipted, _ followUp: FollowUp = .none
    ) -> ObligationFacts.Sent {
        ObligationFacts.Sent(
            recipient: recipient, transport: transport, followUp: followUp, acceptedAt: start,
            receiptedAt: transport == .receipted ? start : nil)
    }

    private static func facts(
        _ message: MessageSummary, sent: [ObligationFacts.Sent] = [], inbox: InboxState? = nil,
        asked: [AskedAnswer] = [], answers: [ObligationFacts.Answer] = [], taken: [TakenStep] = [], alarms: [OIN?] = []
    ) -> ObligationFacts {
        ObligationFacts(
            message: message, isOutgoing: !sent.isEmpty, keptAt: start, sent: sent, inbox: inbox, asked: asked,
            answers: answers, taken: taken, alarms: alarms)
    }

    private static func assess(
        _ facts: ObligationFacts, as roles: Set<Role> = [.police], after span: Milliseconds
    ) -> Obligations.Assessment {
        Obligations.assess(facts, by: rules(roles), now: start + span)
    }

    private static func subjects(_ facts: ObligationFacts, as roles: Set<Role> = [.police]) -> [String] {
        Obligations.owed(facts, by: rules(roles)).map { "\($0.subject.text) \($0.debtor == nil ? "here" : "there")" }
    }

    // MARK: What is owed

    @Test func `each recipient owes a receipt until it is there, then ownership, an outcome and the answer`() throws {
        let message = try Self.message()
        for transport in [TransportState.open, .held, .refused] {
            #expect(
                Self.subjects(Self.facts(message, sent: [Self.sent(Self.guardian, transport)])) == ["receipt there"])
        }
        #expect(
            Self.subjects(Self.facts(message, sent: [Self.sent()])) == [
                "ownership there", "outcome there", "SIG-02 there",
            ])
        let owned = Self.facts(message, sent: [Self.sent(Self.guardian, .receipted, .owned)])
        #expect(Self.subjects(owned) == ["outcome there", "SIG-02 there"])
        let answered = Self.facts(
            message, sent: [Self.sent(Self.guardian, .receipted, .owned)],
            answers: [.init(code: "SIG-02", sender: Self.guardian.oin, isAcknowledged: true, keptAt: Self.start)])
        #expect(Self.subjects(answered) == ["outcome there"])
        for end in [FollowUp.concluded, .declined] {
            #expect(Self.subjects(Self.facts(message, sent: [Self.sent(Self.guardian, .receipted, end)])) == [])
        }
    }

    @Test func `what was withdrawn is owed by nobody, and another's answer is not a recipient's own`() throws {
        let message = try Self.message()
        let facts = Self.facts(
            message,
            sent: [Self.sent(Self.reception, .withdrawn), Self.sent(Self.guardian, .receipted, .owned)],
            answers: [.init(code: "SIG-02", sender: Self.reception.oin, isAcknowledged: true, keptAt: Self.start)])
        #expect(Self.subjects(facts) == ["outcome there", "SIG-02 there"])
    }

    @Test func `a message that stands under two numbers after a loss is owed once, and by one of them`() throws {
        let message = try Self.message()
        let lost = Self.sent(Self.guardian, .open)
        let twice = Self.facts(message, sent: [lost, Self.sent(), Self.sent()])
        #expect(Self.subjects(twice) == ["ownership there", "outcome there", "SIG-02 there"])
        // Each step is one call.
        let steps = Self.assess(twice, after: .hours(24)).steps
        #expect(!steps.isEmpty && Set(steps).count == steps.count)
        let owned = Self.facts(message, sent: [Self.sent(), Self.sent(Self.guardian, .receipted, .concluded)])
        #expect(Self.subjects(owned) == [])
        #expect(owned.sent.areAcknowledged(.ownership))
    }

    @Test func `a signal that came opens at the guardian the obligation to tell reception`() throws {
        let message = try Self.message()
        let received = Self.facts(message, inbox: .concluded)
        #expect(Self.subjects(received, as: [.guardian]) == ["SIG-04 here"])
        // Nobody but the guardian owes it.
        #expect(Self.subjects(received, as: [.immigration]) == [])
        // And it is not seen from where nobody is told of it.
        #expect(!Self.subjects(Self.facts(message, sent: [Self.sent()])).contains("SIG-04 there"))
    }

    @Test func `the obligation to tell reception closes with its acknowledgement, and not with the sending`() throws {
        let message = try Self.message()
        func owed(isAcknowledged: Bool) -> [String] {
            Self.subjects(
                Self.facts(
                    message, inbox: .concluded,
                    answers: [.init(code: "SIG-04", sender: nil, isAcknowledged: isAcknowledged, keptAt: Self.start)]),
                as: [.guardian])
        }
        #expect(owed(isAcknowledged: false) == ["SIG-04 here"])
        #expect(owed(isAcknowledged: true) == [])
        // A guardian who sends the signal owes it as well.
        let own = Self.facts(
            try Self.message(from: Self.guardian), sent: [Self.sent(Self.police, .receipted, .concluded)])
        #expect(Self.subjects(own, as: [.guardian]).contains("SIG-04 here"))
    }

    @Test func `what nobody has taken is owed here, and what is declined no more`() throws {
        let message = try Self.message("PLC-02")
        #expect(Self.subjects(Self.facts(message, inbox: .ready)) == ["ownership here", "outcome here"])
        #expect(Self.subjects(Self.facts(message, inbox: .owned)) == ["outcome here"])
        for state in [InboxState.declined, .concluded] {
            #expect(Self.subjects(Self.facts(message, inbox: state)) == [])
        }
    }

    @Test func `what brings the message to an end ends the answers that it asks for, whoever sends it`() throws {
        let rules = ObligationRules(
            policy: EscalationPolicy(), ownRoles: [.police],
            expected: [
                "DEP-03": [
                    ExpectedAnswer(
                        code: "DEP-03", of: .role(.police), within: .hours(168), visibleTo: [.guardian],
                        endedBy: ["DEP-04"])
                ]
            ])
        let sent = Self.sent(Self.guardian, .receipted, .concluded)
        func owed(_ answers: [ObligationFacts.Answer]) throws -> [String] {
            let facts = Self.facts(try Self.message("DEP-03"), sent: [sent], answers: answers)
            return Obligations.owed(facts, by: rules).map(\.subject.text)
        }
        #expect(try owed([]) == ["DEP-03"])
        #expect(
            try owed([.init(code: "DEP-04", sender: Self.guardian.oin, isAcknowledged: true, keptAt: Self.start)]) == []
        )
        #expect(rules.expectedCodes(after: try #require(MessageType(code: "DEP-03"))) == ["DEP-03", "DEP-04"])
    }

    // MARK: What the content asks for

    private static func placementRules(_ roles: Set<Role>) -> ObligationRules {
        ObligationRules(
            policy: EscalationPolicy(), ownRoles: roles,
            expected: [
                "PLC-02": [
                    ExpectedAnswer(
                        code: "PLC-03", of: .role(.guardian), isConditional: true, pressing: .stat,
                        visibleTo: [.police], isReplaceable: true)
                ],
                "STO-02": [ExpectedAnswer(code: "STO-03", of: .named, visibleTo: [.police])],
                "DEP-03": [
                    ExpectedAnswer(code: "DEP-03", of: .role(.police), within: .hours(168), visibleTo: [.guardian])
                ],
            ])
    }

    @Test func `what is asked for under a condition is owed where the content asks for it, and by whom it asks`() throws
    {
        let message = try Self.message("PLC-02", wanted: .receipt)
        let due = Self.start + .hours(30)
        func owed(_ asked: [AskedAnswer]) -> [Obligation] {
            Obligations.owed(
                Self.facts(message, sent: [Self.sent(), Self.sent(Self.reception)], asked: asked),
                by: Self.placementRules([.police]))
        }
        #expect(owed([]) == [])
        let asked = owed([AskedAnswer(code: "PLC-03", debtor: Self.reception.oin, dueAt: due)])
        #expect(asked.map(\.debtor) == [Self.reception.oin] && asked.map(\.dueAt) == [due])
        // By the clock where the content names no time.
        let byClock = owed([AskedAnswer(code: "PLC-03", debtor: Self.reception.oin, dueAt: nil)])
        #expect(byClock.map(\.dueAt) == [Self.start + .minutes(30)])
    }

    @Test
    func `what is asked of this organisation is owed here, whatever its role, and a newer message takes its place`()
        throws
    {
        let due = Self.start + .hours(30)
        func owed(_ code: String, _ asked: AskedAnswer, _ answers: [ObligationFacts.Answer] = []) throws -> [Obligation]
        {
            let message = try Self.message(code, wanted: .receipt)
            return Obligations.owed(
                Self.facts(message, inbox: .concluded, asked: [asked], answers: answers),
                by: Self.placementRules([.immigration]))
        }
        let arrival = AskedAnswer(code: "PLC-03", debtor: nil, dueAt: due)
        #expect(try owed("PLC-02", arrival).map(\.dueAt) == [due])
        #expect(
            try owed(
                "PLC-02", arrival,
                [.init(code: "PLC-02", sender: Self.police.oin, isAcknowledged: true, keptAt: Self.start)]) == [])
        #expect(try owed("PLC-02", AskedAnswer(code: "PLC-03", debtor: Self.reception.oin, dueAt: due)) == [])
        // Of the sender of what is answered: who answers for itself, not by a role.
        #expect(
            try owed("STO-02", AskedAnswer(code: "STO-03", debtor: nil, dueAt: nil)).map(\.dueAt) == [
                Self.start + .minutes(30)
            ])
    }

    @Test func `only a later message of the same sender takes the place of one that asks`() throws {
        let message = try Self.message("PLC-02", wanted: .receipt)
        let asked = AskedAnswer(code: "PLC-03", debtor: nil, dueAt: Self.start + .hours(30))
        func owed(_ sender: OIN?, isOutgoing: Bool = false) -> [String] {
            let later = ObligationFacts.Answer(code: "PLC-02", sender: sender, isAcknowledged: true, keptAt: Self.start)
            let facts = ObligationFacts(
                message: message, isOutgoing: isOutgoing, keptAt: Self.start, sent: [],
                inbox: isOutgoing ? nil : .concluded, asked: [asked], answers: [later], taken: [], alarms: [])
            return Obligations.owed(facts, by: Self.placementRules([.immigration])).map(\.subject.text)
        }
        #expect(owed(Self.police.oin) == [])
        for other in [Self.reception.oin, nil] { #expect(owed(other) == ["PLC-03"]) }
        // Of a message of our own it is another of our own.
        #expect(owed(nil, isOutgoing: true) == [])
        #expect(owed(Self.reception.oin, isOutgoing: true) == ["PLC-03"])
    }

    @Test func `what is late is not put aside by a later decision, unless that names a later time`() throws {
        let message = try Self.message("PLC-02", wanted: .receipt)
        let due = Self.start + .hours(30)
        func owed(keptAt: Timestamp, _ asked: [AskedAnswer]) -> [Timestamp?] {
            let later = ObligationFacts.Answer(
                code: "PLC-02", sender: Self.police.oin, isAcknowledged: true, keptAt: keptAt, asked: asked)
            let facts = Self.facts(
                message, inbox: .concluded, asked: [AskedAnswer(code: "PLC-03", debtor: nil, dueAt: due)],
                answers: [later])
            return Obligations.owed(facts, by: Self.placementRules([.immigration])).map(\.dueAt)
        }
        func asking(_ dueAt: Timestamp?) -> [AskedAnswer] {
            [AskedAnswer(code: "PLC-03", debtor: Self.reception.oin, dueAt: dueAt)]
        }
        #expect(owed(keptAt: due + .minutes(-1), []) == [], "taken back in time")
        #expect(owed(keptAt: due, []) == [due], "the child was expected, and is missed")
        for none in [nil, due, due + .hours(-1)] { #expect(owed(keptAt: due + .hours(1), asking(none)) == [due]) }
        #expect(
            owed(keptAt: due + .hours(1), [AskedAnswer(code: "STO-03", debtor: nil, dueAt: due + .hours(9))]) == [due])
        #expect(owed(keptAt: due + .hours(1), asking(due + .hours(24))) == [])
    }

    @Test func `nobody owes an answer that they may not send, as one of all that were told`() throws {
        let rules = ObligationRules(
            policy: EscalationPolicy(), ownRoles: [.reception],
            expected: [
                "SIG-01": [
                    ExpectedAnswer(
                        code: "SIG-02", of: .eachRecipient, visibleTo: [.guardian, .police, .reception],
                        senders: [.guardian, .police])
                ]
            ])
        let message = try Self.message(wanted: .receipt)
        let sent = Self.facts(message, sent: [Self.sent(), Self.sent(Self.reception)])
        #expect(Obligations.owed(sent, by: rules).map(\.debtor) == [Self.guardian.oin])
        #expect(Obligations.owed(Self.facts(message, inbox: .ready), by: rules) == [])
    }

    @Test func `an outcome does not stand for an arrival, and who declines a handover owes none`() throws {
        func rules(_ roles: Set<Role>) -> ObligationRules {
            ObligationRules(
                policy: EscalationPolicy(), ownRoles: roles,
                expected: [
                    "TRF-02": [
                        ExpectedAnswer(
                            code: "PLC-03", of: .eachRecipient, visibleTo: [.police], isGivenByOutcome: false,
                            isReplaceable: true)
                    ]
                ])
        }
        let message = try Self.message("TRF-02")
        func there(_ followUp: FollowUp) -> [String] {
            Obligations.owed(
                Self.facts(message, sent: [Self.sent(Self.guardian, .receipted, followUp)]), by: rules([.police])
            ).map(\.subject.text)
        }
        #expect(there(.concluded) == ["PLC-03"] && there(.declined) == [])
        func here(_ inbox: InboxState) -> [String] {
            Obligations.owed(Self.facts(message, inbox: inbox), by: rules([.guardian])).map(\.subject.text)
        }
        #expect(here(.concluded) == ["PLC-03"] && here(.declined) == [])
    }

    @Test func `a time that the content names goes before the type's own, which counts where it names none`() throws {
        let message = try Self.message("DEP-03", wanted: .receipt)
        func due(_ asked: [AskedAnswer]) -> [Timestamp?] {
            Obligations.owed(
                Self.facts(message, inbox: .concluded, asked: asked), by: Self.placementRules([.police])
            ).map(\.dueAt)
        }
        #expect(due([]) == [Self.start + .hours(168)])
        #expect(
            due([AskedAnswer(code: "DEP-03", debtor: nil, dueAt: Self.start + .hours(20))]) == [Self.start + .hours(20)]
        )
    }

    @Test func `from its due time on an arrival is as pressing as anything, and not before`() throws {
        let message = try Self.message("PLC-02", priority: .routine, wanted: .receipt)
        let due = Self.start + .hours(30)
        let facts = Self.facts(
            message, inbox: .concluded, asked: [AskedAnswer(code: "PLC-03", debtor: nil, dueAt: due)])
        func steps(_ at: Timestamp) -> [EscalationStep] {
            Obligations.assess(facts, by: Self.placementRules([.immigration]), now: at).steps.map(\.step)
        }
        #expect(steps(due + .minutes(-1)) == [])
        #expect(steps(due + .minutes(14)) == [.remind])
        #expect(steps(due + .minutes(30)) == [.remind, .deputy, .management])
    }

    @Test func `whoever can send an alert in its place watches over another's arrival, and is told at once`() throws {
        let message = try Self.message("PLC-02", wanted: .receipt)
        let due = Self.start + .hours(30)
        func rules(drafts: String?) -> ObligationRules {
            ObligationRules(
                policy: EscalationPolicy(), ownRoles: [.guardian],
                expected: [
                    "PLC-02": [
                        ExpectedAnswer(
                            code: "PLC-03", of: .role(.provider), isConditional: true, pressing: .stat,
                            visibleTo: [.guardian], isReplaceable: true, drafts: drafts)
                    ]
                ])
        }
        func facts(_ answers: [ObligationFacts.Answer] = []) -> ObligationFacts {
            Self.facts(
                message, inbox: .declined,
                asked: [AskedAnswer(code: "PLC-03", debtor: Self.reception.oin, dueAt: due)], answers: answers)
        }
        let watching = rules(drafts: "DEP-01")
        let assessment = Obligations.assess(facts(), by: watching, now: due)
        #expect(assessment.owed.map(\.debtor) == [Self.reception.oin] && assessment.steps.map(\.step) == [.remind])
        let words = Obligations.changes(assessment, of: facts(), by: watching, now: due).compactMap { change in
            if case .raiseAlarm(let alarm) = change { alarm.detail } else { nil }
        }
        #expect(words.first?.contains("exchange-node case draft \(message.caseReference)") == true, "\(words)")
        #expect(watching.expectedCodes(after: message.type) == ["DEP-01", "PLC-02", "PLC-03"])
        // Nobody else watches, and with the arrival or the alert nobody.
        #expect(Obligations.owed(facts(), by: rules(drafts: nil)) == [])
        for (code, sender) in [("PLC-03", Self.reception.oin), ("DEP-01", Self.police.oin), ("DEP-01", nil)] {
            #expect(
                Obligations.owed(
                    facts([.init(code: code, sender: sender, isAcknowledged: true, keptAt: Self.start)]), by: watching)
                    == [])
        }
    }

    // MARK: The ladder

    @Test func `the ladder reminds, then tells the deputy, then management, each once`() throws {
        let message = try Self.message("PLC-02")
        var taken: [TakenStep] = []
        var seen: [[EscalationStep]] = []
        for minutes in [29, 30, 44, 45, 59, 60, 239] {
            let assessment = Self.assess(
                Self.facts(message, inbox: .ready, taken: taken), after: .minutes(Int64(minutes)))
            seen.append(assessment.steps.map(\.step))
            taken += assessment.steps
        }
        #expect(seen == [[], [.remind], [], [.deputy], [], [.management], []])
        #expect(taken.allSatisfy { $0.subject == .acknowledgement(.ownership) && $0.debtor == nil })
    }

    @Test func `a node that was away takes all steps that are due, in their order`() throws {
        let assessment = Self.assess(Self.facts(try Self.message("PLC-02"), inbox: .ready), after: .hours(3))
        #expect(assessment.steps.map(\.step) == [.remind, .deputy, .management])
    }

    @Test func `the sender's duty officer is told of a receipt that is not there, with the recipient's telephone`()
        throws
    {
        let facts = Self.facts(try Self.message(), sent: [Self.sent(Self.guardian, .open)])
        #expect(Self.assess(facts, after: .minutes(4)).steps == [])
        let assessment = Self.assess(facts, after: .minutes(5))
        #expect(assessment.steps.map(\.step) == [.dutyOfficer])
        let alarms = Obligations.changes(assessment, of: facts, by: Self.rules([.police]), now: Self.start)
            .compactMap { change -> Alarm? in
                if case .raiseAlarm(let alarm) = change { alarm } else { nil }
            }
        #expect(alarms.map(\.partner) == [Self.guardian.oin])
        #expect(alarms.first?.detail.contains("+31200000002") == true, "\(alarms)")
    }

    @Test func `each step has its leaf and its alarm, which ends with the acknowledgement and not before`() throws {
        let message = try Self.message("PLC-02")
        let late = Self.facts(message, inbox: .ready)
        let assessment = Self.assess(late, after: .minutes(46))
        let changes = Obligations.changes(assessment, of: late, by: Self.rules([.police]), now: Self.start)
        #expect(changes.count { if case .takeStep = $0 { true } else { false } } == 2)
        #expect(changes.count { if case .appendLeaf = $0 { true } else { false } } == 2)
        #expect(
            changes.contains {
                if case .raiseAlarm(let alarm) = $0 { alarm.detail.contains("deputy desk") } else { false }
            })
        func ends(_ state: InboxState) -> Bool {
            let facts = Self.facts(message, inbox: state, taken: assessment.steps, alarms: [nil])
            let now = Self.assess(facts, after: .minutes(50))
            return Obligations.changes(now, of: facts, by: Self.rules([.police]), now: Self.start).contains {
                if case .clearAlarm(.acknowledgementOverdue, nil, message.id) = $0 { true } else { false }
            }
        }
        #expect(!ends(.ready) && ends(.owned))
    }

    @Test func `an answer is due at the same time for who owes it and for who waits for it`() throws {
        for priority in Priority.allCases {
            let message = try Self.message(priority: priority)
            func due(_ facts: ObligationFacts, as roles: Set<Role>) -> Timestamp? {
                Obligations.owed(facts, by: Self.rules(roles)).first { $0.subject == .answer("SIG-02") }?.dueAt
            }
            let there = due(Self.facts(message, sent: [Self.sent()]), as: [.police])
            #expect(there != nil && there == due(Self.facts(message, inbox: .ready), as: [.guardian]))
        }
    }

    private static func words(_ facts: ObligationFacts, as roles: Set<Role>, after span: Milliseconds) -> [String] {
        Obligations.changes(assess(facts, as: roles, after: span), of: facts, by: rules(roles), now: start + span)
            .compactMap { if case .raiseAlarm(let alarm) = $0 { alarm.detail } else { nil } }
    }

    @Test func `an alarm says the gravest of what is late, and names the rest`() throws {
        let message = try Self.message()
        let received = Self.facts(message, inbox: .ready)
        let words = try #require(Self.words(received, as: [.guardian], after: .minutes(65)).first)
        #expect(words.hasPrefix("tell management: nobody has taken this message here"), "\(words)")
        #expect(words.contains("late too: SIG-04 (management)"), "\(words)")
        // What is over is not what the alarm goes on to say.
        let taken = Self.assess(received, as: [.guardian], after: .minutes(65)).steps
        let open = OpenEscalation(
            first: TakenStep(subject: .acknowledgement(.ownership), debtor: nil, step: .remind), contact: "desk",
            since: nil, dueAt: nil)
        let owned = ObligationFacts(
            message: message, isOutgoing: false, keptAt: Self.start, sent: [], inbox: .owned, answers: [],
            taken: taken, alarms: [nil], escalations: [open])
        let later = try #require(Self.words(owned, as: [.guardian], after: .minutes(66)).first)
        #expect(
            later.contains("SIG-04, which this message asks for") && !later.contains("nobody has taken"), "\(later)")
        // An alarm that somebody took away, while it is late, stands again at the next look.
        let cleared = Self.facts(message, inbox: .ready, taken: taken)
        #expect(Self.words(cleared, as: [.guardian], after: .minutes(66)).count == 1)
    }

    @Test func `nobody is sent to call a recipient about what is held here`() throws {
        let message = try Self.message()
        let held = Self.facts(message, sent: [Self.sent(Self.guardian, .held)])
        let words = try #require(Self.words(held, as: [.police], after: .minutes(6)).first)
        #expect(words.contains("held here") && !words.contains("calls"), "\(words)")
        // By what it stands under now, where it was withdrawn under another number before.
        let again = Self.facts(
            message, sent: [Self.sent(Self.guardian, .withdrawn), Self.sent(Self.guardian, .held)])
        #expect(Self.words(again, as: [.police], after: .minutes(6)) == [words])
        let refused = Self.facts(message, sent: [Self.sent(Self.guardian, .refused)])
        let other = try #require(Self.words(refused, as: [.police], after: .minutes(6)).first)
        #expect(other.contains("who calls duty desk, +31200000002: this message was refused there"), "\(other)")
    }

    @Test func `what was escalated ends with its own obligation, also where the debtor owes more`() throws {
        let message = try Self.message("PLC-02")
        func escalation(_ level: AcknowledgementLevel) -> OpenEscalation {
            let step = TakenStep(subject: .acknowledgement(level), debtor: nil, step: .remind)
            return OpenEscalation(first: step, contact: "duty desk", since: Self.start, dueAt: Self.start)
        }
        func ended(_ state: InboxState) -> [String] {
            let facts = ObligationFacts(
                message: message, isOutgoing: false, keptAt: Self.start, sent: [], inbox: state, answers: [], taken: [],
                alarms: [], escalations: [escalation(.ownership), escalation(.outcome)])
            let assessment = Self.assess(facts, after: .minutes(1))
            return Obligations.changes(assessment, of: facts, by: Self.rules([.police]), now: Self.start)
                .compactMap { change in
                    if case .endEscalation(let escalation, message.id) = change { escalation.subject.text } else { nil }
                }
        }
        #expect(ended(.ready) == [])
        #expect(ended(.owned) == ["ownership"])
        #expect(ended(.concluded) == ["ownership", "outcome"])
    }

    @Test func `while anything is owed it is looked at again, and within a day`() throws {
        let routine = try Self.message("PLC-02", priority: .routine)
        let owned = Self.facts(routine, inbox: .owned)
        #expect(Self.assess(owned, after: .hours(1)).lookAgainAt == Self.start + .hours(1) + .hours(24))
        let ready = Self.facts(try Self.message("PLC-02"), inbox: .ready)
        #expect(Self.assess(ready, after: .minutes(1)).lookAgainAt == Self.start + .minutes(30))
        #expect(Self.assess(Self.facts(routine, inbox: .concluded), after: .hours(1)).lookAgainAt == nil)
    }

    @Test func `urgent and routine count in working days`() throws {
        let friday = Self.start + .hours(24)
        for (priority, due) in [(Priority.urgent, friday), (.asap, Self.start + .hours(4))] {
            let owed = Obligations.owed(
                Self.facts(try Self.message("PLC-02", priority: priority), inbox: .ready), by: Self.rules([.police]))
            #expect(owed.first?.dueAt == due, "\(priority)")
        }
    }
}
