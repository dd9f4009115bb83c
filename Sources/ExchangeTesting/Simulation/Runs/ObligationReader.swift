import ExchangeCore
import ExchangeStore

/// What is owed by what lies on a disk, found without the node's own judgement of it: from deliveries, inbox and clocks alone.
struct ObligationReader {
    /// What became late so short a time ago, a node need not have looked at yet.
    private static let lookMaximum = Milliseconds.seconds(5)

    let world: SimulationWorld
    private let clocks = SimulatedProcess.clocks

    init(world: SimulationWorld) { self.world = world }

    /// - Parameter isStill: whether this node has run undisturbed, so that it has told what is late.
    func owed(on store: MemoryStore, at moment: MonotonicTime, isStill: Bool) -> [OwedOnDisk] {
        let now = world.community.start + Milliseconds(moment.milliseconds)
        let alarms = store.alarmEntries(includingCleared: false).map(\.alarm)
            .filter { $0.code == .acknowledgementOverdue }
        return store.messages.ascending.flatMap { id, kept -> [OwedOnDisk] in
            guard kept.summary.type != ChannelRecovery.lostType else { return [] }
            let taken = store.escalations(of: id)
            return owed(on: kept, in: store).map { what, debtor, since in
                let steps = taken.filter { $0.debtor == debtor }.reduce(into: [EscalationStep]()) { steps, entry in
                    switch entry.kind {
                    case .step(let step, .acknowledgement(what)): steps.append(step)
                    // What was over and is owed again, as after a store was put back, begins its ladder anew.
                    case .ended(.acknowledgement(what)): steps = []
                    default: break
                    }
                }
                return OwedOnDisk(
                    message: id, level: what, debtor: debtor.flatMap(world.witness.seat),
                    isWatched: store.clocks[id] != nil, steps: steps,
                    due: isStill
                        ? ladder(what, isOwn: debtor == nil, since).filter { $0.at + Self.lookMaximum <= now }
                            .map(\.step) : [],
                    isAlarmed: alarms.contains { $0.messageID == id && $0.partner == debtor })
            }
        }
    }

    /// Alarms of something late, where nothing of the kind is owed any more.
    func idleAlarms(on store: MemoryStore) -> [MessageID] {
        store.alarmEntries(includingCleared: false).map(\.alarm).compactMap { alarm in
            guard alarm.code == .acknowledgementOverdue, let id = alarm.messageID, let kept = store.messages[id] else {
                return nil
            }
            let steps = store.escalations(of: id)
            // What is owed as an answer nobody here gives: it stays owed.
            let isOwed = steps.contains { entry in
                guard entry.debtor == alarm.partner, case .step(_, let subject) = entry.kind else { return false }
                guard case .acknowledgement(let level) = subject else { return true }
                return owed(on: kept, in: store).contains { $0.level == level && $0.debtor == entry.debtor }
            }
            return isOwed ? nil : id
        }
    }

    private func owed(
        on kept: StoredMessage, in store: MemoryStore
    ) -> [(level: AcknowledgementLevel, debtor: OIN?, since: Timestamp)] {
        let (id, wanted) = (kept.summary.id, kept.summary.wanted)
        guard kept.isOutgoing else {
            guard let state = store.inbox[id]?.state else { return [] }
            let levels: [AcknowledgementLevel] =
                switch state {
                case .ready: [.ownership, .outcome]
                case .owned: [.outcome]
                default: []
                }
            return levels.filter { wanted >= $0 }.map { ($0, nil, kept.keptAt) }
        }
        let toEach = Dictionary(grouping: store.deliveries(of: id).filter { $0.transport != .withdrawn }) {
            $0.recipient.oin
        }
        return toEach.sorted { $0.key < $1.key }.flatMap { debtor, rows -> [(AcknowledgementLevel, OIN?, Timestamp)] in
            let receipted = rows.filter { $0.transport == .receipted }
            guard !receipted.isEmpty else {
                return [(.receipt, debtor, rows.map(\.acceptedAt).max() ?? kept.keptAt)]
            }
            // Where a message stands under two numbers, the later is the one that must be late.
            let since = receipted.map { $0.receiptedAt ?? $0.acceptedAt }.max() ?? kept.keptAt
            return [AcknowledgementLevel.ownership, .outcome].filter { level in
                wanted >= level && !receipted.contains { $0.followUp.meets(level) }
            }.map { ($0, debtor, since) }
        }
    }

    private func ladder(
        _ level: AcknowledgementLevel, isOwn: Bool, _ since: Timestamp
    ) -> [(step: EscalationStep, at: Timestamp)] {
        func after(_ term: Term?) -> Milliseconds {
            guard case .elapsed(let span)? = term else { preconditionFailure("a simulation has no working days") }
            return span
        }
        guard level != .receipt else { return [(.dutyOfficer, since + after(clocks.receiptAlarm))] }
        let due = since + after(level == .ownership ? clocks.ownership : clocks.outcome)
        guard isOwn else { return [(.dutyOfficer, due + after(clocks.management))] }
        return [
            (.remind, due), (.deputy, due + after(clocks.deputy)), (.management, due + after(clocks.management)),
        ]
    }
}
