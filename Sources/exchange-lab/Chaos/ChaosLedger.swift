import ExchangeCore
import ExchangeTesting
import Synchronization

/// What the agencies were told, all of them: which messages their nodes accepted, which they were handed, and what they
/// have confirmed. It knows nothing of the nodes but that.
final class ChaosLedger: Sendable {
    /// What an agency handed in, and can hand in again.
    struct Submission: Sendable {
        let key: String
        let message: Correspondence.Message
    }

    /// A message and one who has to be told.
    struct Duty: Hashable, Sendable {
        let message: String
        let recipient: OIN
    }

    /// What the people of a recipient do with a message.
    struct Answer: Hashable, Sendable {
        let duty: Duty
        /// `owned`, or `concluded`, which is both.
        let followUp: FollowUp
    }

    struct Counts: Sendable {
        /// Submissions that the node has accepted: one for each key.
        var accepted = 0
        /// Submissions that came to nothing, or to an error: each was handed in again under its key.
        var unanswered = 0
        /// Submissions that were handed in again although they had been answered.
        var repeated = 0
        /// Entries that came again before their confirmation was answered.
        var cameAgain = 0
        /// Entries that came again after it was.
        var handedTwice = 0
        /// Entries that came again after it was, and said that they may have been handed over before.
        var flaggedAgain = 0
        /// Messages that were lost with a disk before anybody else had them, and were handed in again.
        var handedInAgain = 0
        /// Steps of people that were taken again, because their node had forgotten them with its disk.
        var stepsAgain = 0
        /// Pages that were kept and not confirmed, as where a system dies in between.
        var unconfirmedPages = 0
    }

    private struct State {
        var counts = Counts()
        /// Who sent each accepted message, and what it was made of.
        var senders: [String: OIN] = [:]
        var submissions: [String: Submission] = [:]
        /// Those whose nodes have lost what they had, each time together.
        var losses: [Set<OIN>] = []
        /// Messages that were handed in again, and have another id since.
        var replaced: Set<String> = []
        var owed: Set<Duty> = []
        var handed: Set<Duty> = []
        var confirmed: Set<Duty> = []
        /// What people are to do, and what their nodes have said is done.
        var planned: Set<Answer> = []
        var finished: Set<Answer> = []
        var complaints: [String] = []
        var isClosed = false

        func lossCount(of node: OIN) -> Int { losses.count { $0.contains(node) } }
    }

    private let state = Mutex(State())
    private let settled = Latch<Void>()

    var counts: Counts { state.withLock(\.counts) }
    var owed: Set<Duty> { state.withLock(\.owed) }
    var handedCount: Int { state.withLock { $0.handed.count } }
    /// What was owed and not handed over.
    var lost: Set<Duty> { state.withLock { $0.owed.subtracting($0.handed) } }
    /// What was handed over and nobody has sent.
    var unexpected: Set<Duty> {
        state.withLock { state in
            state.handed.subtracting(state.owed).filter { !state.replaced.contains($0.message) }
        }
    }
    /// Messages that were handed in again under another id, because no node had them any more.
    var replaced: Set<String> { state.withLock(\.replaced) }
    /// How often what nodes lost, of all together.
    var lossCount: Int { state.withLock { $0.losses.reduce(0) { $0 + $1.count } } }
    /// Those who have lost what they had.
    var losers: Set<OIN> { state.withLock { $0.losses.reduce(into: []) { $0.formUnion($1) } } }
    /// What people have done.
    var answers: Set<Answer> { state.withLock(\.finished) }
    /// What never should have been, in words.
    var complaints: [String] { state.withLock(\.complaints) }

    // MARK: Submitting

    func accept(_ message: String, from sender: OIN, _ submission: Submission) {
        let recipients = submission.message.recipients
        state.withLock { state in
            state.submissions[message] = submission
            if state.senders.updateValue(sender, forKey: message) != nil {
                state.complaints.append("\(message) stands for two submissions")
            }
            state.counts.accepted += 1
            for recipient in recipients { state.owed.insert(Duty(message: message, recipient: recipient)) }
        }
    }

    /// What an agency handed in and was told is accepted, by id, in the order of the ids.
    func submissions(of sender: OIN) -> [(id: String, submission: Submission)] {
        state.withLock { state in
            state.submissions.filter { state.senders[$0.key] == sender }.sorted { $0.key < $1.key }
                .map { (id: $0.key, submission: $0.value) }
        }
    }

    /// These nodes lose what they have, or what they had since a backup, all at once: what two of them alone had is gone. What
    /// is lost at another time is got back before.
    func strike(_ nodes: [OIN]) { state.withLock { $0.losses.append(Set(nodes)) } }

