import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import SignalExchange
import Synchronization

/// An organisation beside its node: its case system, which submits and is handed messages, its people, and who operates
/// the node. All of it outlives the node's processes.
final class SimulatedAgency: Sendable {
    /// What is to be submitted, and when.
    struct Assignment: Sendable {
        /// Its place in the history.
        let index: Int
        let at: MonotonicTime
        let submission: History.Submission
        let caseReference: CaseReference
    }

    private static let consumer: ConsumerName = {
        guard let name = ConsumerName("case-system") else { preconditionFailure("the name has the form of one") }
        return name
    }()
    private static let actor = ActorID.user(1000)

    private struct State {
        /// All that its system has ever kept, by id.
        var kept: [MessageID: Digest] = [:]
        /// Those that it also confirmed.
        var confirmed: Set<MessageID> = []
        var openAssignments = 0
    }

    private let world: SimulationWorld
    private let node: SimulatedNode
    private let lots: Lots
    private let state = Mutex(State())

    init(_ world: SimulationWorld, node: SimulatedNode) {
        self.world = world
        self.node = node
        lots = world.lots("agency \(node.name)")
    }

    var seat: Int { node.seat }

    /// Whether its node accepted all that it was to.
    var hasSubmittedAll: Bool { state.withLock { $0.openAssignments == 0 } }

    func hasKept(_ id: MessageID) -> Bool { state.withLock { $0.kept[id] != nil } }

    // MARK: Submitting

    /// Submits what it is assigned: of one case one after the other.
    func take(_ assignments: [Assignment]) {
        state.withLock { $0.openAssignments += assignments.count }
        for (_, ofCase) in Dictionary(grouping: assignments, by: \.submission.caseNumber).sorted(by: { $0.key < $1.key }
        ) {
            world.loop.begin { for assignment in ofCase { await self.carryOut(assignment) } }
        }
    }

    private func carryOut(_ assignment: Assignment) async {
        await wait(until: assignment.at)
        await submit(assignment)
        state.withLock { $0.openAssignments -= 1 }
        guard world.plan.has(.resubmission), lots.draw({ $0.chance(50) }) else { return }
        world.loop.begin {
            await self.wait(self.lots.draw { $0.span(1...60_000) })
            self.world.count(.resubmitted)
            await self.submit(assignment)
        }
    }

    /// Tries until its node says which message it has become.
    private func submit(_ assignment: Assignment) async {
        let document = self.document(assignment)
        while !world.isOver {
            if let process = node.process {
                do {
                    let outcome = try await process.submitting.submit(
                        document, key: assignment.submission.key, by: Self.actor)
                    if process.isRunning { return told(outcome, of: assignment) }
                } catch {
                    world.note(
                        "a\(seat) \(assignment.submission.key): \((error as? NodeError)?.code.rawValue ?? "no answer")")
                }
            }
            await wait(lots.draw { $0.span(200...5_000) })
        }
    }

    private func told(_ outcome: Submitting.Outcome, of assignment: Assignment) {
        world.witness.write { $0.submissions[assignment.index].answers.append(outcome.messageID) }
        world.note(
            "a\(seat) \(assignment.submission.key) is \(world.trace.name(outcome.messageID))"
                + (outcome.isRepeated ? ", as before" : ""))
        if !outcome.isRepeated { thinkAgain(of: outcome.messageID) }
    }

    private func document(_ assignment: Assignment) -> [UInt8] {
        let submission = assignment.submission
        var object = ExampleSignal.submission(
            to: [], priority: submission.priority, caseReference: assignment.caseReference,
            explanation: submission.key)
        object["recipients"] = .array(
            submission.recipients.map { seat in
                let party = world.community.seats[seat].party
                return ["oin": .string(party.oin.text), "role": .string(party.role.rawValue)]
            })
        // The machine's clock has no place in here.
        if case .object(var body)? = object["body"] {
            body["detectedAt"] = .string((world.community.start + .hours(-2)).description)
            object["body"] = .object(body)
        }
        do {
            return try JSONWriter.write(.object(object), limits: .message)
        } catch {
            preconditionFailure("a submission of our own does not encode: \(error)")
        }
    }

