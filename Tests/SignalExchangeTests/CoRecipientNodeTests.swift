import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// Two nodes as processes, and a sender whose software is not ours: what its two recipients tell each other.
    @Suite(.community(running: "nidos", "ind")) struct CoRecipientNodeTests {
        let nidos: NodeHandle
        let ind: NodeHandle
        let avim: ForeignNode

        init() throws {
            let community = try #require(Stage.community)
            (nidos, ind) = (community[slug: "nidos"], community[slug: "ind"])
            avim = try Stage.foreignNode("avim")
        }

        /// A signal that lists both.
        private func signal(priority: Priority = .asap) throws -> SignedContent {
            try ExampleSignal.content(
                from: avim.party, to: [Recipient(nidos.party), Recipient(ind.party)], priority: priority)
        }

        private func deliver(_ parcel: ForeignNode.Parcel, to node: NodeHandle) async throws {
            let answer = try await avim.deliver(parcel, to: node)
            #expect(answer.receipt != nil, "\(answer)")
            try await node.api.waitForInbox(parcel.id)
        }

        /// How the other recipient stands in a message, as a node shows it.
        private func cell(of other: NodeHandle, in content: SignedContent, at node: NodeHandle) async throws
            -> JSONValue
        {
            let seen = try await node.api.client.get("/v1/cases/\(content.caseRef)")
            let message = try #require(
                (seen["messages"]?.elements ?? []).first { $0["id"]?.text == content.id.description })
            return try #require((message["parties"]?.elements ?? []).first { $0["oin"]?.text == other.oin.text })
        }

        private func waitForWord(of other: NodeHandle, on content: SignedContent, at node: NodeHandle) async throws
            -> JSONValue
        {
            try await within(.seconds(20), "the word of \(other.member.slug) to come") {
                try await poll {
                    let cell = try await cell(of: other, in: content, at: node)
                    return cell["state"]?.text == "named" ? nil : cell
                }
            }
        }

        private func alarm(_ code: AlarmCode, on id: MessageID, at node: NodeHandle) async throws -> AlarmRow? {
            try await node.api.alarms().first { $0.code == code.rawValue && $0.messageID == id }
        }

        private func waitForAlarm(on id: MessageID, at node: NodeHandle) async throws -> AlarmRow {
            try await within(.seconds(20), "the difference to be found at \(node.member.slug)") {
                try await poll { try await alarm(.messagesDiffer, on: id, at: node) }
            }
        }

        @Test func `two that were shown different messages under one id both find out`() async throws {
            let one = try signal()
            var other = one
            other.body = ExampleSignal.body(explanation: "Other words under the same id.")
            let (shown, shownToOther) = (try avim.seal(one, for: nidos), try avim.seal(other, for: ind))
            try await deliver(shown, to: nidos)
            try await deliver(shownToOther, to: ind)
            // Nidos speaks first: at IND the message is before the word, whichever node is looked at then.
            try await nidos.api.take(one.id, role: "duty-guardian")
            let seen = try await waitForAlarm(on: one.id, at: ind)
            #expect(seen.partner == avim.oin)
            for part in [nidos.oin.text, avim.oin.text, shown.digest.description, shownToOther.digest.description] {
                #expect(seen.detail.contains(part), "\(seen.detail)")
            }
            #expect(try await alarm(.messagesDiffer, on: one.id, at: nidos) == nil, "it has not heard of it yet")
            try await ind.api.decline(one.id, role: "duty-officer", reason: "known")
            #expect(try await waitForAlarm(on: one.id, at: nidos).partner == avim.oin)

            let cell = try await cell(of: ind, in: one, at: nidos)
            #expect(cell["state"]?.text == "declined" && cell["holdsAnother"]?.flag == true, "\(cell)")
            let shownTable = try await nidos.command("case", "show", one.caseRef.description)
            #expect(shownTable.said.contains("declined duty-officer ANOTHER MESSAGE"), "\(shownTable.said)")

            // What the other said is in what a third party is handed, and verifies.
            let evidence = ExportedEvidence(
                folder: try #require(Stage.community).folder.appending(path: "evidence-differs"))
            let exported = try await nidos.command(
                "evidence", "export", one.id.description, "--out", evidence.folder.path)
            #expect(exported.exitStatus == 0, "\(exported.said)")
            for command in try evidence.commands() {
                let outcome = try await evidence.run(command)
                #expect(outcome.succeeded, "\(command)\n\(outcome.said)")
            }
            #expect(try evidence.text("README.txt").contains("At least one names another digest."))
            let verified = try await evidence.verify()
            #expect(verified.exitStatus == 0, "\(verified.said)")
            #expect(verified.said.contains("holds-another  \(ind.oin)"), "\(verified.said)")
            #expect(verified.said.contains(shownToOther.digest.description), "\(verified.said)")

            // It stays until a person ends it.
            let cleared = try await nidos.command(
                "alarms", "clear", AlarmCode.messagesDiffer.rawValue, "--partner", avim.oin.text, "--message",
                one.id.description)
            #expect(cleared.exitStatus == 0, "\(cleared.said)")
            #expect(try await alarm(.messagesDiffer, on: one.id, at: nidos) == nil)
        }

        @Test func `a word that comes before the message is held against it when it comes`() async throws {
            let one = try signal()
            var other = one
            other.body = ExampleSignal.body(explanation: "Shown later, and in other words.")
            try await deliver(avim.seal(one, for: nidos), to: nidos)
            try await nidos.api.take(one.id, role: "duty-guardian")
            try await waitForTold(ind, by: nidos, of: one)
            #expect(try await alarm(.messagesDiffer, on: one.id, at: ind) == nil)
            try await deliver(avim.seal(other, for: ind), to: ind)
            #expect(try await alarm(.messagesDiffer, on: one.id, at: ind) != nil, "in the transaction that took it")
            let cell = try await cell(of: nidos, in: one, at: ind)
            #expect(cell["state"]?.text == "owned" && cell["holdsAnother"]?.flag == true, "\(cell)")
        }

        @Test func `who was shown the same message sees who took it, and nobody is called`() async throws {
            let content = try signal()
            let parcels = try avim.seal(content, forEachOf: [nidos, ind])
            try await deliver(parcels[0], to: nidos)
            try await deliver(parcels[1], to: ind)
            #expect(try await cell(of: nidos, in: content, at: ind)["state"]?.text == "named")
            try await nidos.api.take(content.id, role: "duty-guardian")
            let cell = try await waitForWord(of: nidos, on: content, at: ind)
            #expect(cell["state"]?.text == "owned" && cell["owner"]?.text == "duty-guardian")
            #expect(cell["holdsAnother"]?.flag == false && cell["at"]?.text != nil)
            for node in [nidos, ind] { #expect(try await alarm(.messagesDiffer, on: content.id, at: node) == nil) }
            // An L3 goes to the sender alone.
            try await nidos.api.conclude(content.id, role: "duty-guardian", outcome: "done")
            let sent = try await nidos.api.deliveries().filter { $0.type == "NOD-03" }
            #expect(sent.allSatisfy { $0.recipient == avim.oin })
        }

        @Test func `a word of who is no recipient of what is here is refused, and seen at both`() async throws {
            let one = try signal()
            var unlisted = one
            unlisted.recipients = [Recipient(ind.party)]
            try await deliver(avim.seal(one, for: nidos), to: nidos)
            try await deliver(avim.seal(unlisted, for: ind), to: ind)
            try await nidos.api.take(one.id, role: "duty-guardian")
            try await ind.waitForAlarm(.acknowledgementMismatch, about: nidos.oin)
            let refused = try await nidos.waitForAlarm(.deliveryRefused, about: ind.oin)
            #expect(refused.detail.contains(RefusalCode.acknowledgementMismatch.rawValue), "\(refused.detail)")
        }

        /// Waits for the receipt of an L2, at who sent it.
        private func waitForTold(_ other: NodeHandle, by node: NodeHandle, of content: SignedContent) async throws {
            _ = try await within(.seconds(20), "the L2 to be receipted by \(other.member.slug)") {
                try await poll {
                    try await node.api.deliveries().contains {
                        $0.type == "NOD-02" && $0.recipient == other.oin && $0.isReceipted
                            && $0.caseReference == content.caseRef
                    } ? true : nil
                }
            }
        }
    }

    /// A recipient that is listed and is not told.
    @Suite struct ListedButNotToldTests {
        @Test func `who is listed and was not told finds out by the others, until the message comes`() async throws {
            try await withCommunity { community in
                let (nidos, ind) = (community[slug: "nidos"], community[slug: "ind"])
                try ind.append("\nclocks:\n  statReceipt: 1s\n  statReceiptAlarm: 1s\n")
                for node in [nidos, ind] { try await node.process.start() }
                let avim = try ForeignNode(community[slug: "avim"])
                let content = try ExampleSignal.content(
                    from: avim.party, to: [Recipient(nidos.party), Recipient(ind.party)], priority: .stat)
                let parcels = try avim.seal(content, forEachOf: [nidos, ind])
                #expect(try await avim.deliver(parcels[0], to: nidos).receipt != nil)
                try await nidos.api.take(content.id, role: "duty-guardian")
                let alarm = try await ind.waitForAlarm(.listedButNotTold, about: nidos.oin)
                #expect(alarm.messageID == content.id && alarm.detail.contains(avim.oin.text), "\(alarm.detail)")
                // The case is here by that word alone, and shows it; the alarm says which case that is.
                let listed = try await ind.api.client.get("/v1/alarms").elements
                    .filter { $0["code"]?.text == AlarmCode.listedButNotTold.rawValue }
                #expect(listed.map { $0["caseRef"]?.text } == [content.caseRef.description])
                let row = try #require(try await notTold(content, at: ind).first)
                #expect(row["id"]?.text == content.id.description && row["late"]?.flag == true, "\(row)")
                #expect(row["sender"]?.text == avim.oin.text && row["senderContact"]?.text?.contains("+31") == true)
                let word = try #require(row["words"]?.elements.first)
                #expect(word["by"]?.text == nidos.oin.text && word["role"]?.text == "duty-guardian", "\(word)")
                let shown = try await ind.command("case", "show", content.caseRef.description)
                #expect(shown.said.hasPrefix("NOT TOLD HERE: a message of "), "\(shown.said)")
                // By the answer of a partner, too.
                let query: JSONValue = [
                    "type": "NOD-07", "recipients": ["guardian"], "caseRef": .string(content.caseRef.description),
                    "purpose": "https://register.example/processing/trafficking-signals", "legalBasis": ["A6-1-e"],
                    "body": [:],
                ]
                _ = try await ind.api.submit(query, key: "listed")
                let elsewhere = try await within(.seconds(20), "the guardian to answer") {
                    try await poll {
                        let seen = try await ind.api.client.get("/v1/cases/\(content.caseRef)")
                        return (seen["elsewhere"]?.elements ?? []).first
                    }
                }
                #expect(elsewhere["listsUs"]?.flag == true, "\(elsewhere)")
                let table = try await ind.command("case", "show", content.caseRef.description)
                #expect(table.said.contains("  LISTED, NOT HERE  "), "\(table.said)")
                // A restart takes nothing of it away.
                try await ind.process.kill()
                try await ind.process.start()
                #expect(try await ind.api.alarms().contains { $0.code == AlarmCode.listedButNotTold.rawValue })
                #expect(try await avim.deliver(parcels[1], to: ind).receipt != nil)
                try await ind.waitForNoAlarm(.listedButNotTold, about: nidos.oin)
                #expect(try await notTold(content, at: ind).isEmpty)
            }
        }

        private func notTold(_ content: SignedContent, at node: NodeHandle) async throws -> [JSONValue] {
            let seen = try await node.api.client.get("/v1/cases/\(content.caseRef)")
            return try #require(seen["notTold"]).elements
        }

        @Test func `a store that was lost gets back what other recipients said`() async throws {
            try await withCommunity(running: ["nidos", "ind"]) { community in
                let (nidos, ind) = (community[slug: "nidos"], community[slug: "ind"])
                let avim = try ForeignNode(community[slug: "avim"])
                let content = try ExampleSignal.content(
                    from: avim.party, to: [Recipient(nidos.party), Recipient(ind.party)])
                let parcels = try avim.seal(content, forEachOf: [nidos, ind])
                for (parcel, node) in zip(parcels, [nidos, ind]) {
                    #expect(try await avim.deliver(parcel, to: node).receipt != nil)
                }
                try await nidos.api.take(content.id, role: "duty-guardian")
                _ = try await waitForOwned(at: ind, content, by: nidos)
                try await ind.process.kill()
                try await ind.loseStore()
                try await ind.process.start()
                #expect(try await avim.deliver(parcels[1], to: ind).receipt != nil, "its sender brings it again")
                _ = try await waitForOwned(at: ind, content, by: nidos)
            }
        }

        private func waitForOwned(
            at node: NodeHandle, _ content: SignedContent, by other: NodeHandle
        ) async throws -> JSONValue {
            try await within(.seconds(30), "the word of \(other.member.slug) to be at \(node.member.slug)") {
                try await poll {
                    let seen = try await node.api.client.get("/v1/cases/\(content.caseRef)")
                    let parties = seen["messages"]?.elements.first?["parties"]?.elements ?? []
                    return parties.first { $0["oin"]?.text == other.oin.text && $0["state"]?.text == "owned" }
                }
            }
        }
    }
}
