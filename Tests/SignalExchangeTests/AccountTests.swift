import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import GRDB
import SignalExchange
import Testing

extension Nodes {
    /// What the books of two nodes show of each other: restored and wiped stores, and messages out of order.
    @Suite(.community(running: "avim", "nidos", limits: ["predecessorWaitSeconds": 3])) struct AccountTests {
        let avim: NodeHandle
        let nidos: NodeHandle
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
        }

        private func exchange(_ count: Int, _ prefix: String) async throws {
            for index in 0..<count {
                let id = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.guardian])), key: "\(prefix)-\(index)")
                try await avim.api.waitForAnswers(to: id)
                try await nidos.api.take(id, role: "duty-guardian")
                try await avim.api.waitForFollowUp(.owned, of: id, by: nidos.oin)
            }
        }

        private func copyStore(of node: NodeHandle, to folder: URL) throws {
            try? FileManager.default.removeItem(at: folder)
            try FileManager.default.copyItem(at: URL(filePath: node.folder.file("store")), to: folder)
        }

        @Test func `a store that comes back from an older copy is noticed by its partner`() async throws {
            try await exchange(2, "before-copy")
            try await nidos.process.stop()
            let copy = community.folder.appending(path: "copy")
            try copyStore(of: nidos, to: copy)
            try await nidos.process.start()
            try await exchange(2, "after-copy")
            try await nidos.process.stop()
            let store = URL(filePath: nidos.folder.file("store"))
            try FileManager.default.removeItem(at: store)
            try FileManager.default.moveItem(at: copy, to: store)
            try await nidos.process.start()
            try await nidos.api.greetPartners()
            let api = avim.api
            let alarm = try await within(.seconds(30), "an alarm about the partner's store") {
                try await poll {
                    try await api.alarms().first {
                        $0.partner == nidos.oin
                            && [AlarmCode.partnerRolledBack.rawValue, AlarmCode.partnerCloned.rawValue].contains(
                                $0.code)
                    }
                }
            }
            #expect(alarm.detail.contains("duty contact"), "\(alarm.detail)")
            // It is an alarm and nothing more: what is new is still taken.
            let id = try await avim.api.submit(
                .object(ExampleSignal.submission(to: [.guardian], priority: .stat)), key: "after-restore")
            try await nidos.api.waitForInbox(id)
        }

        /// Nobody stops a node to copy its store: this copy has the incarnation that runs on, so that its successor is
        /// lawful, and only what the partner had answered tells of it.
        @Test func `a partner restored from a copy made while it ran is noticed, although it sent nothing since`()
            async throws
        {
            let ind = community[slug: "ind"]
            try await ind.process.start()
            func tell(_ key: String) async throws -> MessageID {
                let id = try await nidos.api.submit(
                    .object(ExampleSignal.submission(to: [.immigration])), key: key)
                try await nidos.api.waitForAnswers(to: id)
                return id
            }
            _ = try await tell("before-online-copy")
            let copy = community.folder.appending(path: "online-copy")
            try DatabaseQueue(path: ind.folder.store).backup(to: DatabaseQueue(path: copy.path))
            let lost = try await tell("after-online-copy")
            try await ind.process.kill()
            let store = URL(filePath: ind.folder.file("store"))
            try FileManager.default.removeItem(at: store)
            try FileManager.default.createDirectory(at: store, withIntermediateDirectories: true)
            try FileManager.default.moveItem(at: copy, to: URL(filePath: ind.folder.store))
            try await ind.process.start()
            try await nidos.api.greetPartners()
            let alarm = try await nidos.waitForAlarm(.partnerRolledBack, about: ind.oin)
            #expect(alarm.detail.contains("numbers 2 to 2"), "\(alarm.detail)")
            // It comes again by itself, and is said to.
            try await ind.api.waitForInbox(lost)
            #expect(try await ind.api.inboxEntry(lost)["mayBeRepeated"]?.flag == true)
            try await ind.process.kill()
        }

        @Test func `a partner whose store was wiped is noticed, and is still sent what is new`() async throws {
            let ind = community[slug: "ind"]
            try await ind.process.start()
            let first = try await avim.api.submit(
                .object(ExampleSignal.submission(to: [.immigration])), key: "before-wipe")
            try await avim.api.waitForAnswers(to: first)
            try await ind.api.take(first, role: "duty-officer")
            try await avim.api.waitForFollowUp(.owned, of: first, by: ind.oin)
            try await ind.process.kill()
            try await ind.loseStore()
            try await ind.process.start()
            try await ind.api.greetPartners()
            try await avim.waitForAlarm(.partnerHistoryUnproven, about: ind.oin)
            let second = try await avim.api.submit(
                .object(ExampleSignal.submission(to: [.immigration])), key: "after-wipe")
            try await ind.api.waitForInbox(second)
            try await ind.process.kill()
        }

        @Test func `a message whose predecessor is missing is handed over after the wait, and flagged`() async throws {
            let ggd = try Stage.foreignNode("ggd")
            let missing = MessageID(at: .current, random: Randomness.bytes16())
            let content = try ExampleSignal.content(
                from: ggd.party, to: [Recipient(nidos.party, previous: missing)])
            #expect(try await ggd.deliver(ggd.seal(content, for: nidos), to: nidos).receipt != nil)
            #expect(try await !nidos.api.inbox().contains { $0.messageID == content.id }, "it did not wait")
            try await nidos.api.waitForInbox(content.id)
            let shown = try await nidos.api.inboxEntry(content.id)
            #expect(shown["missingPredecessor"]?.text == missing.description)

            let urgent = try ExampleSignal.content(
                from: ggd.party, to: [Recipient(nidos.party, previous: missing)], priority: .stat)
            #expect(try await ggd.deliver(ggd.seal(urgent, for: nidos), to: nidos).receipt != nil)
            #expect(try await nidos.api.inbox().contains { $0.messageID == urgent.id }, "stat waited")
            let flagged = try await nidos.api.inboxEntry(urgent.id)
            #expect(flagged["missingPredecessor"]?.text == missing.description)
        }

        @Test func `a message that waits is handed over when its predecessor comes`() async throws {
            let jade = try Stage.foreignNode("coa")
            let reference = CaseReference(random: Randomness.bytes16())
            let first = try ExampleSignal.content(
                from: jade.party, to: [Recipient(nidos.party)], caseReference: reference)
            let second = try ExampleSignal.content(
                from: jade.party, to: [Recipient(nidos.party, previous: first.id)], caseReference: reference)
            #expect(try await jade.deliver(jade.seal(second, for: nidos), to: nidos).receipt != nil)
            #expect(try await jade.deliver(jade.seal(first, for: nidos), to: nidos).receipt != nil)
            let inbox = try await nidos.api.inbox().map(\.messageID)
            #expect(inbox.contains(first.id))
            #expect(inbox.contains(second.id))
            let shown = try await nidos.api.inboxEntry(second.id)
            #expect(shown["missingPredecessor"] == .null)
        }
    }
}
