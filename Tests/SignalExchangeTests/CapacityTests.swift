import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import GRDB
import SignalExchange
import Testing

extension Nodes {
    /// What is full or locked is said at once; nothing is acknowledged that is not durable; it goes on when mended.
    @Suite(.community()) struct CapacityTests {
        let avim: NodeHandle
        let nidos: NodeHandle
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
        }

        private func playing(_ body: () async throws -> Void) async throws {
            do {
                try await body()
            } catch {
                await community.killAll()
                throw error
            }
            await community.killAll()
        }

        @Test func `a full queue is told at once, and its reserve still takes what cannot wait`() async throws {
            let node = try ChildProcess(
                NodeProcess.builtExecutable, ["run", "--folder", avim.folder.path],
                environment: ["EXCHANGE_NODE_LIMITS_QUEUE_MAXIMUM_ITEMS_PER_PARTNER": "10"], output: .lines,
                errors: .file(avim.process.log))
            try await within(.seconds(30), "the node to listen") {
                for await line in node.lines where line.contains("ready") { return }
            }
            let file = try ExampleSignal.file(ExampleSignal.submission(to: [.guardian]), in: community.folder)
            for _ in 0..<9 { #expect(try await avim.command("send", file.path).exitStatus == 0) }
            let refused = try await avim.command("send", file.path)
            #expect(refused.exitStatus == 5, "\(refused.said)")
            #expect(refused.said.contains("queue-full"), "\(refused.said)")
            #expect(refused.said.contains(nidos.oin.text), "\(refused.said)")
            #expect(try await avim.api.deliveries().count == 9)

            let urgent = try ExampleSignal.file(
                ExampleSignal.submission(to: [.guardian], priority: .stat), in: community.folder)
            #expect(try await avim.command("send", urgent.path).exitStatus == 0)
            #expect(try await avim.command("send", urgent.path).exitStatus == 5)
            node.send(signal: SIGKILL)
            _ = try await node.waitForEnd()
            try await avim.loseStore()
        }

        @Test func `a receiver whose store is locked gives no receipt before it can write`() async throws {
            try await playing {
                try await nidos.process.start()
                let sender = try Stage.foreignNode("ggd")
                // A message of the same case first, so that the next one meets the lock only when it is to be kept.
                let reference = CaseReference(random: Randomness.bytes16())
                let parcels = try (0..<2).map { _ in
                    try sender.seal(
                        ExampleSignal.content(
                            from: sender.party, to: [Recipient(nidos.party)], caseReference: reference), for: nidos)
                }
                let first = try await sender.deliver(parcels[0], to: nidos)
                #expect(first.receipt != nil)
                let parcel = parcels[1]
                let batch = try sender.batch([parcel], for: nidos)
                var openly = Configuration()
                openly.allowsUnsafeTransactions = true
                let other = try DatabaseQueue(path: nidos.folder.store, configuration: openly)
                try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
                let reply = try await sender.client().post(batch, .batch, to: nidos)
                let refused = try BatchAnswer(wireBytes: reply.body).outcomes[0].answer
                #expect(refused.receipt == nil, "a receipt for what is not written")
                #expect(refused.later == .storageUnavailable, "\(refused)")
                try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
                try other.close()
                #expect(try await !nidos.api.inbox().contains { $0.messageID == parcel.id })

                let answer = try await sender.deliver(batch, to: nidos)
                #expect(answer.outcomes.first?.answer.receipt != nil)
                try await nidos.api.waitForInbox(parcel.id)
            }
        }

        @Test(.enabled(if: Self.canMount, "needs mount namespaces"))
        func `a full disk acknowledges nothing, and the node goes on when there is room`() async throws {
            try await playing {
                let disk = try SmallDisk(for: nidos, sizeMegabytes: 4)
                try await disk.process.start()
                try await avim.process.start()
                let first = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "room")
                try await avim.api.waitForAnswers(to: first)

                try await disk.fill()
                let second = try await avim.api.submit(
                    .object(
                        ExampleSignal.submission(to: [.guardian], explanation: String(repeating: "x", count: 7_500))),
                    key: "no-room")
                try await nidos.waitForLog("disk-full")
                // It can be kept nowhere, and is shown all the same.
                #expect(try await nidos.api.alarms().first?.code == "store-failing")
                let status = try await nidos.api.client.get("/v1/status")
                #expect(status["storeProblem"]?.text?.contains("disk-full") == true, "\(status)")
                #expect(try await avim.api.deliveries(of: second).first?.isReceipted == false)
                #expect(try await !nidos.api.inbox().contains { $0.messageID == second })

                try await disk.clear()
                try await avim.waitForDelivery(of: second, "receipted after room was made", within: .seconds(60)) {
                    $0.isReceipted
                }
                try await nidos.api.waitForInbox(second)
                try await disk.process.kill()
            }
        }

