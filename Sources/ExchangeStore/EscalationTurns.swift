package import ExchangeCore

/// Whose doing an entry of the ladder is: of the organisation that owes what is late, or, of what is owed here, of the sender
/// of the message. Who is handed one entry after the other is handed one of each in turn, so that a thousand messages of one
/// sender that are late at once do not go before the one of another.
package struct EscalationLane: Hashable, Comparable, Sendable {
    /// Such as `sent-by 00000099000000002000`.
    package let text: String

    package init(debtor: OIN?, sender: OIN) { text = debtor.map { "owed-by \($0)" } ?? "sent-by \(sender)" }

    /// One that is kept.
    package init(kept text: String) { self.text = text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// What a consumer has not taken of one lane.
package struct WaitingLane: Sendable {
    /// When it took an entry of this lane last, counted in entries; 0 where it never did.
    let turn: Int64
    /// The oldest first.
    let entries: [NumberedEscalation]

    package init(turn: Int64, entries: [NumberedEscalation]) {
        self.turn = turn
        self.entries = entries
    }
}

extension Consumer {
    /// What it has not taken yet, as it is to take it one at a time: the most pressing priority first, and in it one of each lane
    /// in turn.
    ///
    /// - Parameter lanes: of one priority, each with at most so many of its entries.
    package func waiting(
        maximumItems: Int, lanes: (_ priority: Priority, _ maximumItems: Int) throws -> [WaitingLane]
    ) rethrows -> [NumberedEscalation] {
        var found: [NumberedEscalation] = []
        for priority in Priority.allCases.sorted(by: >) where found.count < maximumItems {
            let open = maximumItems - found.count
            found += try lanes(priority, open).inTurn(maximumItems: open)
        }
        return found
    }
}

extension [WaitingLane] {
    /// One of each lane in turn: first of the one whose turn was longest ago, and of those that never had one, of the one that
    /// waits longest.
    fileprivate func inTurn(maximumItems: Int) -> [NumberedEscalation] {
        func place(_ lane: WaitingLane) -> (Int64, Int64) { (lane.turn, lane.entries.first?.number ?? 0) }
        let lanes = sorted { place($0) < place($1) }
        var found: [NumberedEscalation] = []
        for round in 0..<(lanes.map(\.entries.count).max() ?? 0) where found.count < maximumItems {
            let next = lanes.compactMap { round < $0.entries.count ? $0.entries[round] : nil }
            found += next.prefix(maximumItems - found.count)
        }
        return found
    }
}
