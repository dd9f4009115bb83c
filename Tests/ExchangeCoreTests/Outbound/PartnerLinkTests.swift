import ExchangeCore
import Testing

@Suite struct PartnerLinkTests {
    private typealias Phase = PartnerLink.Phase
    private typealias Effect = PartnerLink.Effect

    /// A link brought to a phase by lawful events only.
    private static func link(_ events: [PartnerLink.Event], limits: NodeLimits = NodeLimits()) -> PartnerLink {
        var link = PartnerLink(limits: limits, now: Sample.now)
        for event in events { _ = link.handle(event, now: Sample.now) }
        return link
    }

    private static let toIdle: [PartnerLink.Event] = [
        .started, .tallyExchanged(isRecovering: false), .loaded(items: 0, nextDueIn: nil),
    ]
    private static let toTransmitting: [PartnerLink.Event] = [
        .started, .tallyExchanged(isRecovering: false), .loaded(items: 2, nextDueIn: nil),
    ]

    @Test func `a start greets, then loads, then transmits, then loads again`() {
        var link = PartnerLink(limits: NodeLimits(), now: Sample.now)
        #expect(link.phase == .idle)
        #expect(link.handle(.started, now: Sample.now) == [.exchangeTally])
        #expect(link.phase == .greeting)
        #expect(link.handle(.tallyExchanged(isRecovering: false), now: Sample.now) == [.loadDue(halvings: 0)])
        #expect(link.phase == .loading)
        #expect(link.handle(.loaded(items: 3, nextDueIn: nil), now: Sample.now) == [.transmit])
        #expect(link.phase == .transmitting)
        #expect(link.handle(.answered, now: Sample.now) == [.clearUnreachable, .loadDue(halvings: 0)])
        #expect(link.phase == .loading)
        #expect(link.handle(.loaded(items: 3, nextDueIn: nil), now: Sample.now) == [.transmit])
        #expect(link.handle(.answered, now: Sample.now) == [.loadDue(halvings: 0)])
    }

    @Test func `with nothing due the link sleeps until the next tally`() {
        var link = Self.link([.started, .tallyExchanged(isRecovering: false)])
        let effects = link.handle(.loaded(items: 0, nextDueIn: nil), now: Sample.now)
        #expect(effects == [.clearUnreachable, .wake(at: Sample.now.monotonic + ProtocolLimits.tallyInterval)])
        #expect(link.phase == .idle)
    }

