import ExchangeCore
import ExchangeTesting
import Foundation

/// One run from an empty folder to the verdict.
struct Demonstration: Sendable {
    let workspace: Workspace
    let algorithm: ExamplePKI.Algorithm
    let terminal: Terminal
    /// Sent instead of the letter's case.
    let bulk: BulkInput?

    /// - Returns: the exit status: 0 where everything is proved, 1 where something is missing.
    func run() async -> Int32 {
        var isGood = false
        do {
            isGood = try await proceed()
        } catch {
            await terminal.clearStatus()
            await terminal.line(
                Task.isCancelled
                    ? "Interrupted; every node is stopped."
                    : terminal.palette("The demonstration failed: \(error)", .red))
        }
        await terminal.clearStatus()
        await putAway(isGood: isGood)
        return isGood ? 0 : 1
    }

    private func proceed() async throws -> Bool {
        await terminal.line(
            "Nine organisations, each with a node of its own on this machine. Test OINs, invented people.")
        await terminal.event("makes authorities, keys, folders and the signed directory (\(algorithm.rawValue))")
        let plan = ExampleCommunity.Plan(
            members: try Cast.members(), algorithm: algorithm, isRelayed: bulk == nil, sections: Self.sections)
        return try await ExampleCommunity.run(in: workspace.folder, plan) { try await play(on: $0).isGood }
    }

    /// A calendar that is compressed: three seconds stand for the half hour within which somebody owns what is `stat`.
    private static let sections = """
        clocks:
          statOwnership: 3s
          statDeputy: 2s
          statManagement: 90s
        roster:
          onDuty: duty desk, +31600000001
          deputy: deputy of the duty desk, +31600000002
          management: team management, +31600000003
          dutyOfficer: duty officer, +31600000004

        """

    private func play(on community: ExampleCommunity) async throws -> Verdict {
        await terminal.event("starts nine nodes")
        try await community.start()
        let part = part(on: Casting(community: community))
        var verdict = Verdict()
        try await verdict.collect { try await part.run() }
        await terminal.line()
        await terminal.event("waits until nothing is on its way, and every pair has compared its accounts")
        // Where something has failed already, the rest is not waited for as long.
        let span = verdict.isGood ? part.settlementMaximum : .seconds(5)
        try await verdict.collect {
            try await Settlement(community: community).settle(within: span)
        }.map { verdict.add($0) }
        var accounts: [NodeAccount] = []
        for node in community.nodes {
            try await verdict.collect {
                try await NodeAccount(of: node, maximumItems: part.deliveriesMaximumPerNode)
            }.map { accounts.append($0) }
        }
        verdict.judge(accounts, demandsFollowUp: part.demandsFollowUp)
        try await stop(community, &verdict)
        let proofs = try await verdict.collect { try await verify(community, part) } ?? Proofs.Outcome()
        verdict.judge(proofs, of: accounts.reduce(0) { $0 + $1.deliveries.count })
        await part.conclude(&verdict)
        await report(accounts, proofs, verdict)
        return verdict
    }

    private func part(on casting: Casting) -> any Part {
        if let bulk { return BulkPart(input: bulk, casting: casting, terminal: terminal) }
        return ScenarioPart(scenario: .lettersCase, casting: casting, terminal: terminal)
    }

    private func stop(_ community: ExampleCommunity, _ verdict: inout Verdict) async throws {
        await terminal.event("asks the nodes to stop")
        let ends = try await verdict.collect { try await community.stop() } ?? []
        for (node, end) in ends {
            verdict.demand(
                end == .exited(status: 0), "\(node.member.name)'s node \(end), and did not stop because it was asked to"
            )
        }
        let survivors = await community.survivors()
        verdict.demand(survivors.isEmpty, "processes are left: \(survivors)")
    }

    private func verify(_ community: ExampleCommunity, _ part: any Part) async throws -> Proofs.Outcome {
        await terminal.event("verifies the evidence with the openssl command")
        let proofs = Proofs(community: community, folder: community.folder.appending(path: "evidence"))
        let outcome = try await proofs.verify(maximumItems: part.deliveriesMaximumPerNode) { [terminal] done, all in
            await terminal.show(status: "  verified \(done) of \(all) receipts")
        }
        await terminal.clearStatus()
        return outcome
    }

    private func report(_ accounts: [NodeAccount], _ proofs: Proofs.Outcome, _ verdict: Verdict) async {
        let palette = terminal.palette
        await terminal.line()
        for line in accounts.table.lines(palette) { await terminal.line(line) }
        for account in accounts {
            for alarm in account.alarms {
                await terminal.line(
                    palette("alarm at \(account.node.member.name): \(alarm.code): \(alarm.detail)", .yellow))
            }
        }
        await terminal.line()
        guard verdict.isGood else {
            await terminal.line(palette("Missing:", .red))
            for shortfall in verdict.shortfalls { await terminal.line("  " + shortfall) }
            return
        }
        let deliveries = accounts.reduce(0) { $0 + $1.issued }
        await terminal.line(
            palette("Everybody was told.", .green)
                + " \(deliveries) deliveries, a receipt for each; openssl verified \(proofs.verified) of them. "
                + "All accounts agree.")
        await terminal.event("no process is left")
    }

    private func putAway(isGood: Bool) async {
        do {
            if let place = try workspace.close() {
                await terminal.line("Folders and evidence are in \(place.path); they hold test keys only.")
            } else if !isGood, !Task.isCancelled {
                await terminal.line("Run with --keep DIR to look into the nodes' folders and logs.")
            }
        } catch {
            await terminal.line("\(workspace.folder.path) is left behind: \(error)")
        }
    }
}
