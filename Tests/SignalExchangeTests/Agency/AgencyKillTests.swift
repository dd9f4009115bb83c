import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import GRDB
import Synchronization
import SignalExchange
import Testing

extension Nodes {
    /// A crash of either side, at any point of submitting or confirming, loses nothing and doubles nothing.
    @Suite struct AgencyKillTests {
        private static let messages = 60
        private static let rounds = 40

        @Test func `whoever is killed between any two steps, each message is submitted once and kept once`()
            async throws
        {
            let seed = UInt64.random(in: .min ... .max)
            print("seed \(seed)")
            try await ExampleCommunity.inTemporaryFolder { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                try await avim.process.start()
                try await nidos.process.start()
                let submission = community.folder.appending(path: "submission.json")
                try Data(JSONWriter.write(.object(ExampleSignal.submission(to: [.guardian])))).write(to: submission)
                let sender = AgencySystem(
                    "send", avim, in: community.folder, [submission.path, "\(Self.messages)"])
                let receiver = AgencySystem("receive", nidos, in: community.folder, [])
                try sender.start()
                try receiver.start()
                var generator = SeededGenerator(seed: seed)
                var kills = 0
                for _ in 1...Self.rounds {
                    // After some step of one of the two, somebody is killed: a system, or the node that it speaks to.
                    let system = Bool.random(using: &generator) ? sender : receiver
                    if try await system.follow(steps: .random(in: 1...6, using: &generator)) == .over { continue }
                    kills += 1
                    if Bool.random(using: &generator) {
                        try await system.kill()
                        try system.start()
                    } else {
                        try await system.node.process.kill()
                        try await system.node.process.start()
                    }
                }
                while try await sender.follow(steps: 1) == .going {}
                let sent = try sender.rows("SELECT id FROM sent")
                #expect(sent.count == Self.messages)
                // A confirmation may have been on the node's disk when the system died, and then it noted none: it is the node
                // that knows.
                try await within(.seconds(120), "all messages to be kept and confirmed") {
                    while try receiver.rows("SELECT id FROM received").count < Self.messages {
                        _ = try await receiver.follow(steps: 1)
                    }
                    while try await nidos.api.client.get("/v1/consumers/killed")["pending"]?.number != 0 {
                        _ = try await receiver.follow(steps: 1)
                    }
                }
                try await receiver.kill()
                #expect(try Set(receiver.rows("SELECT id FROM received")) == Set(sent))
                #expect(try await avim.api.deliveries().count == Self.messages, "nothing was submitted twice")
                #expect(sender.faults.isEmpty && receiver.faults.isEmpty, "\(sender.faults + receiver.faults)")
                #expect(kills > Self.rounds / 4, "somebody was killed, and not at the end alone")
                let again = try receiver.rows("SELECT id FROM received WHERE times > 1").count
                print("kills \(kills), entries that came again before they were confirmed: \(again)")
            }
        }
    }
}

/// A case system as a process of its own, which is ended and started again on its database.
private final class AgencySystem: Sendable {
    enum Progress { case going, over }

    let node: NodeHandle
    private let arguments: [String]
    private let database: URL
    private let child = Mutex<ChildProcess?>(nil)
    private let complaints = Mutex<[String]>([])

    init(_ role: String, _ node: NodeHandle, in folder: URL, _ rest: [String]) {
        self.node = node
        database = folder.appending(path: "\(role).sqlite")
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Support/agency_system.py")
        arguments = [script.path, role, node.folder.file("node.sock"), database.path] + rest
    }

    /// What it said that it never should have.
    var faults: [String] { complaints.withLock { $0 } }

    func start() throws {
        let started = try ChildProcess(URL(filePath: "/usr/bin/python3"), arguments, output: .lines, errors: .lines)
        child.withLock { $0 = started }
    }

    func kill() async throws {
        guard let child = child.withLock({ $0 }) else { return }
        child.send(signal: SIGKILL)
        _ = try await child.waitForEnd()
    }

    /// Returns when it took so many steps, or has ended.
    func follow(steps: Int) async throws -> Progress {
        guard let child = child.withLock({ $0 }) else { return .over }
        return try await within(.seconds(60), "the next steps of the system") {
            var taken = 0
            for await line in child.lines {
                if line.hasPrefix("AGAIN") || line.hasPrefix("refused") || line.hasPrefix("Traceback") {
                    self.complaints.withLock { $0.append(line) }
                }
                if !line.hasPrefix("unanswered") { taken += 1 }
                if taken == steps { return line == "done" ? .over : .going }
            }
            return .over
        }
    }

    func rows(_ sql: String) throws -> [String] {
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        let queue = try DatabaseQueue(path: database.path, configuration: configuration)
        defer { try? queue.close() }
        return try queue.read { try String.fetchAll($0, sql: sql) }
    }
}
