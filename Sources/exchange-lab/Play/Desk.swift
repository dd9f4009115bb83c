import ExchangeCore
import ExchangeTesting
import SignalExchange

/// The people of one organisation: they look into their inbox, take what is new, and conclude what they had taken.
///
/// What was done already is read from the node each time, so that a node that was killed in between loses nothing and
/// nobody answers twice. The inbox has no signal, so that they look again and again.
struct Desk: Sendable {
    private static let interval = Milliseconds(200)

    let cast: Cast
    let api: NodeAPI
    let policy: AnswerPolicy
    let board: Board

    /// Works until the task is cancelled. While the node is away they wait, as people would.
    func work() async throws {
        while true {
            do {
                // What is concluded or declined is never looked at again: an inbox grows as the story does.
                for state in [InboxState.ready, .owned] {
                    for row in try await api.inbox(state) { try await answer(row) }
                }
            } catch let error as NodeError where error.code == .nodeNotRunning {
                // Killed, or not up again yet: they look again.
            }
            try await pass(Self.interval)
        }
    }

    private func answer(_ row: InboxRow) async throws {
        let role = policy.dutyRoles[cast] ?? "duty desk"
        switch row.state {
        case .ready:
            // What its sender has not put on the board yet is looked at the next time.
            guard let label = await board.label(of: row.messageID) else { return }
            let sleep = policy.slept.first { $0.by == cast && $0.label == label }
            if sleep != nil, await !board.isAwake(cast, for: label) { return }
            if let refusal = policy.declined.first(where: { $0.by == cast && $0.label == label }) {
                try await api.decline(row.messageID, role: role, reason: refusal.reason)
            } else {
                try await api.take(row.messageID, role: sleep?.role ?? role)
            }
        case .owned:
            try await api.conclude(row.messageID, role: role, outcome: policy.outcomes[row.type] ?? "Read.")
        case .declined, .concluded: break
        }
    }
}
