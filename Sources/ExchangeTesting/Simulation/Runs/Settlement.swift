import ExchangeCore
import ExchangeStore

/// What must have come about between the nodes that were healed, when they had the time for it.
struct Settlement {
    let world: SimulationWorld
    let nodes: [SimulatedNode]
    let agencies: [SimulatedAgency]
    /// Seats that were healed.
    let healed: [Int]

    /// What is not settled yet, in words; empty when all is. It stops looking at the first where `atMost` is 1.
    func open(atMost: Int = .max) -> [String] {
        var found: [String] = []
        for seat in healed where found.count < atMost {
            guard let node = node(seat), node.process != nil, let store = node.disk.durable else {
                found.append("n\(seat) does not run")
                continue
            }
            found += objections(to: store, of: seat)
            found += clonesUnnoticed(in: store, of: seat)
        }
        return Array(found.prefix(atMost))
    }

    /// Who was told by two nodes of one organisation finds out when it next calls that organisation's address.
    private func clonesUnnoticed(in store: MemoryStore, of seat: Int) -> [String] {
        let heard = world.witness.write { history in
            history.clonesHeard.filter { history.mustNotice($0, at: seat) && healed.contains($0.seat) }
        }
        guard !heard.isEmpty else { return [] }
        let alarms = store.alarmEntries(includingCleared: true).map(\.alarm)
        return heard.filter { clone in
            !alarms.contains { $0.code == .partnerCloned && $0.partner == world.oin(clone.seat) }
        }.map { "n\(seat) has no alarm of the two nodes of n\($0.seat)" }
    }

    private func node(_ seat: Int) -> SimulatedNode? { nodes.first { $0.seat == seat } }

    private func objections(to store: MemoryStore, of seat: Int) -> [String] {
        var found: [String] = []
        guard let agency = agencies.first(where: { $0.seat == seat }) else { return [] }
        if !agency.hasSubmittedAll { found.append("a\(seat) has not been told what became of its submissions") }
        if let waiting = store.inbox.ascending.first(where: { !agency.hasKept($0.key) }) {
            found.append("a\(seat) was not handed \(world.trace.name(waiting.key))")
        }
        found += lateness(in: store, of: seat)
        for other in healed where other != seat {
            guard let there = node(other)?.disk.durable else { continue }
            found += objections(from: store, of: seat, to: there, of: other)
        }
        for broken in 0..<world.plan.nodes where !healed.contains(broken) {
            found += objections(to: store, of: seat, aboutBroken: broken)
        }
        return found
    }

    /// Whoever had to be told of what is late was told, and of nothing else.
    private func lateness(in store: MemoryStore, of seat: Int) -> [String] {
        let reader = ObligationReader(world: world)
        let late = reader.owed(on: store, at: world.loop.now, isStill: true).compactMap { owed in
            owed.objection.map { "\(owed.words(at: seat, message: world.trace.name(owed.message))) \($0)" }
        }
        return late
            + reader.idleAlarms(on: store).map { "n\(seat) has an alarm of \(world.trace.name($0)), which is over" }
    }

    private func objections(from here: MemoryStore, of seat: Int, to there: MemoryStore, of other: Int) -> [String] {
        let (way, partner) = ("n\(seat) to n\(other)", world.oin(other))
        guard let row = here.partners[partner] else { return ["\(way): nothing was ever heard of it"] }
        var found: [String] = []
        let open = row.ordinals.ascending.compactMap { here.deliveries[$0.key] }.filter(\.isUnanswered)
        for delivery in open where !isForgottenWithdrawal(delivery, of: seat, here, there) {
            found.append(
                "\(way): number \(delivery.key.number) (\(world.trace.name(delivery.messageID))) is \(delivery.transport)"
            )
        }
        let received = there.partners[world.oin(seat)]
        if let received, !received.gaps.isEmpty { found.append("\(way): numbers are missing there") }
        if let received, received.received.number != row.issued.number {
            found.append("\(way): \(row.issued.number) issued, and \(received.received.number) received without a hole")
        }
        let isSettled = row.agreement?.outgoing.isSettled == true && row.agreement?.incoming.isAgreed == true
        if !isSettled, !isDividedBetweenTwo(seat, here, from: partner) {
            found.append("\(way): the tallies are not settled")
        }
        return found
    }

    /// A store that was put back to before somebody withdrew a message takes it for open, and the partner has its number as
    /// void: an alarm, and people withdraw it again. What nodes could do by themselves, the protocol does not say
    /// (`docs/testing.md`, seed 2352).
    private func isForgottenWithdrawal(
        _ delivery: StoredDelivery, of seat: Int, _ here: MemoryStore, _ there: MemoryStore
    ) -> Bool {
        guard world.witness.write({ $0.seatsWithLostStores.contains(seat) }),
            case .noted(.void, _)? = there.partners[world.oin(seat)]?.slots[delivery.key.number.value]?.answer
        else { return false }
        return here.alarmEntries(includingCleared: false).contains {
            $0.alarm.code == .receiptInvalid && $0.alarm.messageID == delivery.messageID
        }
    }

    /// An organisation that had two nodes, of which each gave out a number that the other gave out too, and one is answered on
    /// both sides: nobody but people can say which message stands there, and they have an alarm of it (`docs/testing.md`,
    /// seed 1342).
    private func isDividedBetweenTwo(_ seat: Int, _ here: MemoryStore, from partner: OIN) -> Bool {
        guard world.witness.write({ $0.seatsWithClones.contains(seat) }) else { return false }
        return here.alarmEntries(includingCleared: false).contains {
            $0.alarm.code == .talliesDiffer && $0.alarm.partner == partner
        }
    }

    /// What waits for who cannot be reached is an alarm to people.
    private func objections(to store: MemoryStore, of seat: Int, aboutBroken broken: Int) -> [String] {
        let partner = world.oin(broken)
        guard let row = store.partners[partner], row.openItems > 0 else { return [] }
        let isAlarmed = store.alarmEntries(includingCleared: false).contains {
            $0.alarm.code == .partnerUnreachable && $0.alarm.partner == partner
        }
        return isAlarmed ? [] : ["n\(seat) has no alarm that n\(broken) is not reached"]
    }
}