    // MARK: Being handed messages

    /// Follows the inbox until the run is over.
    func follow() {
        world.loop.begin {
            while !self.world.isOver {
                await self.wait(self.lots.draw { $0.span(300...3_000) })
                if let process = self.node.process { await self.fetch(from: process) }
            }
        }
    }

    private func fetch(from process: SimulatedProcess) async {
        let (ledger, context) = (process.context.ledger, process.context)
        do {
            guard let consumer = try await ledger.consumer(Self.consumer) else {
                _ = try await ledger.addConsumer(
                    Self.consumer, of: .inbox, fromStart: true, key: context.randomness.bytes16(), by: Self.actor,
                    now: context.now.wall)
                return
            }
            let entries = try await ledger.inboxFeed(
                after: consumer.position, maximumItems: lots.draw { $0.within(1...20) }, now: context.now.wall)
            guard process.isRunning, let last = entries.last else { return }
            for entry in entries { keep(entry.entry, of: process) }
            if world.isFaulty, world.plan.has(.forgetfulConsumer), lots.draw({ $0.chance(20) }) {
                world.count(.notConfirmed)
                return
            }
            let cursor = FeedCursor(key: consumer.key, position: last.position)
            let confirmation = try await ledger.confirm(
                cursor, of: Self.consumer, by: Self.actor, at: context.now.wall)
            guard process.isRunning, case .confirmed = confirmation else { return }
            state.withLock { $0.confirmed.formUnion(entries.map(\.entry.message.id)) }
        } catch {
            world.note("a\(seat) cannot read its inbox")
        }
    }

    private func keep(_ entry: InboxEntry, of process: SimulatedProcess) {
        let id = entry.message.id
        let (isNew, wasConfirmed) = state.withLock { state in
            defer { if state.kept[id] == nil { state.kept[id] = entry.message.digest } }
            return (state.kept[id] == nil, state.confirmed.contains(id))
        }
        let handOver = History.HandOver(
            seat: seat, message: id, digest: entry.message.digest,
            sender: world.witness.seat(entry.message.sender.oin) ?? -1, isFlagged: entry.missingPredecessor != nil,
            wasConfirmed: wasConfirmed, messagesOnDisk: node.disk.durable?.messages.count ?? 0)
        world.witness.write { $0.handOvers.append(handOver) }
        world.note("a\(seat) is handed \(world.trace.name(id))\(entry.missingPredecessor == nil ? "" : ", flagged")")
        guard isNew else { return }
        world.count(.handedOver)
        if entry.missingPredecessor != nil { world.count(.outOfOrder) }
        if lots.draw({ $0.chance(40) }) { world.loop.begin { await self.lookAfter(id) } }
    }

    /// Somebody takes the message, and most bring it to its end.
    private func lookAfter(_ id: MessageID) async {
        for (step, text) in [(AcknowledgementStep.owned, nil), (.concluded, "done")] as [(AcknowledgementStep, String?)]
        {
            await wait(lots.draw { $0.span(100...40_000) })
            guard step == .owned || lots.draw({ $0.chance(60) }) else { return }
            let key = "\(step.rawValue)-\(world.trace.name(id))"
            var isDone = false
            while !world.isOver, !isDone {
                if let process = node.process {
                    do {
                        _ = try await process.steps.perform(
                            step, on: id, role: "duty-guardian", text: text, key: key, by: Self.actor)
                        isDone = process.isRunning
                    } catch let error as NodeError {
                        // A step that cannot be taken is not taken by trying again.
                        guard error.code != .stepNotPossible else { return }
                        world.note("a\(seat) \(key): \(error.code.rawValue)")
                    } catch {
                        world.note("a\(seat) \(key): no answer")
                    }
                }
                if !isDone { await wait(lots.draw { $0.span(200...5_000) }) }
            }
            guard isDone else { continue }
            world.count(.acknowledged)
            if node.disk.durable?.clocks[id]?.isEscalated == true { world.count(.endedLate) }
            if step == .owned {
                world.witness.write { $0.takings.append(History.Taking(seat: seat, message: id)) }
            }
        }
    }

