import ExchangeCore
import Testing

/// What the recipients of one message say of it, held against each other: whoever was shown something else finds out.
@Suite struct CoRecipientTests {
    private typealias Base = ReceptionTests
    private static let id = Sample.message(80)
    private static let sender = Sample.avim
    private static let speaker = Sample.nidos
    private static let other = Sample.oin("00000099000000004000")

    private static func word(
        digest: UInt8 = 8, sender: OIN = sender, speaker: OIN = speaker, step: AcknowledgementStep = .owned
    ) -> CoRecipientWord {
        CoRecipientWord(
            messageID: id, messageDigest: Sample.digest(digest), sender: sender, speaker: speaker, step: step,
            role: "duty", saidIn: Base.item.messageID)
    }

    private static func facts(
        digest: UInt8? = 8, sender: OIN = sender, isOutgoing: Bool = false, listed: [OIN] = [speaker, other],
        words: [CoRecipientWord] = []
    ) -> CoRecipientFacts {
        CoRecipientFacts(
            message: digest.map { .init(digest: Sample.digest($0), sender: sender, isOutgoing: isOutgoing) },
            listed: digest == nil ? [] : listed, words: words)
    }

    /// What is decided on an L2 that bears a word.
    private static func decide(
        _ word: CoRecipientWord, _ facts: CoRecipientFacts, usage: InboundUsage = .none,
        limits: NodeLimits = NodeLimits()
    ) -> (verdict: ReceptionVerdict, changes: [LedgerChange]) {
        let examination = Examination.verified(
            ReceivedMessage(
                summary: Sample.summary(Base.item, isHandedOver: false), storedEnvelope: [1], predecessor: nil,
                acknowledgement: nil, word: word))
        let all = receptionFacts(facts, usage: usage)
        let verdict = Base.decide(Base.item, examination, facts: all, limits: limits)
        let answer: KeptAnswer? =
            switch verdict {
            case .receipt: .receipt([1])
            case .refuse(let code, _): .refusal(code, [1])
            default: nil
            }
        return (verdict, Base.changes(verdict, examination, answer, all))
    }

    /// What follows from the message itself, which comes with digest 3.
    private static func arrival(
        of listed: [OIN], after words: [CoRecipientWord], isHandedOver: Bool = true
    ) -> [LedgerChange] {
        let examination = Examination.verified(
            ReceivedMessage(
                summary: Sample.summary(Base.item, isHandedOver: isHandedOver), storedEnvelope: [1], predecessor: nil,
                acknowledgement: nil, coRecipients: listed.map { Party(oin: $0, role: .immigration) }))
        let facts = receptionFacts(CoRecipientFacts(message: nil, listed: [], words: words))
        return Base.changes(.receipt, examination, .receipt([1]), facts)
    }

    private static func receptionFacts(_ facts: CoRecipientFacts, usage: InboundUsage = .none) -> ReceptionFacts {
        ReceptionFacts(
            slot: nil, message: nil, predecessor: .here, acknowledged: nil, usage: usage, isConfirmed: true,
            renewedAt: nil, coRecipients: facts)
    }

    private static func alarms(_ changes: [LedgerChange]) -> [Alarm] {
        changes.compactMap { if case .raiseAlarm(let alarm) = $0 { alarm } else { nil } }
    }

    private static func leaves(_ changes: [LedgerChange]) -> [AuditLeaf] {
        changes.compactMap { if case .appendLeaf(let leaf) = $0 { leaf } else { nil } }
    }

    private static func isKept(_ word: CoRecipientWord, in changes: [LedgerChange]) -> Bool {
        changes.contains { if case .keepWord(word, _) = $0 { true } else { false } }
    }

    // MARK: A word

    @Test func `a word on a message that is not here is taken, kept and waited on`() {
        let (verdict, changes) = Self.decide(Self.word(), Self.facts(digest: nil))
        #expect(verdict == .receipt)
        #expect(changes.contains(.keepWord(Self.word(), isAwaited: true)))
        #expect(Self.alarms(changes).isEmpty)
        let leaf = Self.leaves(changes).first { $0.kind == .coRecipientSpoke }
        #expect(leaf?.messageID == Self.id && leaf?.partner == Self.speaker && leaf?.digest == Sample.digest(8))
        #expect(leaf?.note == "owned")
    }

    @Test func `a word for the message that is here says nothing new to anybody`() {
        let (verdict, changes) = Self.decide(Self.word(), Self.facts())
        #expect(verdict == .receipt)
        #expect(changes.contains(.keepWord(Self.word(), isAwaited: false)))
        #expect(Self.alarms(changes).isEmpty)
    }

