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
            if !Task.isCancelled { await terminal.line(terminal.palette("The demonstration failed: \(error)", .red)) }
        }
        await terminal.clearStatus()
        await putAway(isGood: isGood)
        return isGood ? 0 : 1
    }

    private func proceed() async throws -> Bool {
        await terminal.line(
            "Seven organisations, each with a node of its own on this machine. Test OINs, invented people.")
        await terminal.event("makes authorities, keys, folders and the signed directory (\(algorithm.rawValue))")
        let community = try await ExampleCommunity.make(in: workspace.folder, algorithm: algorithm)
        do {
            let verdict = try await play(on: community)
            await community.killAll()
            return verdict.isGood
        } catch {
            await community.killAll()
            throw error
        }
    }

    private func play(on community: ExampleCommunity) async throws -> Verdict {
        await terminal.event("starts seven nodes")
        try await community.start()
        let casting = Casting(community: community)
        let part: any Part = bulk.map { BulkPart(input: $0, casting: casting, terminal: terminal) }
            ?? ScenarioPart(scenario: .lettersCase, casting: casting, terminal: terminal)
        var verdict = Verdict()
        do {
            try await part.run()
        } catch where !Task.isCancelled {
            // Where it stopped is no reason not to show who has been told.
            verdict.add(["\(error)"])
        }
        try Task.checkCancellation()
        await terminal.line()
        await terminal.event("waits until nothing is on its way, and every pair has compared its accounts")
        verdict.add(try await Settlement(community: community).settle(within: part.settlementMaximum))
        var accounts: [NodeAccount] = []
        for node in community.nodes {
            accounts.append(try await NodeAccount(of: node, maximumItems: part.deliveriesMaximumPerNode))
        }
        verdict.judge(accounts, demandsFollowUp: part.demandsFollowUp)
        await terminal.event("asks the nodes to stop")
        for (node, end) in try await community.stop() {
            verdict.demand(end == .exited(status: 0), "\(node.member.name)'s node \(end) when it was asked to stop")
        }
        let survivors = await community.survivors()
        verdict.demand(survivors.isEmpty, "processes are left: \(survivors)")
        let proofs = try await verify(community, part)
        verdict.judge(proofs, of: accounts.reduce(0) { $0 + $1.deliveries.count })
        await part.conclude(&verdict)
        await report(accounts, proofs, verdict)
        return verdict
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
