import ExchangeCore
import ExchangeTesting
import Foundation

/// Parts nodes, and makes what goes between them slow, silent or cut, one way or both; each for a while.
struct Troublers: Sendable {
    private static let spans: ClosedRange<Int64> = 200...2000
    private static let delays: ClosedRange<Int64> = 5...80
    /// As powers of two: a handshake has some 4 KiB each way, a batch of one message some 6, its answer less than 3. What is
    /// drawn high meets a connection that has carried several.
    private static let bytes: ClosedRange<Double> = 0...14

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
            // Once nobody is killed any more, only what has not happened is still to.
            if deck.isEmpty || !budget.isLeft {
                let missing = FaultKind.troubles.filter { tally[$0].happened == 0 }
                deck = (budget.isLeft || missing.isEmpty ? FaultKind.troubles : missing).shuffled(using: &generator)
            }
            let caller = Int.random(in: nodes.indices, using: &generator)
            let others = nodes.indices.filter { $0 != caller }
            let way = LocalNetwork.Way(
                caller: caller, called: others[.random(in: others.indices, using: &generator)])
            try await play(deck.removeLast(), on: way, &generator)
        }
    }

    private static func bytes(_ generator: inout SeededGenerator) -> Int {
        Int(exp2(Double.random(in: bytes, using: &generator)))
    }

    private func play(
        _ kind: FaultKind, on way: LocalNetwork.Way, _ generator: inout SeededGenerator
    ) async throws {
        let ways = kind == .partition ? [way, way.back] : [way]
        let before = ways.map { network.counts($0).total }
        switch kind {
        case .kill, .killAtStart, .hang, .restore, .fullDisk, .failingDisk:
            preconditionFailure("a network does nothing to processes and disks")
        case .partition, .oneWay: for way in ways { await network.cut(way) }
        case .heldRequests: network.trouble(way, with: .held(.caller))
        case .heldAnswers: network.trouble(way, with: .held(.called))
        case .slow:
            network.trouble(way, with: .slowed(Milliseconds(.random(in: Self.delays, using: &generator))))
        case .severedRequest:
            network.trouble(
                way, with: .severed(.caller, afterBytes: Self.bytes(&generator)))
        case .severedAnswer:
            network.trouble(
                way, with: .severed(.called, afterBytes: Self.bytes(&generator)))
        }
        try await pass(Milliseconds(.random(in: Self.spans, using: &generator)))
        for way in ways { network.mend(way) }
        let after = ways.map { network.counts($0).total }
        tally.note(kind, happened: zip(before, after).contains { $0 < $1 })
    }
}