    @Test func `a deferred delivery wakes the link when it falls due, and never at once`() {
        let settled: [PartnerLink.Event] = Self.toIdle + [.greetingAsked, .tallyExchanged(isRecovering: false)]
        var link = Self.link(settled)
        #expect(
            link.handle(.loaded(items: 0, nextDueIn: .seconds(5)), now: Sample.now)
                == [.wake(at: Sample.now.monotonic + .seconds(5))])
        var zero = Self.link(settled)
        #expect(
            zero.handle(.loaded(items: 0, nextDueIn: .zero), now: Sample.now)
                == [.wake(at: Sample.now.monotonic + Milliseconds(1))])
        var far = Self.link(settled)
        #expect(
            far.handle(.loaded(items: 0, nextDueIn: .hours(1)), now: Sample.now)
                == [.wake(at: Sample.now.monotonic + ProtocolLimits.tallyInterval)], "tallies go on meanwhile")
    }

    @Test func `a tally is exchanged every minute, also while batches flow`() {
        var idle = Self.link(Self.toIdle)
        #expect(idle.handle(.timerFired, now: Sample.now.after(.seconds(59))) == [.loadDue(halvings: 0)])
        var due = Self.link(Self.toIdle)
        #expect(due.handle(.timerFired, now: Sample.now.after(.minutes(1))) == [.exchangeTally])
        var busy = Self.link(Self.toTransmitting)
        #expect(busy.handle(.answered, now: Sample.now.after(.minutes(1))).contains(.exchangeTally))
    }

    @Test func `work that arrives during loading is not forgotten`() {
        var link = Self.link([.started, .tallyExchanged(isRecovering: false)])
        #expect(link.handle(.workArrived, now: Sample.now).isEmpty)
        #expect(
            link.handle(.loaded(items: 0, nextDueIn: nil), now: Sample.now)
                == [.clearUnreachable, .loadDue(halvings: 0)])
        #expect(link.handle(.loaded(items: 0, nextDueIn: nil), now: Sample.now).count == 1, "and loads but once more")
        #expect(link.phase == .idle)
    }

    @Test(
        arguments: [
            [], toIdle, [.started], [.started, .tallyExchanged(isRecovering: false)], toTransmitting,
            [.started, .failed(jitter: 0)],
        ] as [[PartnerLink.Event]])
    func `work that arrives in any phase is loaded before the link rests`(events: [PartnerLink.Event]) {
        var link = Self.link(events)
        var effects = link.handle(.workArrived, now: Sample.now)
        if events.isEmpty { #expect(effects == [.loadDue(halvings: 0)]) }
        for _ in 0..<6 where !effects.contains(.loadDue(halvings: 0)) {
            let event: PartnerLink.Event =
                switch link.phase {
                case .greeting: .tallyExchanged(isRecovering: false)
                case .recovering: .recovered(.done)
                case .loading: .loaded(items: 0, nextDueIn: nil)
                case .transmitting: .answered
                case .idle, .backingOff, .stopped: .timerFired
                }
            effects = link.handle(event, now: Sample.now.after(.seconds(1)))
        }
        #expect(effects.contains(.loadDue(halvings: 0)))
    }

    @Test func `what is got back comes after what is new, and where it fails, nothing new waits`() {
        var link = Self.link([.started])
        #expect(link.handle(.tallyExchanged(isRecovering: true), now: Sample.now) == [.loadDue(halvings: 0)])
        #expect(link.handle(.loaded(items: 0, nextDueIn: nil), now: Sample.now) == [.recover])
        #expect(link.handle(.workArrived, now: Sample.now).isEmpty)
        #expect(link.handle(.recovered(.more), now: Sample.now).contains(.loadDue(halvings: 0)))
        #expect(link.handle(.loaded(items: 1, nextDueIn: nil), now: Sample.now) == [.transmit])
        #expect(link.handle(.answered, now: Sample.now).contains(.loadDue(halvings: 0)))
        #expect(link.handle(.loaded(items: 0, nextDueIn: nil), now: Sample.now) == [.recover])
        #expect(link.handle(.failed(jitter: 1), now: Sample.now) == [.loadDue(halvings: 0)])
        #expect(
            link.handle(.loaded(items: 0, nextDueIn: nil), now: Sample.now).contains {
                if case .wake = $0 { true } else { false }
            })
        #expect(link.phase == .idle, "it is asked again with the next tally")
        #expect(link.handle(.workArrived, now: Sample.now) == [.loadDue(halvings: 0)])
    }

    @Test func `retry never ends over ten thousand failures`() {
        var random = TestSeed.random
        var link = Self.link([.started])
        var now = Sample.now
        for attempt in 1...10_000 {
            let effects = link.handle(.failed(jitter: random.next()), now: now)
            guard case .backingOff(let until) = link.phase else {
                Issue.record("attempt \(attempt) ended in \(link.phase)")
                return
            }
            // Earlier only for the alarm about it.
            let due = Sample.now.monotonic + NodeLimits().unreachableAlarmAfter
            #expect(effects.contains(.wake(at: now.monotonic < due ? min(until, due) : until)))
            let wait = until.milliseconds - now.monotonic.milliseconds
            #expect(wait >= 0 && wait <= ProtocolLimits.retryMaximum.count)
            now = now.after(Milliseconds(wait))
            #expect(link.handle(.timerFired, now: now) == [.exchangeTally])
        }
        #expect(link.failures == 10_000)
        #expect(link.handle(.tallyExchanged(isRecovering: false), now: now) == [.loadDue(halvings: 0)])
        #expect(link.failures == 0)
    }

    @Test(
        arguments: [[.started], [.started, .tallyExchanged(isRecovering: false)], toTransmitting]
            as [[PartnerLink.Event]])
    func `a failure in any busy phase backs off within the jitter's bounds`(events: [PartnerLink.Event]) {
        var link = Self.link(events)
        let effects = link.handle(.failed(jitter: 400), now: Sample.now)
        let until = Sample.now.monotonic + Milliseconds(400)
        #expect(link.phase == .backingOff(until: until))
        #expect(effects == [.wake(at: until)])
        #expect(link.unreachableSince == Sample.now.wall)
    }

    @Test func `a timer that fires early waits on`() {
        var link = Self.link([.started, .failed(jitter: 1_000)])
        let until = Sample.now.monotonic + .seconds(1)
        #expect(link.handle(.timerFired, now: Sample.now.after(Milliseconds(999))) == [.wake(at: until)])
        #expect(link.handle(.timerFired, now: Sample.now.after(.seconds(1))) == [.exchangeTally])
    }

    @Test func `a sign of life wakes a link that backs off`() {
        var link = PartnerLink(limits: NodeLimits(), now: Sample.now)
        _ = link.handle(.started, now: Sample.now)
        for _ in 0..<20 {
            _ = link.handle(.failed(jitter: 299_999), now: Sample.now)
            if link.failures < 20 { _ = link.handle(.timerFired, now: Sample.now.after(.minutes(5))) }
        }
        #expect(link.phase == .backingOff(until: Sample.now.monotonic + Milliseconds(299_999)))
        #expect(link.handle(.signOfLife, now: Sample.now.after(.seconds(2))) == [.exchangeTally])
        #expect(link.phase == .greeting)
    }

    @Test func `signs of life do not make a link spin`() {
        var link = Self.link([.started])
        var now = Sample.now
        var probes = 0
        // A partner that calls every millisecond for ten seconds, and that cannot be called.
        for _ in 0..<10_000 {
            if link.phase == .greeting {
                probes += 1
                _ = link.handle(.failed(jitter: 299_999), now: now)
            }
            let effects = link.handle(.signOfLife, now: now)
            if case .backingOff(let until) = link.phase {
                #expect(effects == [.wake(at: until)])
                #expect(until.milliseconds - now.monotonic.milliseconds <= ProtocolLimits.retryFirst.count)
            }
            now = now.after(Milliseconds(1))
        }
        #expect((10...11).contains(probes), "\(probes)")
    }

    @Test func `a sign of life never puts a retry off`() {
        var link = Self.link([.started, .failed(jitter: 100)])
        let until = Sample.now.monotonic + Milliseconds(100)
        #expect(link.handle(.signOfLife, now: Sample.now) == [.wake(at: until)])
    }

    @Test func `the alarm is raised once, after five minutes, and cleared by an answer`() {
        var link = Self.link([.started])
        var raised: [Timestamp] = []
        for minute in 0..<20 {
            let now = Sample.now.after(.minutes(Int64(minute)))
            for case .raiseUnreachable(let since) in link.handle(.failed(jitter: 0), now: now) {
                #expect(minute == 5)
                raised.append(since)
                #expect(link.handle(.alarmKept, now: now).isEmpty)
            }
            _ = link.handle(.timerFired, now: now)
        }
        #expect(raised == [Sample.now.wall])
        let later = Sample.now.after(.minutes(20))
        #expect(
            link.handle(.tallyExchanged(isRecovering: false), now: later) == [.loadDue(halvings: 0)],
            "a tally delivers nothing")
        _ = link.handle(.loaded(items: 1, nextDueIn: nil), now: later)
        #expect(link.handle(.answered, now: later) == [.clearUnreachable, .loadDue(halvings: 0)])
        #expect(link.unreachableSince == nil)
        _ = link.handle(.loaded(items: 1, nextDueIn: nil), now: later)
        #expect(link.handle(.answered, now: later) == [.loadDue(halvings: 0)], "and cleared but once")
    }

    @Test func `an alarm that was not kept is raised again, until it is`() {
        var link = Self.link([.started])
        _ = link.handle(.failed(jitter: 0), now: Sample.now)
        for minute in 5..<9 {
            let now = Sample.now.after(.minutes(Int64(minute)))
            _ = link.handle(.timerFired, now: now)
            #expect(link.handle(.failed(jitter: 0), now: now).contains(.raiseUnreachable(since: Sample.now.wall)))
        }
        _ = link.handle(.alarmKept, now: Sample.now)
        _ = link.handle(.timerFired, now: Sample.now.after(.minutes(9)))
        #expect(link.handle(.failed(jitter: 0), now: Sample.now.after(.minutes(9))).count == 1)
    }

    @Test func `the alarm falls due between two attempts, and the next attempt stays where it was`() throws {
        var link = Self.link([.started])
        var now = Sample.now
        let due = Sample.now.monotonic + NodeLimits().unreachableAlarmAfter
        var until = now.monotonic
        var effects: [PartnerLink.Effect] = []
        while until <= due {
            now = Now(monotonic: until, wall: now.wall)
            _ = link.handle(.timerFired, now: now)
            effects = link.handle(.failed(jitter: .max - 1), now: now)
            guard case .backingOff(let next) = link.phase else {
                Issue.record("\(link.phase)")
                return
            }
            until = next
        }
        #expect(effects == [.wake(at: due)])
        let alarm = Now(monotonic: due, wall: now.wall)
        #expect(link.handle(.timerFired, now: alarm) == [.wake(at: until), .raiseUnreachable(since: Sample.now.wall)])
        #expect(link.handle(.alarmKept, now: alarm).isEmpty)
        #expect(link.handle(.timerFired, now: alarm) == [.wake(at: until)])
        #expect(link.handle(.timerFired, now: Now(monotonic: until, wall: now.wall)) == [.exchangeTally])
    }

    @Test func `a clock that is set back does not put the alarm off`() {
        var link = Self.link([.started, .failed(jitter: 0), .timerFired])
        let monotonic = Sample.now.after(.minutes(5)).monotonic
        let setBack = Now(monotonic: monotonic, wall: Timestamp(milliseconds: 0))
        #expect(link.handle(.failed(jitter: 0), now: setBack).contains(.raiseUnreachable(since: Sample.now.wall)))
    }

    @Test func `batches that fail between tallies that do not are waits that grow, and an alarm`() {
        var link = Self.link([.started])
        var now = Sample.now
        var raised = 0
        let due = Sample.now.monotonic + NodeLimits().unreachableAlarmAfter
        for round in 1...12 {
            _ = link.handle(.tallyExchanged(isRecovering: false), now: now)
            _ = link.handle(.loaded(items: 1, nextDueIn: nil), now: now)
            let bound = Backoff.delay(afterFailures: round, jitter: .max)
            let effects = link.handle(.failed(jitter: .max), now: now)
            let until = now.monotonic + bound
            #expect(
                effects.first == .wake(at: now.monotonic < due ? min(until, due) : until), "after \(round) failures")
            #expect(link.failures == round)
            for case .raiseUnreachable in effects {
                raised += 1
                _ = link.handle(.alarmKept, now: now)
            }
            now = now.after(bound)
            #expect(link.handle(.timerFired, now: now) == [.exchangeTally])
        }
        #expect(now.monotonic > Sample.now.monotonic + NodeLimits().unreachableAlarmAfter, "the test is long enough")
        #expect(raised == 1)
        _ = link.handle(.tallyExchanged(isRecovering: false), now: now)
        #expect(link.handle(.loaded(items: 0, nextDueIn: nil), now: now).first == .clearUnreachable)
        #expect(link.failures == 0)
    }

    @Test func `a batch halves with each failure down to one item, and grows again with each answer`() {
        var link = Self.link([.started])
        func next(_ event: PartnerLink.Event) -> Int? {
            _ = link.handle(.loaded(items: 1, nextDueIn: nil), now: Sample.now)
            var effects = link.handle(event, now: Sample.now)
            if case .backingOff = link.phase {
                _ = link.handle(.timerFired, now: Sample.now.after(.minutes(5)))
                effects = link.handle(.tallyExchanged(isRecovering: false), now: Sample.now)
            }
            for case .loadDue(let halvings) in effects { return halvings }
            return nil
        }
        _ = link.handle(.tallyExchanged(isRecovering: false), now: Sample.now)
        let down = (0..<8).map { _ in next(.failed(jitter: 0)) }
        #expect(down == [1, 2, 3, 4, 5, 6, 6, 6])
        #expect(ProtocolLimits.batchMaximumItems >> PartnerLink.halvingsMaximum == 1)
        let up = (0..<7).map { _ in next(.answered) }
        #expect(up == [5, 4, 3, 2, 1, 0, 0])
    }

    @Test func `a greeting that is asked for goes at once, or follows what is on its way`() {
        var idle = Self.link(Self.toIdle)
        #expect(idle.handle(.greetingAsked, now: Sample.now) == [.exchangeTally])
        var busy = Self.link(Self.toTransmitting)
        #expect(busy.handle(.greetingAsked, now: Sample.now).isEmpty)
        #expect(busy.handle(.answered, now: Sample.now) == [.clearUnreachable, .exchangeTally])
        var silent = Self.link([.started, .failed(jitter: 900)])
        let until = Sample.now.monotonic + Milliseconds(900)
        #expect(silent.handle(.greetingAsked, now: Sample.now) == [.wake(at: until)], "and does not spin")
        #expect(silent.handle(.greetingAsked, now: Sample.now.after(.seconds(1))) == [.exchangeTally])
    }

    @Test func `a greeting that is asked for during one follows it, for that one may have been under way before`() {
        var link = Self.link([.started, .greetingAsked, .tallyExchanged(isRecovering: false)])
        #expect(
            link.handle(.loaded(items: 0, nextDueIn: nil), now: Sample.now)
                == [.clearUnreachable, .wake(at: Sample.now.monotonic)])
        #expect(link.handle(.timerFired, now: Sample.now) == [.exchangeTally])
        _ = link.handle(.tallyExchanged(isRecovering: false), now: Sample.now)
        #expect(
            link.handle(.loaded(items: 0, nextDueIn: nil), now: Sample.now)
                == [.wake(at: Sample.now.monotonic + ProtocolLimits.tallyInterval)], "once")
    }

    @Test func `a short silence raises no alarm and clears none`() {
        var link = Self.link([.started, .failed(jitter: 0), .timerFired])
        #expect(link.handle(.tallyExchanged(isRecovering: false), now: Sample.now) == [.loadDue(halvings: 0)])
    }

    @Test func `a stopped link begins nothing`() {
        let events: [PartnerLink.Event] = [
            .started, .workArrived, .signOfLife, .timerFired, .tallyExchanged(isRecovering: false),
            .loaded(items: 1, nextDueIn: nil),
            .answered, .failed(jitter: 1), .alarmKept, .stopping,
        ]
        for opening in [[], [.started], Self.toIdle, Self.toTransmitting] as [[PartnerLink.Event]] {
            var link = Self.link(opening)
            #expect(link.handle(.stopping, now: Sample.now).isEmpty)
            for event in events {
                #expect(link.handle(event, now: Sample.now).isEmpty)
                #expect(link.phase == .stopped)
            }
        }
    }

    @Test func `events that a phase does not wait for change nothing`() {
        let foreign: [([PartnerLink.Event], [PartnerLink.Event])] = [
            (
                Self.toIdle,
                [
                    .signOfLife, .tallyExchanged(isRecovering: false), .loaded(items: 1, nextDueIn: nil), .answered,
                    .failed(jitter: 1),
                ]
            ),
            ([.started], [.started, .signOfLife, .timerFired, .loaded(items: 1, nextDueIn: nil), .answered]),
            (
                [.started, .tallyExchanged(isRecovering: false)],
                [.started, .signOfLife, .timerFired, .tallyExchanged(isRecovering: false), .answered]
            ),
            (
                Self.toTransmitting,
                [
                    .started, .signOfLife, .timerFired, .tallyExchanged(isRecovering: false),
                    .loaded(items: 1, nextDueIn: nil),
                ]
            ),
            (
                [.started, .failed(jitter: 9)],
                [.started, .tallyExchanged(isRecovering: false), .answered, .failed(jitter: 1)]
            ),
        ]
        for (opening, events) in foreign {
            for event in events {
                var link = Self.link(opening)
                let before = link.phase
                #expect(link.handle(event, now: Sample.now).isEmpty, "\(event) in \(before)")
                #expect(link.phase == before)
            }
        }
    }
}
