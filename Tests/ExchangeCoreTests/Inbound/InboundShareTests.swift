import ExchangeCore
import Testing

/// What a partner may use of a node within an hour, and what it may still send beyond it.
@Suite struct InboundShareTests {
    private typealias Base = ReceptionTests

    private static let limits: NodeLimits = {
        var limits = NodeLimits()
        limits.inboundMaximumItemsPerPartnerPerHour = 100
        limits.refusalsMaximumPerPartnerPerHour = 5
        limits.queueReservePercent = 10
        return limits
    }()

    private static func facts(
        items: Int, refusals: Int = 0, slot: FilledSlot? = nil, message: KnownMessage? = nil,
        acknowledged: AcknowledgedDelivery? = nil, since: Timestamp = Sample.wall
    ) -> ReceptionFacts {
        Base.facts(
            slot: slot, message: message, acknowledged: acknowledged,
            usage: InboundUsage(since: since, items: items, refusals: refusals))
    }

    private static func isPutOff(_ verdict: ReceptionVerdict) -> Bool {
        if case .later(.quotaExceeded, _, alarm: .quotaExceeded) = verdict { true } else { false }
    }

    @Test func `what a partner sends beyond its share and the reserve is put off before any decryption`() {
        #expect(Base.triage(facts: Self.facts(items: 109), limits: Self.limits) == .examine)
        #expect(Self.isPutOff(Base.triage(facts: Self.facts(items: 110), limits: Self.limits)))
        let pressing = Base.verified(priority: .stat)
        #expect(Self.isPutOff(Base.decide(Base.item, pressing, facts: Self.facts(items: 110), limits: Self.limits)))
    }

