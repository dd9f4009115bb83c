import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    @Suite(.community(running: "avim", "nidos", "ind")) struct TwoNodesTests {
        let avim: NodeHandle
        let nidos: NodeHandle
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
        }

        @Test func `a signal is delivered, receipted, owned and concluded through the commands`() async throws {
            let file = try ExampleSignal.file(
                ExampleSignal.submission(to: [.guardian, .immigration]), in: community.folder)
            let sent = try await avim.command("send", file.path, "--wait", "30", "--json")
            try #require(sent.exitStatus == 0, "\(sent.said)")
            let accepted = try JSONParser.parse(Array(sent.said.split(separator: "\n")[0].utf8))
            let text = try #require(accepted["id"]?.text)
            let id = try #require(MessageID(text))
            #expect(try await avim.api.deliveries(of: id).count { $0.isReceipted } == 2)

            try await nidos.api.waitForInbox(id)
            let shown = try await nidos.command("inbox", "show", text, "--json")
            #expect(try JSONParser.parse(Array(shown.said.utf8))["body"]?["location"]?.text == "AC-TerApel")
            let taken = try await nidos.command("inbox", "take", text, "--as", "duty-guardian")
            #expect(taken.exitStatus == 0, "\(taken.said)")
            let owned = try await avim.api.waitForFollowUp(.owned, of: id, by: nidos.oin)
            #expect(owned.owner == "duty-guardian")
            let concluded = try await nidos.command(
                "inbox", "conclude", text, "--as", "duty-guardian", "--outcome", "COA is told")
            #expect(concluded.exitStatus == 0, "\(concluded.said)")
            try await avim.api.waitForFollowUp(.concluded, of: id, by: nidos.oin)

            let declined = try await community[slug: "ind"].command(
                "inbox", "decline", text, "--as", "duty-officer", "--reason", "known case")
            #expect(declined.exitStatus == 0, "\(declined.said)")
            let ind = community[slug: "ind"]
            let answer = try await avim.api.waitForFollowUp(.declined, of: id, by: ind.oin)
            #expect(answer.owner == "duty-officer")
            // When it was declined: as it was kept here, and as they say.
            let row = try #require(
                try await avim.api.client.get("/v1/messages/\(id)/deliveries").elements.first {
                    $0["recipient"]?.text == ind.oin.text
                })
            let (keptAt, saidAt) = (
                try #require(row["declinedAt"]?.text), try #require(row["saidAt"]?.text)
            )
            let reference = try #require(row["caseRef"]?.text)
            let table = try await avim.command("case", "show", reference)
            #expect(
                table.said.split(separator: "\n").contains { line in
                    line.contains("declined")
                        && [keptAt, "duty-officer, said at \(saidAt)"].allSatisfy { line.contains($0) }
                }, "\(table.said)")
            let seen = try await avim.api.client.get("/v1/cases/\(reference)")
            let cell = (seen["messages"]?.elements ?? []).flatMap { $0["parties"]?.elements ?? [] }
                .first { $0["oin"]?.text == ind.oin.text && $0["state"]?.text == "declined" }
            #expect(cell?["at"]?.text == keptAt && cell?["saidAt"]?.text == saidAt)

            let again = try await nidos.command("inbox", "take", text, "--as", "duty-guardian")
            #expect(again.exitStatus == 3)
            #expect(again.said.contains("step-not-possible"))
        }

        @Test func `the same idempotency key and content make one message, other content is a conflict`() async throws {
            let submission = ExampleSignal.submission(to: [.guardian])
            let file = try ExampleSignal.file(submission, in: community.folder)
            let first = try await avim.command("send", file.path, "--key", "case-17-signal", "--json")
            let second = try await avim.command("send", file.path, "--key", "case-17-signal", "--json")
            let (one, two) = try (JSONParser.parse(Array(first.said.utf8)), JSONParser.parse(Array(second.said.utf8)))
            #expect(one["id"]?.text != nil)
            #expect(one["id"] == two["id"])
            #expect(one["repeated"]?.flag == false)
            #expect(two["repeated"]?.flag == true)

            let other = try ExampleSignal.file(
                ExampleSignal.submission(to: [.guardian], explanation: "Something else."), in: community.folder)
            let third = try await avim.command("send", other.path, "--key", "case-17-signal", "--json")
            #expect(third.exitStatus == 3)
            #expect(third.said.contains("idempotency-key-conflict"))
        }

        @Test func `both sides agree at the last number when nothing is under way`() async throws {
            let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "tally-1")
            try await avim.api.waitForAnswers(to: id)
            try await nidos.api.take(id, role: "duty-guardian")
            try await avim.api.waitForFollowUp(.owned, of: id, by: nidos.oin)
            // Only these three run; the others' accounts with them are empty.
            for (one, other) in [(avim, nidos), (nidos, avim)] {
                try await one.api.greetPartners()
                let api = one.api
                let row = try await within(.seconds(20), "\(one.member.slug) and \(other.member.slug) to agree") {
                    try await poll {
                        try await api.partners().first { $0.oin == other.oin && $0.agreesAtTheLastNumber }
                    }
                }
                #expect(row.issued > 0)
                #expect(row.gaps == [])
                #expect(row.open == 0)
            }
        }

        @Test func `openssl verifies every message and receipt of a node that has stopped`() async throws {
            let id = try await avim.api.submit(
                .object(ExampleSignal.submission(to: [.guardian, .immigration])), key: "evidence-1")
            try await avim.api.waitForAnswers(to: id)
            try await avim.process.stop()
            let evidence = try await ReceiptEvidence.export(
                from: avim.folder, to: community.folder.appending(path: "evidence"))
            try await avim.process.start()
            #expect(evidence.count { $0.messageID == id } == 2)
            let verification = CommandLineVerification(community: community)
            for item in evidence where item.messageID == id {
                #expect(try await verification.objection(to: item) == nil)
            }
            // A receipt is one recipient's own: with another's certificate it does not verify.
            let item = try #require(evidence.first { $0.messageID == id })
            var arguments = verification.arguments(forReceiptOf: item)
            let index = try #require(arguments.firstIndex(of: "-certfile"))
            arguments[index + 1] = community[slug: "ggd"].folder.certificate(.signing)
            #expect(try await !Command.run("openssl", arguments).succeeded)
        }
    }
}
