import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import SignalExchange

/// Plays a scenario on a running community.
struct Play: Sendable {
    let scenario: Scenario
    let casting: Casting
    let board: Board
    let narrator: Narrator

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
            }
            // Desks and watches work until they are cancelled: who ends first is the scenario, or a fault.
            try await group.next()
            group.cancelAll()
        }
    }

    private func perform(_ step: Step) async throws {
        switch step {
        case .send(let messages):
            try await withThrowingTaskGroup { group in
                for message in messages { group.addTask { try await send(message) } }
                for try await () in group {}
            }
        case .told(let label, let recipients):
            try await board.wait(for: "\(recipients.names) to be told of \(label)") { entries in
                guard let entry = entries.first(where: { $0.message.label == label }) else { return false }
                return recipients.allSatisfy { entry.delivery(to: $0)?.isReceipted ?? false }
            }
        case .settled:
            try await board.wait(for: "every message to be told, owned and concluded") { entries in
                entries.allSatisfy(\.isSettled)
            }
        case .kill(let cast):
            try await casting[cast].process.kill()
            await narrator.lose(cast, because: "killed with SIGKILL")
        case .restart(let cast):
            try await casting[cast].process.start()
            await narrator.regain(cast, "runs again on the same folder")
        case .pause(let cast):
            try await casting[cast].process.pauseRunning()
            await narrator.lose(cast, because: "hangs: takes connections, answers nothing")
        case .resume(let cast):
            try await casting[cast].process.resume()
            await narrator.regain(cast, "answers again")
        case .outage(let span):
            try await pass(span)
            for entry in await board.entries { try await explain(entry) }
        }
    }

    // MARK: Sending

    private func send(_ message: ScriptedMessage) async throws {
        for label in message.restsOn + (message.answers.map { [$0] } ?? []) {
            try await board.wait(for: "\(message.sender.name) to own \(label)") { entries in
                guard let entry = entries.first(where: { $0.message.label == label }) else { return false }
                return entry.delivery(to: message.sender).map { $0.followUp != .none } ?? false
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

    private func submission(for message: ScriptedMessage) async -> JSONValue {
        let script = ScriptState(
            now: .current, identifiers: await board.state, caseReferences: await board.caseReferences)
        var submission = JSONObject()
        submission["type"] = .string(message.type)
        submission["role"] = .string(casting[message.sender].member.role.rawValue)
        if let answered = message.answers {
            // An answer belongs to the case of what it answers.
            submission["inReplyTo"] = script.id(answered)
        } else if !message.opensCase, let first = await board.entries.first {
            submission["caseRef"] = .string(first.caseReference.description)
        }
        submission["purpose"] = .string(message.purpose)
        submission["legalBasis"] = .array(message.legalBasis.map { .string($0) })
        submission["body"] = message.body(script)
        return .object(submission)
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

    /// The node made a message that goes to nobody.
    struct UnaddressedMessage: Error, CustomStringConvertible {
        let label: MessageLabel
        var description: String { "\(label) was accepted, and there is no delivery of it" }
    }
}
