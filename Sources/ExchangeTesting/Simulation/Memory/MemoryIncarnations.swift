import ExchangeCore
import ExchangeStore

/// What a partner has signed with.
struct StoredIncarnations: Sendable {
    /// In the order in which they were first seen.
    var seen = Table<Int64, SeenIncarnation>()
    var ordinals = Table<IncarnationID, Int64>()
    /// By the one that they grew from.
    var successors = Table<Pair<IncarnationID, Int64>, Void>()
    /// By the highest number that they signed.
    var highest = Table<Pair<UInt64, Int64>, Void>()
    /// Those that were never heard here, each with the first that skipped it.
    var skipped = Table<IncarnationID, IncarnationID>()
    var skippedBy = Table<Pair<IncarnationID, IncarnationID>, Void>()
    /// The last tally of each.
    var tallies = Table<IncarnationID, StoredTally>()

    /// The first that named `predecessor` as the one that it grew from, or skipped it.
    fileprivate func first(after predecessor: IncarnationID) -> SeenIncarnation? {
        let grown = successors.ascending(from: Pair(predecessor, 0)).first { _ in true }?.key
        let skipping = skipped[predecessor].flatMap { ordinals[$0] }
        let found = [grown?.first == predecessor ? grown?.second : nil, skipping].compactMap(\.self).min()
        return found.flatMap { seen[$0] }
    }

    /// What an incarnation signed to once, it signed to: its highest position never goes back.
    ///
    /// - Returns: whether it is new.
    fileprivate mutating func keep(_ incarnation: SeenIncarnation) -> Bool {
        guard let ordinal = ordinals[incarnation.incarnation], let known = seen[ordinal] else {
            let ordinal = (seen.last?.key ?? 0) + 1
            ordinals[incarnation.incarnation] = ordinal
            if let predecessor = incarnation.predecessor { successors[Pair(predecessor, ordinal)] = () }
            put(incarnation, at: ordinal)
            return true
        }
        if incarnation.highest.number > known.highest.number {
            highest[Pair(known.highest.number.value, ordinal)] = nil
            put(
                SeenIncarnation(
                    incarnation: known.incarnation, predecessor: known.predecessor, highest: incarnation.highest,
                    firstSeen: known.firstSeen), at: ordinal)
        }
        return false
    }

    private mutating func put(_ incarnation: SeenIncarnation, at ordinal: Int64) {
        seen[ordinal] = incarnation
        highest[Pair(incarnation.highest.number.value, ordinal)] = ()
    }

    /// All but the last, and but the one that signed the highest number: with its tally a rollback is proven.
    fileprivate mutating func forgetOldest(keeping count: Int) {
        guard seen.count > count, let proof = highest.last?.key.second else { return }
        let forgotten = seen.descending.filter { $0.key != proof }.dropFirst(count - 1)
        for (ordinal, incarnation) in forgotten {
            let id = incarnation.incarnation
            seen[ordinal] = nil
            ordinals[id] = nil
            tallies[id] = nil
            highest[Pair(incarnation.highest.number.value, ordinal)] = nil
            if let predecessor = incarnation.predecessor { successors[Pair(predecessor, ordinal)] = nil }
            let lowest = IncarnationID(Bytes16(high: 0, low: 0))
            for (pair, _) in skippedBy.ascending(from: Pair(id, lowest)).rows(while: { $0.first == id }) {
                skippedBy[pair] = nil
                skipped[pair.second] = nil
            }
        }
    }
}

struct StoredTally: Sendable {
    let signed: [UInt8]
    let keptAt: Timestamp
}

extension MemoryStore {
    func incarnationFacts(
        _ incarnation: IncarnationID, after predecessors: [PredecessorClaim], of partner: OIN
    ) -> IncarnationFacts {
        let row = partners[partner] ?? StoredPartner()
        let rows = row.incarnations
        // In a tally, or in a manifest whose items were kept.
        let highest = max(SequenceNumber(rows.highest.last?.key.first ?? 0), row.highestSeen)
        return IncarnationFacts(
            incarnation: incarnation, latest: rows.seen.last?.value,
            follower: rows.ordinals[incarnation].flatMap { ordinal in
                rows.seen.ascending(after: ordinal).first { _ in true }?.value
            },
            successor: rows.first(after: incarnation),
            predecessors: predecessors.map {
                NamedPredecessor(
                    $0, isSeen: rows.ordinals.contains($0.incarnation),
                    successor: rows.first(after: $0.incarnation)?.incarnation)
            },
            highest: highest, running: row.running, answering: row.answering)
    }
}

extension MemoryTransaction {
    mutating func keep(_ seen: SeenIncarnation, skipping skipped: [IncarnationID], of partner: OIN) throws {
        _ = try seen.highest.number.held()
        let count = limits.incarnationsMaximumPerPartner
        store.change(partner) { row in
            guard row.incarnations.keep(seen) else { return }
            // Where another skipped it already, that one was the first, and stays.
            for incarnation in skipped where !row.incarnations.skipped.contains(incarnation) {
                row.incarnations.skipped[incarnation] = seen.incarnation
                row.incarnations.skippedBy[Pair(seen.incarnation, incarnation)] = ()
            }
            row.incarnations.forgetOldest(keeping: count)
        }
    }
}
