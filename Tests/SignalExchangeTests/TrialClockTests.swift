import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

/// A clock that is set ahead, as an operator of a trial writes it, and what keeps it from real organisations.
@Suite struct TrialClockTests {
    private func load(_ sections: String, oin: String = "00000099000000001000") async throws -> NodeConfiguration {
        let place = FileManager.default.temporaryDirectory.appending(path: "trial-\(UUID())")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place) }
        let folder = NodeFolder(place.path)
        try NodeFolder.write(
            Array("organisation:\n  oin: \"\(oin)\"\n\(sections)".utf8), to: folder.configuration)
        return try await NodeConfiguration.load(from: folder)
    }

    @Test func `without the key the node's clock is the machine's`() async throws {
        let configuration = try await load("")
        #expect(configuration.trialClock == nil)
        let before = Timestamp.current
        let now = configuration.clock.now.wall
        #expect(before <= now && now <= .current)
    }

    @Test(arguments: [
        ("21d", Milliseconds.hours(504)), ("4h", .hours(4)), ("90m", .minutes(90)), ("30s", .seconds(30)),
    ])
    func `the wall clock is ahead by the span, and the monotonic clock is not`(text: String, span: Milliseconds)
        async throws
    {
        let clock = try await load("trial:\n  clockAhead: \(text)\n").clock
        let before = Timestamp.current
        let now = clock.now
        #expect(before + span <= now.wall && now.wall <= .current + span)
        #expect(now.monotonic.milliseconds < 60_000)
    }

    @Test(arguments: ["21", "-1d", "0d", "3wd", "d", "3651d", "9999999999s", "21 d"])
    func `a span that is none is refused with the key's name`(text: String) async throws {
        let error = await #expect(throws: NodeError.self) {
            _ = try await load("trial:\n  clockAhead: \"\(text)\"\n")
        }
        #expect(error?.code == .configurationInvalid)
        #expect(error?.message.contains("trial.clockAhead") == true, "\(String(describing: error))")
    }

    @Test func `a real organisation's clock is never set ahead`() async throws {
        let error = await #expect(throws: NodeError.self) {
            _ = try await load("trial:\n  clockAhead: 21d\n", oin: "00000001003214345000")
        }
        #expect(error?.code == .trialClockRefused)
        #expect(error?.message.contains("take it out") == true, "\(String(describing: error))")
        #expect(try await load("", oin: "00000001003214345000").trialClock == nil)
    }
}

extension Nodes {
    /// Weeks pass between two starts.
    @Suite struct TrialClockProcessTests {
        private func jump(_ nodes: [NodeHandle], days: Int, in community: ExampleCommunity) async throws {
            for node in nodes { try await node.process.stop() }
            try community.setClocks(ahead: .hours(24 * Int64(days)))
            for node in nodes { try await node.process.start() }
        }

        private func created(_ id: MessageID, at node: NodeHandle) async throws -> Timestamp {
            let entry = try await node.api.client.get("/v1/messages/\(id)")
            return try #require(entry["created"]?.text.flatMap { Timestamp($0) })
        }

        @Test func `three weeks later nodes exchange messages of that day, and what was owed before is late`()
            async throws
        {
            try await withCommunity(running: ["avim", "ind"]) { community in
                let (avim, ind) = (community[slug: "avim"], community[slug: "ind"])
                let early = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.immigration])), key: "early")
                try await ind.api.waitForInbox(early)
                try await jump([avim, ind], days: 21, in: community)
                let before = Timestamp.current
                let late = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.immigration])), key: "late")
                try await ind.api.waitForInbox(late)
                try await avim.api.waitForAnswers(to: late)
                #expect(try await created(late, at: avim) >= before + .hours(504))
                // What nobody owned is late now, at both ends, by the same clock.
                for node in [avim, ind] {
                    let rows = try await node.api.client.get("/v1/obligations?late=true")["items"]?.elements ?? []
                    let owed = Set(rows.compactMap { $0["message"]?.text })
                    #expect(owed == [early.description], "\(node.member.slug): \(rows)")
                }
                try await node(avim, waitsForNoAlarmButLateness: [.acknowledgementOverdue])
                try await avim.waitForLog("trial.clockAhead")
                // What an operator notes as told now was told on that day.
                let noted = try await avim.command(
                    "queue", "told", early.description, "--partner", ind.oin.text, "--as", "trafficking-desk")
                #expect(noted.exitStatus == 0, "\(noted.said)")
                #expect(try await toldByTelephone(early, at: avim) >= before + .hours(504))
                let check = try await avim.command("check", "--wait", "5")
                #expect(
                    check.said.contains("trial clock") && check.said.contains("ahead of the machine's by 1814400s"),
                    "\(check.said)")
                #expect(!check.said.contains("the clock of IND"), "\(check.said)")
            }
        }

        private func toldByTelephone(_ id: MessageID, at node: NodeHandle) async throws -> Timestamp {
            let reference = try #require(try await node.api.client.get("/v1/messages/\(id)")["caseRef"]?.text)
            let messages = try await node.api.client.get("/v1/cases/\(reference)")["messages"]?.elements ?? []
            let parties = messages.first { $0["id"]?.text == id.description }?["parties"]?.elements ?? []
            let calls = parties.flatMap { $0["telephone"]?.elements ?? [] }
            return try #require(calls.first?["at"]?.text.flatMap { Timestamp($0) })
        }

        private func node(_ node: NodeHandle, waitsForNoAlarmButLateness expected: Set<AlarmCode>) async throws {
            let codes = Set(try await node.api.alarms().map(\.code))
            #expect(codes.isSubset(of: expected.map(\.rawValue)), "\(codes)")
        }

        @Test func `a node of a real organisation does not start with a clock that is set ahead`() async throws {
            try await withCommunity { community in
                let node = community[slug: "avim"]
                let text = try node.folder.readText(node.folder.configuration)
                    .replacing(node.oin.text, with: "00000001003214345000")
                try NodeFolder.write(Array(text.utf8), to: node.folder.configuration)
                let run = try await node.command(
                    "run", environment: ["SWIFT_BACKTRACE=enable=no", "EXCHANGE_NODE_TRIAL_CLOCK_AHEAD=21d"])
                #expect(run.exitStatus == 2 && run.said.contains("exchange-node: trial-clock-refused: "), "\(run.said)")
            }
        }
    }
}