    @Test func `the reserve takes stat messages and acknowledgements, and nothing else`() {
        let acknowledged = AcknowledgedDelivery(
            digest: Sample.digest(8), transport: .receipted, followUp: .none)
        for items in [100, 109] {
            let facts = Self.facts(items: items, acknowledged: acknowledged)
            func verdict(_ examination: Examination) -> ReceptionVerdict {
                Base.decide(Base.item, examination, facts: facts, limits: Self.limits)
            }
            #expect(verdict(Base.verified(priority: .stat)) == .receipt)
            #expect(verdict(Base.verified(acknowledgement: Base.acknowledgement())) == .receipt)
            #expect(Self.isPutOff(verdict(Base.verified(priority: .asap))))
            #expect(Self.isPutOff(verdict(.refused(.schemaViolated, detail: "x"))))
            #expect(Self.isPutOff(verdict(.declared(.void, reason: "withdrawn"))))
            let later = Examination.later(.storageUnavailable, detail: "x")
            #expect(verdict(later) == .later(.storageUnavailable, detail: "x", alarm: nil))
        }
        let below = Self.facts(items: 99)
        #expect(
            Base.decide(Base.item, Base.verified(priority: .routine), facts: below, limits: Self.limits) == .receipt)
    }

    @Test func `one message under ever new numbers uses up the share like any other`() {
        let known = KnownMessage(digest: Base.item.messageDigest, answer: Base.receipt)
        let facts = Self.facts(items: 100, message: known)
        #expect(Self.isPutOff(Base.decide(Base.item, Base.verified(), facts: facts, limits: Self.limits)))
    }

    @Test func `a stored answer is repeated, however much the partner has sent`() {
        for answer in [Base.receipt, Base.refusal, Base.void] {
            let facts = Self.facts(items: 1_000_000, slot: FilledSlot(item: Base.item, answer: answer))
            #expect(Base.triage(facts: facts, limits: Self.limits) == .repeat(answer))
        }
    }

    @Test func `refusals beyond their share are not signed, and what is good is still received`() {
        let facts = Self.facts(items: 5, refusals: 5)
        #expect(
            Self.isPutOff(
                Base.decide(Base.item, .refused(.schemaViolated, detail: "x"), facts: facts, limits: Self.limits)))
        let conflict = Self.facts(
            items: 5, refusals: 5, message: KnownMessage(digest: Sample.digest(99), answer: Base.receipt))
        #expect(Self.isPutOff(Base.triage(facts: conflict, limits: Self.limits)))
        #expect(
            Base.decide(Base.item, Base.verified(priority: .routine), facts: facts, limits: Self.limits) == .receipt)
        let before = Self.facts(items: 4, refusals: 4)
        #expect(
            Base.decide(Base.item, .refused(.schemaViolated, detail: "x"), facts: before, limits: Self.limits)
                == .refuse(.schemaViolated, detail: "x"))
    }

    @Test(arguments: [-1, InboundUsage.window.count, 400 * InboundUsage.window.count] as [Int64])
    func `a share is whole again after an hour, and where the clock was set back`(passed: Int64) {
        let facts = Self.facts(items: 110, since: Sample.wall + Milliseconds(-passed))
        #expect(Base.triage(facts: facts, limits: Self.limits) == .examine)
        let changes = Base.changes(.receipt, Base.verified(), Base.receipt, facts)
        #expect(changes.contains(Base.counted()))
    }

    @Test(arguments: [0, InboundUsage.window.count - 1])
    func `within the hour everything that fills a number is counted`(passed: Int64) {
        let since = Sample.wall + Milliseconds(-passed)
        let facts = Self.facts(items: 7, refusals: 2, since: since)
        func counted(_ verdict: ReceptionVerdict, _ examination: Examination, _ answer: KeptAnswer?) -> [InboundUsage] {
            Base.changes(verdict, examination, answer, facts).compactMap {
                if case .countUsage(of: Sample.nidos, let usage) = $0 { usage } else { nil }
            }
        }
        let inVain = InboundUsage.InVain(since: Sample.wall, count: 0)
        let one = InboundUsage(since: since, items: 8, refusals: 2, inVain: inVain)
        #expect(counted(.receipt, Base.verified(), Base.receipt) == [one])
        #expect(counted(.repeat(Base.receipt), Base.verified(), nil) == [one])
        #expect(counted(.note(.void, reason: "w"), .declared(.void, reason: "w"), nil) == [one])
        #expect(
            counted(.refuse(.codeUnknown, detail: ""), .refused(.codeUnknown, detail: ""), .refusal(.codeUnknown, [1]))
                == [InboundUsage(since: since, items: 8, refusals: 3, inVain: inVain)])
    }

    @Test func `what was examined and put off is counted apart, and what was not is not`() {
        func counted(_ examination: Examination, alarm: AlarmCode?) -> [InboundUsage] {
            let later = ReceptionVerdict.later(.keyUnknown, detail: "", alarm: alarm)
            return Base.changes(later, examination, nil, Self.facts(items: 7, refusals: 2)).compactMap {
                if case .countUsage(of: Sample.nidos, let usage) = $0 { usage } else { nil }
            }
        }
        let one = InboundUsage(
            since: Sample.wall, items: 7, refusals: 2, inVain: InboundUsage.InVain(since: Sample.wall, count: 1))
        let examined: [Examination] = [
            .later(.signerUnknown, detail: ""), Base.verified(), .refused(.codeUnknown, detail: ""),
        ]
        let looked: [Examination] = [
            .notExamined, .declared(.void, reason: ""), .later(.keyUnknown, detail: ""),
            .later(.internalFault, detail: ""),
        ]
        for alarm in [nil, AlarmCode.keyUnknown] {
            for examination in examined { #expect(counted(examination, alarm: alarm) == [one]) }
            for examination in looked { #expect(counted(examination, alarm: alarm).isEmpty) }
        }
    }

    @Test func `who had much examined in vain has nothing more examined within the minute, and then again`() throws {
        let maximum = InboundUsage.InVain.maximum(Self.limits)
        #expect(maximum == ProtocolLimits.batchMaximumItems, "one batch in any case")
        func facts(_ count: Int, ago: Milliseconds = .seconds(0)) -> ReceptionFacts {
            let since = Sample.wall + Milliseconds(-ago.count)
            return Base.facts(
                usage: InboundUsage(
                    since: Sample.wall, items: 3, inVain: InboundUsage.InVain(since: since, count: count)))
        }
        #expect(Base.triage(facts: facts(maximum - 1), limits: Self.limits) == .examine)
        let verdict = Base.triage(facts: facts(maximum), limits: Self.limits)
        guard case .later(.quotaExceeded, let detail, alarm: .quotaExceeded) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(detail.contains("put off within a minute"), "\(detail)")
        let almost = Milliseconds(InboundUsage.InVain.window.count - 1)
        #expect(Self.isPutOff(Base.triage(facts: facts(maximum, ago: almost), limits: Self.limits)))
        let over = facts(maximum, ago: InboundUsage.InVain.window)
        #expect(Base.triage(facts: over, limits: Self.limits) == .examine)
        #expect(over.usage.current(at: Sample.wall).items == 3, "the hour goes on")
        // Below that what is put off takes nothing of what the others may use.
        #expect(
            Base.decide(Base.item, Base.verified(priority: .routine), facts: facts(maximum - 1), limits: Self.limits)
                == .receipt)
        #expect(InboundUsage.InVain.maximum(NodeLimits()) == 16_666)
    }

    @Test func `a share that is used up is one alarm of the partner, whatever the message`() {
        let facts = Self.facts(items: 110)
        let verdict = Base.triage(facts: facts, limits: Self.limits)
        guard case .raiseAlarm(let alarm)? = Base.changes(verdict, .notExamined, nil, facts).first else {
            Issue.record("no alarm")
            return
        }
        #expect(alarm.code == .quotaExceeded)
        #expect(alarm.partner == Sample.nidos)
        #expect(alarm.messageID == nil)
    }
}
