import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange

/// Puts older backups back, takes the room of stores, and lets their writes fail: to one node at a time, spread over the
/// kills, while partners are killed and parted.
struct DiskFaults: Sendable {
    /// How long a node works on what its backup does not have.
    private static let workSpans: ClosedRange<Int64> = 1000...6000
    /// How long a disk stays full after its node has said so.
    private static let fullSpans: ClosedRange<Int64> = 0...2000
    /// Beside the store, on a disk that becomes full.
    private static let roomMegabytes = 4
    /// How much the store's log still grows before a write fails: none, or some messages.
    private static let growths: ClosedRange<Int64> = 0...65_536
    /// How long a disk waits for a node that has nothing to write.
    private static let patience = Milliseconds.seconds(10)
    /// With which a node ends that cannot know what is on its disk.
    private static let durabilityLost: Int32 = 5
    /// A greeting that met a node that was away is asked for again.
    private static let greetingInterval = Milliseconds.seconds(3)

    let plan: ChaosPlan
    let losses: Losses
    let pool: NodePool
    let tally: FaultTally
    let budget: KillBudget
    let ledger: ChaosLedger

    /// Returns when each kind was played as often as the plan says and has happened to somebody, or time is over.
    func run(_ generator: SeededGenerator) async throws {
        var generator = generator
        let deck = (0..<plan.diskFaults).flatMap { _ in plan.kindsOfDisks.shuffled(using: &generator) }
        var restored: NodeHandle?
        for (index, kind) in deck.enumerated() {
            try await waitForTurn(index, of: deck.count)
            try await play(kind, &restored, &generator)
        }
        while tally.isMissing(plan.kindsOfDisks), !budget.isOver {
            for kind in plan.kindsOfDisks where tally.isMissing([kind]) { try await play(kind, &restored, &generator) }
        }
    }

    /// Spread over the kills, as they come.
    private func waitForTurn(_ index: Int, of count: Int) async throws {
        let due = plan.kills * index / count
        _ = try await poll { tally.kills >= due || !budget.isLeft ? true : nil }
    }

    private func play(
        _ kind: FaultKind, _ restored: inout NodeHandle?, _ generator: inout SeededGenerator
    ) async throws {
        guard !budget.isOver else { return }
        switch kind {
        case .restore:
            // What two nodes lose at once, and nobody else has, is gone: the one before has to have it back.
            if let restored, try await !hasGotBack(restored) { return }
            restored = try await restore(&generator)
        case .fullDisk, .failingDisk:
            let node = await pool.borrow(&generator)
            try await (kind == .fullDisk ? fillDisk(of: node, &generator) : failWrite(of: node, &generator))
            await pool.giveBack(node)
        default: preconditionFailure("a disk is not cut or killed")
        }
    }

    // MARK: An older backup

    private func restore(_ generator: inout SeededGenerator) async throws -> NodeHandle {
        let node = await pool.borrow(&generator)
        let backup = try await losses.backUp(node)
        let before = ledger.workCount(of: node.member.oin)
        await pool.giveBack(node)
        // In which it may be killed, and begin anew, as any other.
        try await pass(Milliseconds(.random(in: Self.workSpans, using: &generator)))
        await pool.borrow(node)
        ledger.strike([node.member.oin])
        let after = ledger.workCount(of: node.member.oin)
        try await losses.restore(node, from: backup)
        try FileManager.default.removeItem(at: backup)
        // Where it had done nothing since, its backup was not older.
        tally.note(.restore, happened: after > before)
        await pool.giveBack(node)
        return node
    }