    @Test func `a word for another digest is an alarm about who sent two, and a leaf with who holds the other`() throws
    {
        let (verdict, changes) = Self.decide(Self.word(digest: 9), Self.facts())
        #expect(verdict == .receipt, "it is true as far as anybody knows: the message of its speaker is another")
        let alarm = try #require(Self.alarms(changes).first)
        #expect(alarm.code == .messagesDiffer && alarm.partner == Self.sender && alarm.messageID == Self.id)
        for part in [Self.sender.text, Self.speaker.text, Sample.digest(8).description, Sample.digest(9).description] {
            #expect(alarm.detail.contains(part), "\(alarm.detail)")
        }
        #expect(alarm.detail.hasPrefix("call ") && alarm.detail.contains("exchange-node evidence export \(Self.id)"))
        let leaf = Self.leaves(changes).first { $0.kind == .messagesDiffer }
        #expect(leaf?.messageID == Self.id && leaf?.partner == Self.speaker && leaf?.digest == Sample.digest(9))
        #expect(leaf?.note == Self.sender.text)
    }

    @Test func `a word that names another sender too is the same difference`() throws {
        let word = Self.word(digest: 9, sender: Self.other)
        let alarm = try #require(Self.alarms(Self.decide(word, Self.facts()).changes).first)
        #expect(alarm.code == .messagesDiffer && alarm.partner == Self.sender)
        #expect(alarm.detail.contains("has of \(Self.other)"), "\(alarm.detail)")
    }

    @Test(arguments: [
        (word(), facts(listed: [other])), (word(digest: 9), facts(listed: [])),
        (word(), facts(sender: speaker)), (word(sender: other), facts()), (word(), facts(isOutgoing: true)),
    ])
    func `a word that cannot be about the message that is here is refused`(
        word: CoRecipientWord, facts: CoRecipientFacts
    ) {
        let (verdict, changes) = Self.decide(word, facts)
        guard case .refuse(.acknowledgementMismatch, let detail) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(detail.utf8.count <= ProtocolLimits.detailMaximumBytes)
        #expect(Self.alarms(changes).map(\.code) == [.acknowledgementMismatch])
        #expect(!Self.isKept(word, in: changes))
    }

    @Test func `what was said already is receipted and changes nothing`() {
        for digest in [UInt8(8), 9] {
            let word = Self.word(digest: digest)
            let (verdict, changes) = Self.decide(word, Self.facts(words: [word]))
            #expect(verdict == .receipt)
            #expect(!Self.isKept(word, in: changes) && Self.alarms(changes).isEmpty)
        }
        let declined = Self.word(step: .declined)
        #expect(Self.isKept(declined, in: Self.decide(declined, Self.facts(words: [Self.word()])).changes))
    }

