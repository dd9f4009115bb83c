import ExchangeCore
import ExchangeTesting

/// Parts nodes, and makes what goes between them slow, silent or cut, one way or both; each for a while.
struct Troublers: Sendable {
    private static let spans: ClosedRange<Int64> = 200...2000
    private static let delays: ClosedRange<Int64> = 5...80
    /// A handshake has some 4 KiB each way, a batch of a few messages some 20.
    private static let bytes = 1...24_000

    let count: Int
    let network: LocalNetwork
    let nodes: [NodeHandle]
    let tally: FaultTally
    let budget: KillBudget

    /// Goes on as long as nodes are killed, and then until every kind of trouble has happened to somebody.
    func run(_ generator: SeededGenerator) async throws {
        var generator = generator
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                var own = generator.split()
                group.addTask { try await trouble(&own) }
            }
            try await group.waitForAll()
        }
    }

    private func trouble(_ generator: inout SeededGenerator) async throws {
        var deck: [FaultKind] = []
        while budget.isLeft || (tally.isMissing(FaultKind.troubles) && !budget.isOver) {
            try Task.checkCancellation()
            if deck.isEmpty { deck = FaultKind.troubles.shuffled(using: &generator) }
            let caller = Int.random(in: nodes.indices, using: &generator)
            let others = nodes.indices.filter { $0 != caller }
            let way = LocalNetwork.Way(
                caller: caller, called: others[.random(in: others.indices, using: &generator)])
            try await play(deck.removeLast(), on: way, &generator)
        }
    }

    private func play(
        _ kind: FaultKind, on way: LocalNetwork.Way, _ generator: inout SeededGenerator
    ) async throws {
        let ways = kind == .partition ? [way, way.back] : [way]
        let before = ways.map { network.counts($0).total }
        switch kind {
        case .kill, .killAtStart, .hang: preconditionFailure("a network does nothing to processes")
        case .partition, .oneWay: for way in ways { await network.cut(way) }
        case .heldRequests: network.trouble(way, with: .held(.caller))
        case .heldAnswers: network.trouble(way, with: .held(.called))
        case .slow:
            network.trouble(way, with: .slowed(Milliseconds(.random(in: Self.delays, using: &generator))))
        case .severedRequest:
            network.trouble(
                way, with: .severed(.caller, afterBytes: .random(in: Self.bytes, using: &generator)))
        case .severedAnswer:
            network.trouble(
                way, with: .severed(.called, afterBytes: .random(in: Self.bytes, using: &generator)))
        }
        try await pass(Milliseconds(.random(in: Self.spans, using: &generator)))
        for way in ways { network.mend(way) }
        let after = ways.map { network.counts($0).total }
        tally.note(kind, happened: zip(before, after).contains { $0 < $1 })
    }
}