    /// How often a node has lost what it had.
    func lossCount(of node: OIN) -> Int { state.withLock { $0.lossCount(of: node) } }

    /// How much a node has had to do with: what it accepted, and what it handed over.
    func workCount(of node: OIN) -> Int {
        state.withLock { state in
            state.senders.values.count { $0 == node } + state.handed.count { $0.recipient == node }
        }
    }

    /// A message that its sender's node has no more, and no other: it was handed in again, and has another id.
    func replace(_ message: String, by again: String) {
        update { state in
            state.counts.handedInAgain += 1
            state.replaced.insert(message)
            guard let sender = state.senders.removeValue(forKey: message),
                let submission = state.submissions.removeValue(forKey: message)
            else { return state.complaints.append("\(message) was never accepted, and is handed in again") }
            for recipient in submission.message.recipients {
                // Where both have lost it at once, no node can say that people have it.
                let isHanded = state.handed.contains(Duty(message: message, recipient: recipient))
                if isHanded, !state.losses.contains(where: { $0.isSuperset(of: [sender, recipient]) }) {
                    state.complaints.append(
                        "\(message) was handed to \(recipient), and its sender's node has not got it back")
                }
                state.owed.remove(Duty(message: message, recipient: recipient))
                state.owed.insert(Duty(message: again, recipient: recipient))
            }
            state.senders[again] = sender
            state.submissions[again] = submission
        }
    }

    func noteUnanswered() { state.withLock { $0.counts.unanswered += 1 } }

    /// - Parameter again: the id that the same key has come to now.
    func noteRepetition(of message: String, as again: String) {
        state.withLock { state in
            state.counts.repeated += 1
            guard again != message else { return }
            // The key was lost with the disk: there is one such submission at most a loss, and the verdict counts them.
            if let sender = state.senders[message], state.lossCount(of: sender) > 0 { return }
            state.complaints.append("\(message) was made a second time, as \(again)")
        }
    }

    // MARK: Receiving

    /// Keeps what an agency was handed; what it has already is known by its id.
    ///
    /// - Parameters:
    ///   - isFlagged: whether the node said that it may have been handed over before.
    ///   - step: what people are to do with it, if anything.
    /// - Returns: what is to be done where it is new.
    func hand(_ message: String, to recipient: OIN, isFlagged: Bool, followedBy step: FollowUp?) -> Answer? {
        let duty = Duty(message: message, recipient: recipient)
        return update { state in
            if state.confirmed.contains(duty), isFlagged {
                state.counts.flaggedAgain += 1
            } else if state.confirmed.contains(duty) {
                state.counts.handedTwice += 1
                state.complaints.append("\(message) was handed to \(recipient) again, after it had confirmed it")
            }
            guard state.handed.insert(duty).inserted else {
                state.counts.cameAgain += 1
                return nil
            }
            guard let step else { return nil }
            let answer = Answer(duty: duty, followUp: step)
            state.planned.insert(answer)
            return answer
        }
    }

    func finish(_ answer: Answer) { update { _ = $0.finished.insert(answer) } }

    /// What people of a recipient have done.
    func answers(by recipient: OIN) -> [Answer] {
        state.withLock { state in
            state.finished.filter { $0.duty.recipient == recipient }.sorted { $0.duty.message < $1.duty.message }
        }
    }

    func noteStepsAgain() { state.withLock { $0.counts.stepsAgain += 1 } }

    /// The node has answered that these are confirmed.
    func confirm(_ messages: [String], by recipient: OIN) {
        state.withLock { state in
            for message in messages { state.confirmed.insert(Duty(message: message, recipient: recipient)) }
        }
    }

    func noteUnconfirmedPage() { state.withLock { $0.counts.unconfirmedPages += 1 } }

    // MARK: In the end

    func complain(_ what: String) { state.withLock { $0.complaints.append(what) } }

    /// Nothing more is submitted.
    func close() { update { $0.isClosed = true } }

    /// Returns when all that is owed was handed over, and people have done what they were to do.
    func waitForAll(within span: Milliseconds) async throws {
        let settled = settled
        try await within(span, "every accepted message to be handed to each of its recipients, and answered") {
            try await settled.wait()
        }
    }

    private func update<Value: Sendable>(_ change: (inout State) -> Value) -> Value {
        let (value, isSettled) = state.withLock { state in
            let value = change(&state)
            let isSettled =
                state.isClosed && state.planned == state.finished && state.owed.isSubset(of: state.handed)
            return (value, isSettled)
        }
        if isSettled { settled.settle(()) }
        return value
    }
}