        @Test(.enabled(if: Self.canMount, "needs mount namespaces"))
        func `a full disk at the sender accepts nothing, and the node goes on when there is room`() async throws {
            try await playing {
                let sender = community[slug: "ind"]
                let disk = try SmallDisk(for: sender, sizeMegabytes: 4)
                try await disk.process.start()
                try await disk.fill()
                let file = try ExampleSignal.file(
                    ExampleSignal.submission(to: [.guardian], explanation: String(repeating: "x", count: 7_500)),
                    in: community.folder)
                // The log of the store may still have a page or two of room.
                var refused: Command?
                for _ in 0..<20 where refused == nil {
                    let sent = try await sender.command("send", file.path)
                    if sent.exitStatus != 0 { refused = sent }
                }
                let sent = try #require(refused, "a disk that is full took twenty messages")
                #expect(sent.exitStatus == 5, "\(sent.said)")
                #expect(sent.said.contains("disk-full"), "\(sent.said)")
                let kept = try await sender.api.deliveries().count

                try await disk.clear()
                #expect(try await sender.command("send", file.path).exitStatus == 0)
                #expect(try await sender.api.deliveries().count == kept + 1)
                try await disk.process.kill()
            }
        }

        @Test(.enabled(if: Self.canMount, "needs mount namespaces"))
        func `a start on a full disk says so once`() async throws {
            try await playing {
                let disk = try SmallDisk(for: community[slug: "coa"], sizeMegabytes: 4, isFull: true)
                let failure = await #expect(throws: NodeProcess.Failure.self) { try await disk.process.start() }
                #expect(failure?.end == .exited(status: 5))
                let log = failure?.log ?? ""
                #expect(log.contains("exchange-node: disk-full: "), "\(log)")
                #expect(log.matches(of: /disk-full/).count == 1, "\(log)")
                #expect(!log.contains("store-unavailable"), "\(log)")
                #expect(log.contains("has to be started"), "\(log)")
            }
        }

        static let canMount: Bool = {
            guard
                let probe = try? Process.run(
                    URL(filePath: "/usr/bin/unshare"), arguments: ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"])
            else { return false }
            probe.waitUntilExit()
            return probe.terminationStatus == 0
        }()
    }
}

/// A node whose store lies on a disk of its own, of a few megabytes. The disk is visible to the node alone and ends
/// with it.
struct SmallDisk {
    let process: NodeProcess
    private let store: String

    /// - Parameter isFull: the node starts on a disk on which nothing but its store has room.
    init(for node: NodeHandle, sizeMegabytes: Int, isFull: Bool = false) throws {
        let script = URL(filePath: node.folder.file("on-a-small-disk.sh"))
        store = node.folder.file("store")
        // A disk that is new has no store: one is begun on it by who knows that.
        let makeStore = "new-store --folder \(node.folder.path) --confirm \(node.oin)"
        let fill = isFull ? #"{ dd if=/dev/zero of="$0/filler" bs=4096 2>"$0.filled"; true; } && "# : ""
        let text = """
            #!/bin/sh
            mounted='mount -t tmpfs -o size=\(sizeMegabytes)m none "$0" && "$1" \(makeStore) >"$0.made" && \(fill)exec "$@"'
            exec unshare -rm sh -c "$mounted" "\(store)" "\(NodeProcess.builtExecutable.path)" "$@"
            """
        try Data(text.utf8).write(to: script)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: script.path)
        process = NodeProcess(executable: script, folder: node.folder)
    }

    /// Takes all the room that is left.
    func fill() async throws {
        // `dd` ends with an error when the disk is full, which is what it is for.
        _ = try await Command.run("dd", ["if=/dev/zero", "of=\(await filler())", "bs=4096"])
    }

    func clear() async throws {
        let removed = try await Command.run("rm", [await filler()])
        try #require(removed.succeeded, "\(removed.said)")
    }

    /// Seen from outside through the process that has the disk.
    private func filler() async -> String {
        "/proc/\(await process.identifiers.last ?? 0)/root\(store)/filler"
    }
}
