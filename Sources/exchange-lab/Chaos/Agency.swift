import ExchangeCore
import ExchangeTesting
import SignalExchange

/// One organisation's own system: hands messages in until each is accepted, keeps what comes, and confirms it, as
/// `docs/agency-api.md` asks for.
struct Agency: Sendable {
    private static let consumer = "chaos"
    private static let role = "duty-desk"
    /// Short, so that a node that dies in between is not missed for long.
    private static let entriesWaitSeconds: Int64 = 5

    let node: NodeHandle
    let correspondence: Correspondence
    let ledger: ChaosLedger
    /// Between two messages.
    let pauseMaximum: Milliseconds
    /// How many of the messages that come are taken by people, in percent.
    let takenPercent: Int
    private let answers: AsyncStream<ChaosLedger.Answer>
    private let desk: AsyncStream<ChaosLedger.Answer>.Continuation

    init(
        node: NodeHandle, correspondence: Correspondence, ledger: ChaosLedger, pauseMaximum: Milliseconds,
        takenPercent: Int = 20
    ) {
        self.node = node
        self.takenPercent = takenPercent
        self.pauseMaximum = pauseMaximum
        self.correspondence = correspondence
        self.ledger = ledger
        (answers, desk) = AsyncStream.makeStream()
    }

    private var oin: OIN { node.member.oin }
    private var client: AgencyClient { AgencyClient(socketPath: node.folder.file("node.sock")) }

    // MARK: Submitting

    /// Hands messages in, one after another, as long as nodes are killed and networks cut.
    func submit(while isGoingOn: @Sendable () -> Bool, _ generator: SeededGenerator) async throws {
        var generator = generator
        guard !correspondence.isEmpty else { return }
        var count = 0
        while isGoingOn() {
            count += 1
            let message = try correspondence.message(&generator)
            let key = "chaos-\(count)"
            let id = try await accepted(message, key: key)
            ledger.accept(id, from: oin, ChaosLedger.Submission(key: key, message: message))
            if generator.happens(percent: 10) {
                ledger.noteRepetition(of: id, as: try await accepted(message, key: key))
            }
            try await pass(Milliseconds(.random(in: 0...pauseMaximum.count, using: &generator)))
        }
    }

    /// Hands one message in until it is answered; the same key makes one message of all that.
    private func accepted(_ message: Correspondence.Message, key: String) async throws -> String {
        try await poll {
            do {
                return try await client.submit(message.submission, key: key).id
            } catch let error as NodeError where error.mayBeTriedAgain {
                ledger.noteUnanswered()
                return nil
            }
        }
    }

    /// Looks whether each message is held by another node too, once nothing is on its way any more, and hands in again what
    /// this organisation's node has lost and nobody else had.
    func secure() async throws {
        for (id, submission) in ledger.submissions(of: oin) {
            guard let state = try await state(of: id) else {
                ledger.replace(id, by: try await accepted(submission.message, key: submission.key))
                continue
            }
            if state != AgencyClient.MessageState.secured.rawValue {
                ledger.complain("\(id) is \(state) at \(node.member.slug) when all is over")
            }
        }
        for answer in ledger.answers(by: oin) where try await isForgotten(answer) {
            ledger.noteStepsAgain()
            try await act(answer)
        }
    }

    /// Whether what people did is not what their node says that they did.
    private func isForgotten(_ answer: ChaosLedger.Answer) async throws -> Bool {
        let api = node.api
        return try await api.client.get("/v1/inbox/\(answer.duty.message)")["state"]?.text != answer.followUp.rawValue
    }

    /// - Returns: `nil` where its node does not know the message.
    private func state(of id: String) async throws -> String? {
        let api = node.api
        do {
            return try await api.client.get("/v1/messages/\(id)")["state"]?.text ?? ""
        } catch {
            guard error.code == .messageUnknown else { throw error }
            return nil
        }
    }

    // MARK: Receiving

    /// Keeps what comes and confirms it, until the task is cancelled.
    func receive(_ generator: SeededGenerator) async throws {
        var generator = generator
        while !Task.isCancelled {
            do {
                // Changes nothing where the consumer is there.
                try await client.follow(.inbox, as: Self.consumer)
                while !Task.isCancelled { try await receivePage(&generator) }
            } catch let error as NodeError where error.mayBeTriedAgain || error.hasForgottenConsumer {
                try await pass(Milliseconds(50))
            }
        }
    }

    private func receivePage(_ generator: inout SeededGenerator) async throws {
        let page = try await client.entries(of: Self.consumer, waitSeconds: Self.entriesWaitSeconds)
        guard !page.entries.isEmpty else { return }
        for entry in page.entries {
            // Some are taken by people, and of those half are concluded.
            let (isTaken, isConcluded) = (generator.happens(percent: takenPercent), generator.happens(percent: 50))
            let step = isTaken ? FollowUp?.some(isConcluded ? .concluded : .owned) : nil
            if let answer = ledger.hand(entry.messageID, to: oin, isFlagged: entry.mayBeRepeated, followedBy: step) {
                desk.yield(answer)
            }
        }
        // As a system does that dies between keeping and confirming.
        guard !generator.happens(percent: 10) else { return ledger.noteUnconfirmedPage() }
        try await client.confirm(page.cursor, of: Self.consumer)
        ledger.confirm(page.entries.map(\.messageID), by: oin)
    }

    /// Returns when the node has nothing for this system that is not confirmed. The node knows: a confirmation may have been
    /// on its disk when it was killed, and its answer lost.
    func waitUntilConfirmed(within span: Milliseconds) async throws {
        let api = node.api
        _ = try await ExchangeTesting.within(span, "\(node.member.slug)'s agency to have confirmed all") {
            try await poll {
                try await api.client.get("/v1/consumers/\(Self.consumer)")["pending"]?.number == 0 ? true : nil
            }
        }
    }

    // MARK: People

    /// Takes and concludes what is to be, each step until it is answered, until the task is cancelled.
    func answer() async throws {
        for await answer in answers {
            try await act(answer)
            ledger.finish(answer)
        }
    }

    /// A node whose disk is another forgets what was done, and has the message itself again only when it has got it back: then
    /// all is done again, from the first step.
    private func act(_ answer: ChaosLedger.Answer) async throws {
        let (client, id) = (client, answer.duty.message)
        _ = try await poll {
            do {
                _ = try await client.perform(.take, on: id, role: Self.role, key: "take-\(id)")
                if answer.followUp == .concluded {
                    _ = try await client.perform(
                        .conclude(outcome: "Protected reception."), on: id, role: Self.role, key: "conclude-\(id)")
                }
                return true
            } catch let error as NodeError where error.mayBeTriedAgain {
                return nil
            } catch let error as NodeError where error.code == .messageUnknown || error.code == .stepNotPossible {
                guard ledger.lossCount(of: oin) > 0 else { throw error }
                return nil
            }
        }
    }
}

extension NodeError {
    /// Whether its store is another than before.
    fileprivate var hasForgottenConsumer: Bool { code == .consumerUnknown || code == .cursorInvalid }

    /// Whether the same may do later: the node was killed, is starting, or cannot write now.
    var mayBeTriedAgain: Bool {
        switch code {
        case .nodeNotRunning, .answerInvalid, .storeUnavailable, .diskFull, .queueFull, .alreadyRunning: true
        default: false
        }
    }
}