    @Test func `words of one organisation on one message are bounded, and one beyond them is compared all the same`() {
        let maximum = CoRecipients.speakerMaximumWordsPerMessage
        let words = (0..<maximum).map { Self.word(digest: UInt8(100 + $0)) }
        let (verdict, changes) = Self.decide(Self.word(digest: 9), Self.facts(words: words))
        #expect(verdict == .receipt)
        #expect(!Self.isKept(Self.word(digest: 9), in: changes))
        #expect(Self.alarms(changes).map(\.code) == [.messagesDiffer])
        let others = words.map { Self.word(digest: $0.messageDigest.bytes[0], speaker: Self.other) }
        #expect(
            Self.isKept(Self.word(digest: 9), in: Self.decide(Self.word(digest: 9), Self.facts(words: others)).changes))
    }

    @Test func `a word has no share of the reserve: nobody here waits for it`() {
        var limits = NodeLimits()
        limits.inboundMaximumItemsPerPartnerPerHour = 100
        let usage = InboundUsage(since: Sample.wall, items: 100, refusals: 0)
        let (verdict, _) = Self.decide(Self.word(), Self.facts(digest: nil), usage: usage, limits: limits)
        guard case .later(.quotaExceeded, _, _) = verdict else {
            Issue.record("\(verdict)")
            return
        }
    }

    // MARK: The message behind it

    @Test func `a message keeps whom else it lists`() {
        let changes = Self.arrival(of: [Self.other], after: [])
        #expect(
            changes.contains(
                .keepCoRecipients([Party(oin: Self.other, role: .immigration)], of: Base.item.messageID)))
        #expect(!Self.keepsCoRecipients(Self.arrival(of: [], after: [])))
        #expect(!Self.keepsCoRecipients(Self.arrival(of: [Self.other], after: [], isHandedOver: false)))
    }

    private static func keepsCoRecipients(_ changes: [LedgerChange]) -> Bool {
        changes.contains { if case .keepCoRecipients = $0 { true } else { false } }
    }

    /// Words that came before it, by organisations that it lists.
    private static func earlier(digest: UInt8, speaker: OIN = other, sender: OIN = Sample.nidos) -> CoRecipientWord {
        CoRecipientWord(
            messageID: Base.item.messageID, messageDigest: Sample.digest(digest), sender: sender, speaker: speaker,
            step: .owned, role: "duty", saidIn: Sample.message(90))
    }

    @Test func `a message that comes behind the word of who holds another is the same alarm`() throws {
        let changes = Self.arrival(of: [Self.other, Self.sender], after: [Self.earlier(digest: 9)])
        let alarm = try #require(Self.alarms(changes).first)
        #expect(alarm.code == .messagesDiffer && alarm.partner == Sample.nidos)
        #expect(alarm.messageID == Base.item.messageID)
        #expect(alarm.detail.contains(Self.other.text) && alarm.detail.contains(Sample.digest(9).description))
        #expect(Self.leaves(changes).contains { $0.kind == .messagesDiffer && $0.partner == Self.other })
        #expect(Self.alarms(Self.arrival(of: [Self.other], after: [Self.earlier(digest: 3)])).isEmpty)
    }

    @Test func `each of several words is held against the message that comes`() {
        let words = [
            Self.earlier(digest: 3), Self.earlier(digest: 9, speaker: Self.sender), Self.earlier(digest: 10),
        ]
        let changes = Self.arrival(of: [Self.other, Self.sender], after: words)
        #expect(Self.alarms(changes).map(\.code) == [.messagesDiffer, .messagesDiffer])
        #expect(Self.leaves(changes).count { $0.kind == .messagesDiffer } == 2)
    }

    @Test(arguments: [([OIN](), Sample.nidos), ([other], other)])
    func `a word that was taken too early is the alarm that its refusal would have been`(listed: [OIN], sender: OIN) {
        let changes = Self.arrival(of: listed, after: [Self.earlier(digest: 3, sender: sender)])
        #expect(Self.alarms(changes).map(\.code) == [.acknowledgementMismatch])
        #expect(Self.alarms(changes).map(\.messageID) == [Sample.message(90)])
    }

    @Test func `a message that comes ends that it had not been told`() {
        let changes = Self.arrival(of: [Self.other], after: [Self.earlier(digest: 3)])
        #expect(
            changes.contains(
                .clearAlarm(.listedButNotTold, partner: Self.other, messageID: Base.item.messageID)))
    }

    // MARK: The message that does not come

    private static func look(after span: Milliseconds, isHere: Bool = false, priority: Priority = .asap)
        -> [LedgerChange]
    {
        let rules = ObligationRules(
            policy: EscalationPolicy(), ownRoles: [], expected: [:], dutyContacts: [sender: "duty desk, +31"])
        return CoRecipients.changes(
            looking: AwaitedMessage(
                word: KeptWord(word: word(), keptAt: Sample.wall), priority: priority, isHere: isHere),
            by: rules, now: Sample.wall + span)
    }

    @Test func `a message that others have taken and that has not come when an L1 is due is an alarm, once`() throws {
        let again = LedgerChange.lookAgain(
            at: Base.item.messageID, when: Sample.wall + .minutes(15), isEscalated: false)
        #expect(Self.look(after: .minutes(14)) == [again])
        let changes = Self.look(after: .minutes(15))
        let alarm = try #require(Self.alarms(changes).first)
        #expect(alarm.code == .listedButNotTold && alarm.partner == Self.speaker && alarm.messageID == Self.id)
        #expect(alarm.detail.hasPrefix("call duty desk, +31: "), "\(alarm.detail)")
        #expect(changes.contains(.lookAgain(at: Base.item.messageID, when: nil, isEscalated: false)))
        #expect(Self.alarms(Self.look(after: .minutes(5), priority: .stat)).count == 1, "by the clock of its priority")
    }

    @Test func `a message that has come is looked for no more`() {
        let end = LedgerChange.lookAgain(at: Base.item.messageID, when: nil, isEscalated: false)
        #expect(Self.look(after: .hours(9), isHere: true) == [end])
    }
}
