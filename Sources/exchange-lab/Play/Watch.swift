import ExchangeCore
import ExchangeTesting
import SignalExchange

/// Looks at what one sender's node shows of its deliveries, and has the changes told.
///
/// A node signals receipts to who waits for one message; who follows all of them, with L2 and L3, has to ask.
struct Watch: Sendable {
    private static let interval = Milliseconds(150)

    let sender: Cast
    let casting: Casting
    let board: Board
    let narrator: Narrator

    /// Looks until the task is cancelled.
    func look() async throws {
        while true {
            let ids = await board.unsettled(from: sender)
            if !ids.isEmpty {
                do {
                    var rows: [MessageID: [Cast: DeliveryRow]] = [:]
                    for id in ids {
                        rows.merge(casting.byRecipient(try await casting[sender].api.deliveries(of: id))) { $1 }
                    }
                    for progress in await board.progress(in: rows) {
                        await narrator.tell(progress)
                        await board.take(progress)
                    }
                } catch let error as NodeError where error.code == .nodeNotRunning {
                    // Nothing is to be seen of a node that is away.
                }
                await narrator.showStatus(of: board.entries)
            }
            try await pass(Self.interval)
        }
    }
}
