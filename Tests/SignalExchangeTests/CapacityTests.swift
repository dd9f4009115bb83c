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
                let disk = try await SmallDisk(for: nidos, sizeMegabytes: 4)
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
        func `a backup and a restore without room name the disk, and touch nothing`() async throws {
            try await playing {
                let backup = community.folder.appending(path: "backup.sqlite")
                try await nidos.process.start()
                let made = try await nidos.command("backup", backup.path)
                #expect(made.exitStatus == 0, "\(made.said)")
                try await nidos.process.stop()
                let disk = try await SmallDisk(for: nidos, sizeMegabytes: 4)
                try await disk.process.start()
                try await disk.fill()
                let copy = nidos.folder.file("store/copy.sqlite")
                let full = try await nidos.command("backup", copy)
                #expect(full.exitStatus == 5 && full.said.contains("disk-full"), "\(full.said)")
                #expect(full.said.contains("The disk of \(copy) is full: no backup was made"), "\(full.said)")
                #expect(try await nidos.api.client.get("/v1/status")["storeProblem"]?.text == "")
                try await disk.process.kill()
                try await disk.fill()
                let restored = try await disk.run(
                    "restore", backup.path, "--folder", nidos.folder.path, "--confirm", nidos.oin.text)
                #expect(restored.exitStatus == 5 && restored.said.contains("disk-full"), "\(restored.said)")
                for word in ["The disk of \(nidos.folder.store) is full", "was not touched", "room for both"] {
                    #expect(restored.said.contains(word), "\(restored.said)")
                }
                try await disk.clear()
                let after = try await disk.run(
                    "restore", backup.path, "--folder", nidos.folder.path, "--confirm", nidos.oin.text)
                #expect(after.exitStatus == 0, "\(after.said)")
                try await disk.process.start()
                try await disk.process.kill()
            }
        }

        @Test(.enabled(if: Self.canMount, "needs mount namespaces"))
        func `a full disk at the sender accepts nothing, and the node goes on when there is room`() async throws {
            try await playing {
                let sender = community[slug: "ind"]
                let disk = try await SmallDisk(for: sender, sizeMegabytes: 4)
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
        func `a disk that fills in mid-traffic loses nothing, also where the node is killed on it`() async throws {
            try await playing {
                let sender = community[slug: "jade"]
                let disk = try await SmallDisk(for: sender, sizeMegabytes: 4)
                try await disk.process.start()
                try await nidos.process.start()
                let large = ExampleSignal.submission(to: [.guardian], explanation: String(repeating: "x", count: 7_500))
                var accepted: [MessageID] = []
                var isFull = false
                for count in 0..<400 where !isFull {
                    if count == 20 { try await disk.fill() }
                    do {
                        accepted.append(try await sender.api.submit(.object(large), key: "large-\(count)"))
                    } catch let error as NodeError {
                        #expect(error.code == .storeUnavailable && error.message.contains("disk-full"), "\(error)")
                        isFull = true
                    }
                }
                #expect(isFull, "a disk that is full took \(accepted.count) messages")
                #expect(accepted.count >= 20)
                // The node dies on the full disk, where it cannot even begin an incarnation.
                try await disk.process.kill()
                let failure = await #expect(throws: NodeProcess.Failure.self) { try await disk.process.start() }
                #expect(failure?.log.contains("disk-full") == true, "\(failure?.log ?? "")")

                try await disk.clear()
                try await disk.process.start()
                // What was refused is handed in again, and so is one that was accepted: each is one message.
                let last = try await sender.api.submit(.object(large), key: "large-\(accepted.count)")
                #expect(try await sender.api.submit(.object(large), key: "large-0") == accepted[0])
                for id in accepted + [last] {
                    try await sender.api.waitForAnswers(to: id, within: .seconds(60))
                    try await nidos.api.waitForInbox(id)
                }
                #expect(Set(try await sender.api.deliveries().map(\.messageID)) == Set(accepted + [last]))
                #expect(try await sender.api.intactAuditLeaves() != nil)
                print("accepted \(accepted.count) messages until the disk was full; all were receipted after that")
                try await disk.process.kill()
            }
        }

        @Test(.enabled(if: Self.canMount, "needs mount namespaces"))
        func `a start on a full disk says so once`() async throws {
            try await playing {
                let disk = try await SmallDisk(for: community[slug: "coa"], sizeMegabytes: 4, isFull: true)
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
