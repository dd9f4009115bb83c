import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    @Suite(.community()) struct DurabilityTests {
        let avim: NodeHandle
        let nidos: NodeHandle
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
        }

        /// Ends what a test started, so that each begins with no node running.
        private func playing(_ body: () async throws -> Void) async throws {
            do {
                try await body()
            } catch {
                await community.killAll()
                throw error
            }
            await community.killAll()
        }

        @Test func `a message that got an id survives SIGKILL of its sender`() async throws {
            try await playing {
                try await avim.process.start()
                let file = try ExampleSignal.file(ExampleSignal.submission(to: [.guardian]), in: community.folder)
                let sent = try await avim.command("send", file.path, "--json")
                try await avim.process.kill()
                let answer = try JSONParser.parse(Array(sent.said.utf8))
                let id = try #require(answer["id"]?.text.flatMap { MessageID($0) })
                #expect(answer["state"]?.text == "accepted")

                try await nidos.process.start()
                try await avim.process.start()
                try await avim.api.waitForAnswers(to: id)
                try await nidos.api.waitForInbox(id)
            }
        }

        @Test func `a receiver that is killed again and again ends with every message, each once`() async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("the moments of the kills come from seed \(seed)")
            var random = SeededGenerator(seed: seed)
            let count = 400
            let moments = (0..<3).map { _ in Int64.random(in: 20...380, using: &random) }.sorted(by: >)
            try await playing {
                try await avim.process.start()
                let submission = ExampleSignal.submission(to: [.guardian])
                let line = String(decoding: try JSONWriter.write(.object(submission)), as: UTF8.self)
                let accepted = try await BulkSending(client: avim.api.client)
                    .send(repeatElement(line, count: count), keyPrefix: "bulk-\(seed)") { _, _ in }
                #expect(accepted == count)
                try await nidos.process.start()
                let api = avim.api
                for moment in moments {
                    _ = try await within(.seconds(60), "\(moment) messages to be open") {
                        try await poll {
                            let row = try await api.partners().first { $0.oin == nidos.oin }
                            return row.map { $0.open <= moment } == true ? true : nil
                        }
                    }
                    try await nidos.process.kill()
                    try await nidos.process.start()
                }
                try await avim.api.waitForEmptyQueue(within: .seconds(60))
                let sent = try await avim.api.deliveries(maximumItems: 1000).filter { $0.recipient == nidos.oin }
                #expect(sent.count { !$0.isReceipted } == 0)
                #expect(Set(sent.map(\.number)).count == sent.count)
                let received = try await nidos.api.inbox().map(\.messageID)
                #expect(Set(received).count == received.count)
                #expect(Set(received).isSuperset(of: sent.map(\.messageID)))
                #expect(sent.count >= count)
                #expect(try await nidos.api.intactAuditLeaves() != nil)
                #expect(try await avim.api.intactAuditLeaves() != nil)
            }
        }

        @Test func `a socket that a killed node left does not stop the next start`() async throws {
            try await playing {
                try await avim.process.start()
                try await avim.process.kill()
                #expect(FileManager.default.fileExists(atPath: avim.folder.file("node.sock")))
                try await avim.process.start()
                _ = try await avim.api.partners()
            }
        }

        @Test func `a second start on the same folder is refused with the reason`() async throws {
            try await playing {
                try await avim.process.start()
                let second = try await avim.command("run")
                #expect(second.exitStatus == 2)
                #expect(second.said.contains("already-running"), "\(second.said)")
                let identifiers = await avim.process.identifiers
                #expect(second.said.contains("process \(identifiers.last ?? 0)"), "\(second.said)")
                // The first goes on, with its socket.
                _ = try await avim.api.partners()
            }
        }

        @Test func `SIGTERM stops a node within its limit, also while a partner hangs`() async throws {
            try await playing {
                try await nidos.process.start()
                try await avim.process.start()
                try await nidos.process.pauseRunning()
                let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "hanging")
                let clock = ContinuousClock()
                let began = clock.now
                let end = try await avim.process.stop()
                #expect(end == .exited(status: 0))
                #expect(clock.now - began < .milliseconds(ExchangeNode.stopMaximum.count))
                try await nidos.process.resume()
                try await avim.process.start()
                try await avim.api.waitForAnswers(to: id)
            }
        }

        @Test func `a node that follows its parent stops when standard input ends`() async throws {
            let child = try ChildProcess(
                NodeProcess.builtExecutable, ["run", "--folder", avim.folder.path, "--exit-with-parent"],
                output: .lines, errors: .file(avim.process.log))
            let ready = try await within(.seconds(30), "the node to listen") { () -> Bool in
                for await line in child.lines where line.contains("ready") { return true }
                return false
            }
            #expect(ready)
            child.closeInput()
            let end = try await within(.seconds(12), "the node to stop") { try await child.waitForEnd() }
            #expect(end == .exited(status: 0))
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed, the same run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