    /// Returns when each pair of a restored node has agreed at its last number, in both directions: then nothing that it had
    /// lost is with one partner alone.
    ///
    /// - Returns: `false` where time is over.
    private func hasGotBack(_ node: NodeHandle) async throws -> Bool {
        let api = node.api
        let restart = NodeClock().now.wall
        var left = plan.nodeCount - 1
        var agreed: Set<OIN> = []
        var sinceGreeting = Self.greetingInterval
        while left > 0 {
            guard !budget.isOver else { return false }
            do {
                if sinceGreeting >= Self.greetingInterval {
                    try await api.greetPartners()
                    sinceGreeting = .zero
                }
                for partner in try await api.partners()
                where partner.agreesAtTheLastNumber && partner.lastTally.map({ $0 > restart }) == true {
                    agreed.insert(partner.oin)
                }
                left = plan.nodeCount - 1 - agreed.count
            } catch let error as NodeError where error.mayBeTriedAgain {
                // It is killed as any other.
            }
            let interval = Milliseconds(100)
            try await pass(interval)
            sinceGreeting = sinceGreeting + interval
        }
        return true
    }

    // MARK: No room

    /// The store is moved to a small disk, and back to its own when it has seen that full.
    private func fillDisk(of node: NodeHandle, _ generator: inout SeededGenerator) async throws {
        // A store that was closed has no log: its first write asks for room.
        try await stop(node)
        let disk = try await SmallDisk(
            over: URL(filePath: node.folder.file("store")), roomMegabytes: Self.roomMegabytes, with: .copy)
        try await node.process.start(through: disk.launcher)
        try await disk.fill()
        let isTold = try await comes { try await problem(of: node).contains("disk-full") }
        if isTold { try await pass(Milliseconds(.random(in: Self.fullSpans, using: &generator))) }
        // Some nodes die on the full disk.
        if generator.happens(percent: 30) {
            try await node.process.kill()
            try await disk.clear()
            try await node.process.start(through: disk.launcher)
        } else {
            try await disk.clear()
        }
        if try await !comes({ try await problem(of: node).isEmpty }) {
            ledger.complain("\(node.member.slug)'s node does not go on although its disk has room again")
        }
        try await stop(node)
        try await disk.moveBack()
        try await node.process.start()
        tally.note(.fullDisk, happened: isTold)
    }

    private func problem(of node: NodeHandle) async throws -> String {
        let api = node.api
        return try await api.client.get("/v1/status")["storeProblem"]?.text ?? ""
    }

    private func stop(_ node: NodeHandle) async throws {
        if let end = try await node.process.stop(), end != .exited(status: 0) {
            ledger.complain("\(node.member.slug)'s node \(end) when it was asked to stop")
        }
    }

    // MARK: A write that fails

    private func failWrite(of node: NodeHandle, _ generator: inout SeededGenerator) async throws {
        try await node.process.kill()
        try await node.process.start(through: FailingWrites.launcher)
        let limit = Self.byteCount(of: node.folder.store + "-wal") + .random(in: Self.growths, using: &generator)
        if let process = await node.process.identifiers.last {
            try await FailingWrites.begin(in: process, beyond: limit)
        }
        let hasEnded = try await comes { await node.process.ended != nil }
        if let end = await node.process.ended, end != .exited(status: Self.durabilityLost) {
            ledger.complain("\(node.member.slug)'s node \(end) where a write failed: \(node.process.lastLines(3))")
        }
        // One that had nothing to write so far gets its limit off with its end.
        try await node.process.kill()
        try await node.process.start()
        tally.note(.failingDisk, happened: hasEnded)
    }

    private static func byteCount(of file: String) -> Int64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        return (attributes?[.size] as? NSNumber)?.int64Value ?? 0
    }

    /// - Returns: whether it came in time.
    private func comes(_ condition: @escaping @Sendable () async throws -> Bool) async throws -> Bool {
        do {
            return try await within(Self.patience, "what a disk does to its node") {
                try await poll {
                    do {
                        return try await condition() ? true : nil
                    } catch let error as NodeError where error.mayBeTriedAgain {
                        return nil
                    }
                }
            }
        } catch is DeadlineExceeded {
            return false
        }
    }
}
