package import ExchangeCore
import ExchangeCatalogue
import SignalExchange

/// Waits for what happens in a node, each with a deadline (`DeadlineExceeded`).
///
/// What one message comes to has a signal: the node keeps the request until it is there. For the rest it has none, so
/// that it is asked for every 50 ms.
extension NodeAPI {
    /// Returns when each recipient's receipt or refusal is there.
    @discardableResult
    package func waitForAnswers(
        to id: MessageID, within span: Milliseconds = .seconds(20)
    ) async throws -> [DeliveryRow] {
        let rows = try await deliveries(of: id, waiting: span)
        guard rows.allSatisfy({ $0.isReceipted || $0.state == .refused }) else {
            throw DeadlineExceeded(what: "the receipts of \(id)", span: span)
        }
        return rows
    }

    /// Returns when a message is in the inbox.
    @discardableResult
    package func waitForInbox(_ id: MessageID, within span: Milliseconds = .seconds(20)) async throws -> InboxRow {
        let api = self
        return try await ExchangeTesting.within(span, "\(id) in the inbox") {
            try await poll {
                do {
                    return try InboxRow(await api.inboxEntry(id, waiting: Self.waitMaximum))
                } catch let error as NodeError where error.code == .messageUnknown {
                    // The node has waited as long as it does, or is asked to stop.
                    return nil
                }
            }
        }
    }

    /// Returns when a recipient's acknowledgement has come so far.
    @discardableResult
    package func waitForFollowUp(
        _ followUp: FollowUp, of id: MessageID, by recipient: OIN, within span: Milliseconds = .seconds(20)
    ) async throws -> DeliveryRow {
        let (api, progress) = (self, followUp == .concluded ? "concluded" : "owned")
        return try await ExchangeTesting.within(span, "\(id) to be \(followUp.rawValue) by \(recipient)") {
            try await poll {
                try await api.deliveries(of: id, to: recipient, until: progress, waiting: Self.waitMaximum)
                    .first { $0.followUp == followUp }
            }
        }
    }

    /// Returns when no delivery is open.
    package func waitForEmptyQueue(within span: Milliseconds = .seconds(20)) async throws {
        _ = try await asking(for: "all deliveries to be answered", within: span) {
            try await deliveries(onlyOpen: true, maximumItems: 1).isEmpty ? true : nil
        }
    }

    /// Has the node greet its partners, and returns when its account agrees with that of each at the last number.
    package func waitForAgreement(within span: Milliseconds = .seconds(20)) async throws {
        try await greetPartners()
        _ = try await asking(for: "the tallies of all partners to agree", within: span) {
            try await partners().allSatisfy(\.agreesAtTheLastNumber) ? true : nil
        }
    }

    private func asking<Value: Sendable>(
        for what: String, within span: Milliseconds, _ ask: @escaping @Sendable () async throws -> Value?
    ) async throws -> Value {
        try await ExchangeTesting.within(span, what) { try await poll(ask) }
    }
}
