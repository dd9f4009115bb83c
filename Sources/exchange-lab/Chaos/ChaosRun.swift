import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange

/// One run from an empty folder to the verdict: agencies exchange messages while their nodes are killed and parted; then all
/// is healed, and must be as if nothing had been.
struct ChaosRun: Sendable {
    /// How often the line at the bottom changes, and how often a line tells it where the output is no terminal.
    private static let statusInterval = Milliseconds.seconds(1)
    private static let lineInterval = Milliseconds.seconds(20)

    /// More than any run makes.
    private static let deliveriesMaximum = 1_000_000

    let plan: ChaosPlan
    let workspace: Workspace
    let terminal: Terminal

    /// - Returns: the exit status.
    func run() async -> Int32 {
        await SeededRun(workspace: workspace, terminal: terminal, command: plan.command).run {
            await terminal.line("\(plan.nodeCount) nodes, \(plan.kills) kills. To do the same again: \(plan.command)")
            if plan.diskFaults > 0, !plan.canFillDisks {
                await terminal.line("This user may make no mount namespaces here: no disk will be full.")
            }
            return try await ExampleCommunity.run(
                in: workspace.folder, .init(members: try ExamplePKI.members(plan.nodeCount), isRelayed: true)
            ) { try await play(on: $0) }
        }
    }

