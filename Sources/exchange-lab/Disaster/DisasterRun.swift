import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange

/// One run from an empty folder to the verdict: three nodes lose what they had, each in its way, while everybody works.
struct DisasterRun: Sendable {
    /// More than any run makes.
    private static let deliveriesMaximum = 1_000_000
    private static let fencingMaximum = Milliseconds.seconds(60)

    let plan: DisasterPlan
    let workspace: Workspace
    let terminal: Terminal

    /// To whom what happens.
    struct Cast: Sendable {
        let wiped: NodeHandle
        let restored: NodeHandle
        let cloned: NodeHandle
    }

    /// - Returns: the exit status.
    func run() async -> Int32 {
        await SeededRun(workspace: workspace, terminal: terminal, command: plan.command).run {
            await terminal.line("\(plan.nodeCount) nodes. To do the same again: \(plan.command)")
            return try await ExampleCommunity.run(
                in: workspace.folder, .init(members: try ExamplePKI.members(plan.nodeCount))
            ) { try await play(on: $0) }
        }
    }

    private func play(on community: ExampleCommunity) async throws -> Bool {
        var generator = SeededGenerator(seed: plan.seed)
        let chosen = community.nodes.shuffled(using: &generator)
        let cast = Cast(wiped: chosen[0], restored: chosen[1], cloned: chosen[2])
        let ledger = ChaosLedger()
        let agencies = try agencies(of: community, ledger, &generator)
        let (submitting, receiving) = (agencies.map { _ in generator.split() }, agencies.map { _ in generator.split() })
        try await community.start()
        await terminal.event("all nodes listen; agencies begin to work")
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for (agency, own) in zip(agencies, receiving) { group.addTask { try await agency.receive(own) } }
            ledger.strike([cast.wiped, cast.restored].map(\.member.oin))
            let clone = try await work(community, cast, Array(zip(agencies, submitting)))
            await terminal.event("everybody has to be told now, and every pair to agree")
            var verdict = Verdict()
            let fencing = try await settle(community, agencies, ledger, clone, &verdict)
            group.cancelAll()
            try await clone.process.kill()
            return try await conclude(community, cast, ledger, fencing, &verdict)
        }
    }

    private func agencies(
        of community: ExampleCommunity, _ ledger: ChaosLedger, _ generator: inout SeededGenerator
    ) throws -> [Agency] {
        let members = community.nodes.map(\.member)
        return try community.nodes.map { node in
            Agency(
                node: node,
                correspondence: try Correspondence(of: node.member, among: members, records: [], &generator),
                ledger: ledger, pauseMaximum: plan.pauseMaximum, takenPercent: 0)
        }
    }

    /// Agencies hand in messages all the time. Returns when the last is accepted.
    private func work(
        _ community: ExampleCommunity, _ cast: Cast, _ agencies: [(agency: Agency, generator: SeededGenerator)]
    ) async throws -> Clone {
        let over = Latch<Void>()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for (agency, generator) in agencies {
                group.addTask { try await agency.submit(while: { over.value == nil }, generator) }
            }
            let clone = try await strike(community, cast)
            try await pass(plan.work)
            over.settle(())
            try await group.waitForAll()
            return clone
        }
    }

    private func strike(_ community: ExampleCommunity, _ cast: Cast) async throws -> Clone {
        let losses = try Losses(community: community, shelf: workspace.makeShelf())
        try await pass(plan.work)
        let backup = try await losses.backUp(cast.restored)
        let copy = try await losses.copy(cast.cloned)
        await terminal.event("\(cast.restored.member.name) is backed up, \(cast.cloned.member.name) is copied")
        // What neither of them has.
        try await pass(plan.work)
        await terminal.event(
            "\(cast.wiped.member.name) loses its disk, \(cast.restored.member.name) gets its backup back, the copy of "
                + "\(cast.cloned.member.name) is started")
        async let wiped: Void = losses.wipe(cast.wiped)
        async let restored: Void = losses.restore(cast.restored, from: backup)
        async let clone = losses.startClone(of: cast.cloned, from: copy)
        _ = try await (wiped, restored)
        return try await clone
    }

    // MARK: The end

    /// - Returns: who turned the copy away.
    private func settle(
        _ community: ExampleCommunity, _ agencies: [Agency], _ ledger: ChaosLedger, _ clone: Clone,
        _ verdict: inout Verdict
    ) async throws -> Set<OIN> {
        try await Aftermath(
            community: community, agencies: agencies, ledger: ledger, span: plan.settlementMaximum
        ).settle(&verdict)
        let partners = community.nodes.count - 1
        return try await verdict.collect {
            try await within(Self.fencingMaximum, "the copy to be turned away by all") {
                try await poll {
                    try await clone.api.greetPartners()
                    let found = try await clone.fencingPartners()
                    return found.count == partners ? found : nil
                }
            }
        } ?? []
    }

    private func conclude(
        _ community: ExampleCommunity, _ cast: Cast, _ ledger: ChaosLedger, _ fencing: Set<OIN>,
        _ verdict: inout Verdict
    ) async throws -> Bool {
        var accounts: [NodeAccount] = []
        for node in community.nodes {
            try await verdict.collect { try await NodeAccount(of: node, maximumItems: Self.deliveriesMaximum) }
                .map { accounts.append($0) }
        }
        verdict.judge(accounts, demandsFollowUp: false)
        let lostAnswers = verdict.judge(ledger, after: cast, accounts: accounts)
        try await verdict.collect { try await community.stop() }?.forEach { node, end in
            verdict.demand(end == .exited(status: 0), "\(node.member.slug)'s node \(end) when it was asked to stop")
        }
        await terminal.event("verifies every receipt with the openssl command")
        let proofs =
            try await verdict.collect {
                let folder = community.folder.appending(path: "evidence")
                return try await Proofs(community: community, folder: folder).verify(
                    maximumItems: Self.deliveriesMaximum
                ) { done, all in await terminal.show(status: "  verified \(done) of \(all) receipts") }
            } ?? Proofs.Outcome()
        await terminal.clearStatus()
        verdict.judge(proofs, of: accounts.reduce(0) { $0 + $1.deliveries.count(where: \.isReceipted) })
        let report = DisasterReport(
            plan: plan, cast: cast, ledger: ledger, accounts: accounts, proofs: proofs, fencing: fencing.count,
            lostAnswers: lostAnswers, verdict: verdict)
        await tell(report)
        if let file = plan.report {
            try report.write(to: file)
            await terminal.line("The report is in \(file.path).")
        }
        return verdict.isGood
    }

    private func tell(_ report: DisasterReport) async {
        let palette = terminal.palette
        await terminal.line()
        for line in report.accounts.table.lines(palette) { await terminal.line(line) }
        await terminal.line()
        for line in report.pairs.lines(palette) { await terminal.line(line) }
        await terminal.line()
        for line in report.summary { await terminal.line(line) }
        if report.verdict.isGood {
            await terminal.line(palette("Nothing was lost, all pairs agree, and the copy is fenced.", .green))
        } else {
            await terminal.line(palette("Wrong:", .red))
            for shortfall in report.verdict.shortfalls.prefix(40) { await terminal.line("  " + shortfall) }
        }
    }
}