    // MARK: Operating the node

    /// Holds or withdraws one of the open deliveries, where there is one.
    func move(_ event: TransportEvent) { move(event) { _ in true } }

    private func move(_ event: TransportEvent, where isMeant: @escaping @Sendable (DeliveryEntry) -> Bool) {
        world.loop.begin {
            guard let process = self.node.process else { return }
            do {
                var filter = DeliveryFilter()
                filter.onlyOpen = true
                let open = try await process.context.ledger.deliveries(filter).entries
                    .filter { $0.transport == .open && isMeant($0) }
                guard !open.isEmpty else { return }
                let entry = self.lots.draw { $0.pick(open) }
                try await self.move(entry.key, event, at: process)
            } catch {
                self.world.note("o\(self.seat) cannot look at the queue")
            }
        }
    }

    /// Some think better of it as soon as it is handed in, while it may be on its way already.
    private func thinkAgain(of id: MessageID) {
        guard world.isFaulty else { return }
        for (kind, event, percent) in [
            (FaultKind.hold, TransportEvent.heldByOperator, 20), (.withdrawal, .withdrawnByPerson, 8),
        ] where world.plan.has(kind) && lots.draw({ $0.chance(percent) }) {
            move(event) { $0.message.id == id }
        }
    }

    private func move(_ key: DeliveryKey, _ event: TransportEvent, at process: SimulatedProcess) async throws {
        let isMoved = try await process.context.ledger.moveTransport(
            key, event, of: nil, reason: event == .releasedByOperator ? "" : "duty-officer: a reason", by: Self.actor,
            at: process.context.now.wall)
        world.note("o\(seat) \(event) \(key.number) to n\(world.witness.seat(key.partner) ?? -1): \(isMoved)")
        guard isMoved, process.isRunning else { return }
        switch event {
        case .heldByOperator:
            world.count(.held)
            world.loop.begin {
                await self.wait(self.lots.draw { $0.span(1_000...90_000) })
                await self.release(key)
            }
        case .withdrawnByPerson: world.count(.withdrawn)
        case .releasedByOperator: world.count(.released)
        case .receiptVerified, .refusalVerified: break
        }
    }

    /// Lets go whatever is held: also what was held when the node ended before it could say so, and what a store that was
    /// lost gets back as held.
    func releaseAll() {
        world.loop.begin {
            while !self.world.isOver {
                if let process = self.node.process { await self.releaseAll(at: process) }
                await self.wait(self.lots.draw { $0.span(5_000...15_000) })
            }
        }
    }

    private func releaseAll(at process: SimulatedProcess) async {
        do {
            var filter = DeliveryFilter()
            filter.onlyOpen = true
            let held = try await process.context.ledger.deliveries(filter).entries.filter { $0.transport == .held }
            // What no partner gave back has nothing to send, and a person ends it once nothing is got back any more.
            let isBack = try await process.context.ledger.partners().allSatisfy { !$0.account.standing.isRecovering }
            for entry in held {
                let isLost = entry.message.type == ChannelRecovery.lostType
                guard !isLost || (isBack && !world.isFaulty) else { continue }
                try await move(entry.key, isLost ? .withdrawnByPerson : .releasedByOperator, at: process)
            }
        } catch {
            world.note("o\(seat) cannot release what is held")
        }
    }

    private func release(_ key: DeliveryKey) async {
        while !world.isOver {
            if let process = node.process {
                do {
                    try await move(key, .releasedByOperator, at: process)
                    if process.isRunning { return }
                } catch {
                    world.note("o\(seat) cannot release \(key.number)")
                }
            }
            await wait(lots.draw { $0.span(200...5_000) })
        }
    }

    // MARK: Time

    private func wait(_ span: Milliseconds) async { await wait(until: world.loop.now + span) }

    private func wait(until moment: MonotonicTime) async {
        // Nobody cancels these tasks: they end when the run is over.
        try? await world.loop.wait(until: moment)
    }
}
