import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Synchronization

/// Kills nodes with SIGKILL, at any moment of their work and of their start, and starts them again; and lets them hang.
struct Killers: Sendable {
    private static let hanging: ClosedRange<Int64> = 200...2500
    /// How long a node is left to its work before it is killed.
    private static let lifeMaximum: Int64 = 1500
    /// How long it stays away, where it is not started at once.
    private static let absenceMaximum: Int64 = 2000
    let count: Int
    let pool: NodePool
    let tally: FaultTally
    let budget: KillBudget
    let ledger: ChaosLedger
    /// How long the last start took, on this machine with all that runs on it.
    private let lastStart = Latest(Milliseconds(300))

    init(count: Int, pool: NodePool, tally: FaultTally, budget: KillBudget, ledger: ChaosLedger) {
        (self.count, self.pool, self.tally, self.budget, self.ledger) = (count, pool, tally, budget, ledger)
    }

    /// Returns when the budget is spent, everything has happened to somebody, and every node runs.
    func run(_ generator: SeededGenerator) async throws {
        var generator = generator
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                var own = generator.split()
                group.addTask { while isToGoOn { try await visit(&own) } }
            }
            try await group.waitForAll()
        }
    }

    private var isToGoOn: Bool { budget.isLeft || (tally.isMissing(FaultKind.ofProcesses) && !budget.isOver) }

    private func visit(_ generator: inout SeededGenerator) async throws {
        let node = await pool.borrow(&generator)
        try await pass(Milliseconds(.random(in: 0...Self.lifeMaximum, using: &generator)))
        // It has to go on until somebody ends it.
        if let end = await node.process.ended {
            ledger.complain("\(node.member.slug)'s node \(end) by itself: \(node.process.lastLines(3))")
        }
        if generator.happens(percent: tally[.hang].happened == 0 ? 100 : 10) {
            try await hang(node, &generator)
        } else {
            try await kill(node, &generator)
        }
        await pool.giveBack(node)
    }

    private func hang(_ node: NodeHandle, _ generator: inout SeededGenerator) async throws {
        try await node.process.pauseRunning()
        try await pass(Milliseconds(.random(in: Self.hanging, using: &generator)))
        try await node.process.resume()
        tally.note(.hang, happened: await node.process.isRunning)
    }

    private func kill(_ node: NodeHandle, _ generator: inout SeededGenerator) async throws {
        try await end(node)
        // At once as a rule: what follows a crash then meets what was under way.
        if generator.happens(percent: 25) {
            try await pass(Milliseconds(.random(in: 0...Self.absenceMaximum, using: &generator)))
        }
        while isToGoOn, generator.happens(percent: tally[.killAtStart].happened == 0 ? 100 : 25) {
            // Somewhere in the start.
            let span = Milliseconds(lastStart.value.count * .random(in: 0...100, using: &generator) / 100)
            async let start: Void = startOrFail(node)
            try await pass(span)
            try await end(node)
            await start
            // The kill may have come before there was anything to kill.
            if await node.process.isRunning { break }
        }
        if await !node.process.isRunning { try await start(node) }
    }

    private func end(_ node: NodeHandle) async throws {
        let kind: FaultKind = await node.process.isReady ? .kill : .killAtStart
        let wasRunning = await node.process.isRunning
        try await node.process.kill()
        let end = await node.process.ended
        let isKilled = wasRunning && end == .killed(signal: SIGKILL)
        tally.note(kind, happened: isKilled)
        if isKilled { budget.spend() }
    }

    private func start(_ node: NodeHandle) async throws {
        let clock = NodeClock()
        let begin = clock.now.monotonic
        try await node.process.start()
        lastStart.value = Milliseconds(clock.now.monotonic.milliseconds - begin.milliseconds)
    }

    /// A start that a kill ends is no failure.
    private func startOrFail(_ node: NodeHandle) async {
        do { try await node.process.start() } catch {}
    }
}

/// The last of several values.
private final class Latest<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// How many kills are left, until time is over.
final class KillBudget: Sendable {
    private let state: Mutex<(left: Int, isOver: Bool)>

    init(_ count: Int) { state = Mutex((count, false)) }

    /// Whether somebody is still to be killed.
    var isLeft: Bool { state.withLock { $0.left > 0 && !$0.isOver } }
    /// Whether nothing more may be begun, whatever is left.
    var isOver: Bool { state.withLock(\.isOver) }

    func spend() { state.withLock { $0.left -= 1 } }

    func end() { state.withLock { $0.isOver = true } }
}