    private func play(on community: ExampleCommunity) async throws -> Bool {
        let clock = NodeClock()
        let (tally, ledger) = (FaultTally(), ChaosLedger())
        var generator = SeededGenerator(seed: plan.seed)
        let agencies = try agencies(of: community, ledger, &generator)
        try await community.start()
        await terminal.event("all nodes listen; agencies begin, and so does the chaos")
        let begin = clock.now.monotonic
        // Drawn here, so that what each draws does not depend on who begins first.
        let receiving = agencies.map { ($0, generator.split()) }
        let sources = generator
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for (agency, own) in receiving {
                group.addTask { try await agency.receive(own) }
                group.addTask { try await agency.answer() }
            }
            try await rage(community, agencies, tally, ledger, sources)
            let chaos = Milliseconds(clock.now.monotonic.milliseconds - begin.milliseconds)
            await terminal.clearStatus()
            await terminal.event("the chaos is over; everybody has to be told now, and every pair to agree")
            var verdict = Verdict()
            let settling = clock.now.monotonic
            try await settle(community, agencies, ledger, &verdict)
            let settlement = Milliseconds(clock.now.monotonic.milliseconds - settling.milliseconds)
            group.cancelAll()
            return try await conclude(community, tally, ledger, &verdict, chaos: chaos, settlement: settlement)
        }
    }

    /// Agencies hand in messages while nodes are killed and parted. Returns when all nodes run, nothing is between them, and
    /// the last message is accepted.
    private func rage(
        _ community: ExampleCommunity, _ agencies: [Agency], _ tally: FaultTally, _ ledger: ChaosLedger,
        _ generator: SeededGenerator
    ) async throws {
        guard let network = community.network else { preconditionFailure("the community is made with its relays") }
        var generator = generator
        let (budget, over) = (KillBudget(plan.kills), Latch<Void>())
        let pool = NodePool(community.nodes)
        let killers = Killers(
            count: plan.killersCount, pool: pool, tally: tally, budget: budget, ledger: ledger)
        let disks = DiskFaults(
            plan: plan, losses: try Losses(community: community, shelf: workspace.makeShelf()), pool: pool,
            tally: tally,
            budget: budget, ledger: ledger)
        let troublers = Troublers(
            count: plan.troublersCount, network: network, nodes: community.nodes, tally: tally, budget: budget)
        let progress = Task { try await show(tally, ledger) }
        let end = Task {
            try await pass(plan.maximum)
            budget.end()
        }
        defer {
            progress.cancel()
            end.cancel()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for agency in agencies {
                let own = generator.split()
                group.addTask { try await agency.submit(while: { over.value == nil }, own) }
            }
            let (killing, troubling, spoiling) = (generator.split(), generator.split(), generator.split())
            group.addTask {
                async let killed: Void = killers.run(killing)
                async let troubled: Void = troublers.run(troubling)
                async let spoiled: Void = disks.run(spoiling)
                _ = try await (killed, troubled, spoiled)
                network.joinAll()
                over.settle(())
            }
            try await group.waitForAll()
        }
    }

    private func agencies(
        of community: ExampleCommunity, _ ledger: ChaosLedger, _ generator: inout SeededGenerator
    ) throws -> [Agency] {
        let records = try plan.records.map { try Correspondence.records(of: $0) } ?? []
        let members = community.nodes.map(\.member)
        return try community.nodes.map { node in
            Agency(
                node: node,
                correspondence: try Correspondence(of: node.member, among: members, records: records, &generator),
                ledger: ledger, pauseMaximum: plan.pauseMaximum)
        }
    }

    /// Tells how far the run is, until it is cancelled.
    private func show(_ tally: FaultTally, _ ledger: ChaosLedger) async throws {
        var sinceLine = Milliseconds.zero
        while true {
            let counts = ledger.counts
            let line =
                "kills \(tally.kills)/\(plan.kills), messages \(counts.accepted), handed over \(ledger.handedCount) of "
                + "\(ledger.owed.count)"
            await terminal.show(status: "  " + line)
            if !terminal.isInteractive, sinceLine >= Self.lineInterval {
                await terminal.event(line)
                sinceLine = .zero
            }
            try await pass(Self.statusInterval)
            sinceLine = sinceLine + Self.statusInterval
        }
    }

    // MARK: The end

    private func settle(
        _ community: ExampleCommunity, _ agencies: [Agency], _ ledger: ChaosLedger, _ verdict: inout Verdict
    ) async throws {
        for node in community.nodes {
            try await verdict.collect {
                if await !node.process.isRunning { try await node.process.start() }
                try await node.api.greetPartners()
            }
        }
        try await Aftermath(
            community: community, agencies: agencies, ledger: ledger, span: plan.settlementMaximum
        ).settle(&verdict)
    }

    private func conclude(
        _ community: ExampleCommunity, _ tally: FaultTally, _ ledger: ChaosLedger, _ verdict: inout Verdict,
        chaos: Milliseconds, settlement: Milliseconds
    ) async throws -> Bool {
        var accounts: [NodeAccount] = []
        for node in community.nodes {
            try await verdict.collect { try await NodeAccount(of: node, maximumItems: Self.deliveriesMaximum) }
                .map { accounts.append($0) }
        }
        verdict.judge(accounts, demandsFollowUp: false)
        let secondMessages = verdict.judge(ledger, against: accounts)
        verdict.judge(tally, of: plan)
        verdict.judgeAlarms(of: accounts, losers: ledger.losers)
        try await verdict.collect { try await community.stop() }?.forEach { node, end in
            verdict.demand(end == .exited(status: 0), "\(node.member.slug)'s node \(end) when it was asked to stop")
        }
        await terminal.event("verifies every receipt with the openssl command")
        let proofs =
            try await verdict.collect {
                let folder = community.folder.appending(path: "evidence")
                return try await Proofs(community: community, folder: folder).verify(
                    maximumItems: Self.deliveriesMaximum
                ) { done, all in
                    let line = "verified \(done) of \(all) receipts"
                    await terminal.show(status: "  " + line)
                    if !terminal.isInteractive, done.isMultiple(of: 1000) { await terminal.event(line) }
                }
            } ?? Proofs.Outcome()
        await terminal.clearStatus()
        verdict.judge(proofs, of: accounts.reduce(0) { $0 + $1.deliveries.count(where: \.isReceipted) })
        let report = ChaosReport(
            plan: plan, tally: tally, ledger: ledger, accounts: accounts, proofs: proofs, verdict: verdict,
            secondMessages: secondMessages, chaos: chaos, settlement: settlement)
        await tell(report)
        if let file = plan.report {
            try report.write(to: file)
            await terminal.line("The report is in \(file.path).")
        }
        return verdict.isGood
    }

    private func tell(_ report: ChaosReport) async {
        let palette = terminal.palette
        await terminal.line()
        for line in report.faults.lines(palette) { await terminal.line(line) }
        await terminal.line()
        for line in report.accounts.table.lines(palette) { await terminal.line(line) }
        await terminal.line()
        for line in report.summary { await terminal.line(line) }
        if report.verdict.isGood {
            let twice = report.ledger.lossCount == 0 ? "" : " but what a restored disk explains"
            await terminal.line(palette("Nothing was lost, and nothing came twice\(twice).", .green))
        } else {
            await terminal.line(palette("Wrong:", .red))
            for shortfall in report.verdict.shortfalls.prefix(40) { await terminal.line("  " + shortfall) }
        }
    }
}
