import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange

/// Plays a scenario on a running community.
struct Play: Sendable {
    let scenario: Scenario
    let casting: Casting
    let board: Board
    let narrator: Narrator
    private let clock = StoryClock()

    init(scenario: Scenario, casting: Casting, board: Board, narrator: Narrator) {
        self.scenario = scenario
        self.casting = casting
        self.board = board
        self.narrator = narrator
    }

    /// Returns when the last act is over.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for cast in Cast.allCases {
                let desk = Desk(cast: cast, api: casting[cast].api, policy: scenario.answers, board: board)
                let watch = Watch(sender: cast, casting: casting, board: board, narrator: narrator)
                group.addTask { try await desk.work() }
                group.addTask { try await watch.look() }
            }
            group.addTask {
                for act in scenario.acts {
                    await narrator.open(act)
                    for step in act.steps { try await perform(step) }
                }
                for cast in Cast.allCases { try await lookAgain(at: cast) }
            }
            // Desks and watches work until they are cancelled: who ends first is the scenario, or a fault.
            try await group.next()
            group.cancelAll()
        }
    }

    /// People also take and conclude what nobody asks them to: the matrix has it, and the story does not wait for it.
    private func lookAgain(at sender: Cast) async throws {
        var rows: [MessageID: [Cast: DeliveryRow]] = [:]
        for entry in await board.entries where entry.message.sender == sender {
            rows.merge(casting.byRecipient(try await casting[sender].api.deliveries(of: entry.id))) { $1 }
        }
        for progress in await board.progress(in: rows) { await board.take(progress) }
    }

    private func perform(_ step: Step) async throws {
        switch step {
        case .note(let text): await narrator.note(text)
        case .send(let messages):
            try await withThrowingTaskGroup { group in
                for message in messages { group.addTask { try await send(message) } }
                for try await () in group {}
            }
        case .refused(let message, let rule): try await ask(message, refusedBy: rule)
        case .told(let label, let recipients):
            try await board.wait(for: "\(recipients.names) to be told of \(label)") { entries in
                guard let entry = entries.first(where: { $0.message.label == label }) else { return false }
                return recipients.allSatisfy { entry.delivery(to: $0)?.isReceipted ?? false }
            }
        case .settled:
            try await board.wait(for: "every message to be told, owned and concluded") { entries in
                entries.allSatisfy(\.isSettled)
            }
        case .later(let time): try await letPass(until: time)
        case .ladder(let label, let subject, let cast, let last):
            try await follow(label, owed: subject, by: cast, until: last)
        case .overview(let cast, let label): try await show(label, at: cast)
        case .kill, .restart, .part, .heal, .outage: try await trouble(step)
        }
    }

    private func trouble(_ step: Step) async throws {
        switch step {
        case .kill(let cast):
            try await casting[cast].process.kill()
            await narrator.lose(cast, because: "killed with SIGKILL")
        case .restart(let cast):
            try await casting[cast].process.start()
            await narrator.regain(cast, "runs again on the same folder")
        case .part(let one, let other):
            await casting.community.part(casting[one], casting[other])
            await narrator.partLine(one, other)
        case .heal(let one, let other):
            casting.community.heal(casting[one], casting[other])
            await narrator.healLine(one, other)
        case .outage(let span):
            try await pass(span)
            for entry in await board.entries { try await explain(entry) }
            await narrator.draw(await board.entries)
        default: preconditionFailure("\(step) is no trouble")
        }
    }

    // MARK: Time

    /// What is started again goes on where it was, by a clock that shows another day.
    private func letPass(until time: StoryTime) async throws {
        let moment = time.moment(after: clock.began)
        await narrator.note(
            "\(moment.description.prefix(16)): all nodes stop, their clocks go on, and they start on what they had")
        for (node, end) in try await casting.community.stop() where end != .exited(status: 0) {
            throw UncleanStop(name: node.member.name, end: end)
        }
        try casting.community.setClocks(ahead: clock.advance(to: moment))
        try await casting.community.start()
    }

    // MARK: The ladder

    /// Between two looks at what a node owes.
    private static let lookInterval = Milliseconds(100)

    private func follow(
        _ label: MessageLabel, owed subject: String, by cast: Cast, until last: EscalationStep
    ) async throws {
        guard let entry = await board.entry(label) else { preconditionFailure("\(label) is sent before it is late") }
        let api = casting[cast].api
        try await within(.seconds(60), "the ladder of \(cast.name) for \(label) to reach \(last.rawValue)") {
            var shown: [EscalationStep] = []
            while !shown.contains(last) {
                let owed = try await api.obligations().first {
                    $0.messageID == entry.id && $0.subject == subject && $0.debtor == nil
                }
                let fresh = (owed?.steps ?? []).filter { !shown.contains($0) }
                if !fresh.isEmpty {
                    let words = try await api.alarms().first {
                        $0.messageID == entry.id && $0.code == AlarmCode.acknowledgementOverdue.rawValue
                    }
                    await narrator.climb(entry, at: cast, fresh, words?.detail ?? "")
                    shown += fresh
                }
                try await pass(Self.lookInterval)
            }
        }
        await board.wake(cast, for: label)
    }

    // MARK: Cases

    private func show(_ label: MessageLabel, at cast: Cast) async throws {
        guard let entry = await board.entry(label) else { preconditionFailure("\(label) is sent before it is shown") }
        let arguments = ["case", "show", entry.caseReference.description, "--folder", casting[cast].folder.path]
        let command = try await Command.run(NodeProcess.builtExecutable.path, arguments)
        await narrator.show(command.said, as: "exchange-node case show REF --folder \(cast.rawValue)")
    }

    // MARK: Sending

    private func send(_ message: ScriptedMessage) async throws {
        for label in message.restsOn + (message.answers.map { [$0] } ?? []) {
            try await board.wait(for: "\(message.sender.name) to own \(label)") { entries in
                guard let entry = entries.first(where: { $0.message.label == label }) else { return false }
                // What it sent itself is known to it.
                return entry.message.sender == message.sender
                    || entry.delivery(to: message.sender).map { $0.followUp != .none } ?? false
            }
        }
        let api = casting[message.sender].api
        let submission = await self.submission(for: message)
        let id = try await api.submit(submission, key: message.label)
        let deliveries = try await casting.byRecipient(api.deliveries(of: id))[id] ?? [:]
        guard let reference = deliveries.values.first?.caseReference else {
            throw UnaddressedMessage(label: message.label)
        }
        let number = await board.add(message, id, in: reference, deliveries)
        await narrator.sent(message, number: number, to: Cast.allCases.filter { deliveries[$0] != nil })
    }

    /// Has the sender's node judge a message that it must refuse by a rule of the case. Nothing is sent.
    private func ask(_ message: ScriptedMessage, refusedBy rule: String) async throws {
        do {
            try await casting[message.sender].api.check(await submission(for: message))
        } catch let error as NodeError where error.code == .submissionInvalid && error.message.contains("(\(rule))") {
            await narrator.refused(message, error.message)
            return
        }
        throw UnrefusedMessage(label: message.label, rule: rule)
    }

    private func submission(for message: ScriptedMessage) async -> JSONValue {
        let script = ScriptState(
            now: clock.now, began: clock.began, identifiers: await board.state,
            caseReferences: await board.caseReferences,
            parties: Dictionary(uniqueKeysWithValues: Cast.allCases.map { ($0, casting[$0].member.party) }))
        let first = await board.entries.first?.message.label
        let opened = await board.entry(message.inCaseOf ?? first ?? message.label)
        return message.submission(script, in: opened?.caseReference)
    }

    // MARK: Outages

    /// Shows who has not been told of a message, and why.
    private func explain(_ entry: Board.Entry) async throws {
        guard !entry.untold.isEmpty else { return }
        let partners = try await casting[entry.message.sender].api.partners()
        for recipient in entry.untold {
            guard let delivery = entry.delivery(to: recipient) else { continue }
            let problem = partners.first { $0.oin == delivery.recipient }?.problem ?? ""
            await narrator.explain(entry, recipient, delivery, problem: problem)
        }
    }

    /// A node refused nothing where it had to.
    struct UnrefusedMessage: Error, CustomStringConvertible {
        let label: MessageLabel
        let rule: String
        var description: String { "\(label) would be sent, and had to be refused by \(rule)" }
    }

    struct UncleanStop: Error, CustomStringConvertible {
        let name: String
        let end: ChildProcess.End
        var description: String { "\(name)'s node \(end), and did not stop because it was asked to" }
    }

    /// The node made a message that goes to nobody.
    struct UnaddressedMessage: Error, CustomStringConvertible {
        let label: MessageLabel
        var description: String { "\(label) was accepted, and there is no delivery of it" }
    }
}
