import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// Who must be told by the rules of a directory, on nodes as processes that do not have the same version of it.
    @Suite(.community(running: "avim", "nidos", "evenaar")) struct RoutingTests {
        let avim: NodeHandle
        let nidos: NodeHandle
        let evenaar: NodeHandle
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
            evenaar = community[slug: "evenaar"]
        }

        private static let ground = "agreement on acute danger of 2026-03-01"

        /// A police signal of acute danger goes to guardian and to the psychiatric centre, and may go to reception.
        private static var agreements: Agreements {
            var agreements = Agreements()
            agreements.routing = [
                RoutingRule(
                    code: "SIG-01", senderRole: .police, facts: [.init(member: "acuteDanger", values: [true])],
                    mustTell: [.guardian, .mentalHealth], mayTell: [.reception], ground: ground)
            ]
            agreements.clocks = [ClockKey(priority: .stat, kind: .ownership): .term(.elapsed(.minutes(17)))]
            return agreements
        }

        private func roles(_ document: JSONValue?) -> [String] {
            (document?.elements ?? []).compactMap { $0["role"]?.text }
        }

        @Test func `a changed directory routes by its rules without a restart, and who has the older one takes it`()
            async throws
        {
            var signal = ExampleSignal.submission(to: [], priority: .stat)
            signal["recipients"] = nil
            let document = try JSONWriter.write(.object(signal))
            let before = try await avim.api.client.post("/v1/submissions/_check", body: document)
            #expect(roles(before["recipients"]) == ["guardian", "immigration"])
            #expect(before["directoryVersion"]?.number == 1 && before["routingRule"] == .null)

            try NodeFolder.write(
                community.signedDirectory(version: 2, agreeing: Self.agreements), to: avim.folder.directory)
            try await avim.api.reload()
            let preview = try await avim.api.client.post("/v1/submissions/_check", body: document)
            #expect(roles(preview["recipients"]) == ["guardian", "mental-health"])
            #expect(preview["routingRule"]?.number == 1 && preview["directoryVersion"]?.number == 2)
            for recipient in preview["recipients"]?.elements ?? [] {
                let ground = recipient["ground"]?.text ?? ""
                #expect(ground.contains("rule 1 of version 2 of the directory: \(Self.ground)"), "\(ground)")
            }

            let file = community.folder.appending(path: "signal.json")
            try Data(document).write(to: file)
            let rehearsed = try await avim.command("send", file.path, "--dry-run")
            #expect(
                rehearsed.said.contains("by rule 1 of version 2 of the directory: \(Self.ground)"), "\(rehearsed.said)")
            let shown = try await avim.command("directory", "show")
            for words in ["acuteDanger is true", "guardian, mental-health", Self.ground, "Policy: statOwnership 17m."] {
                #expect(shown.said.contains(words), "\(shown.said)")
            }

            // Nobody is named: those of the rule are told, and the catalogue has one of them for no signal.
            let sent = try await avim.api.submit(.object(signal), key: "by-the-rule")
            for node in [nidos, evenaar] { _ = try await node.api.waitForInbox(sent) }
            #expect(try await evenaar.api.client.get("/v1/status")["directoryVersion"]?.number == 1)
            let log = try String(contentsOf: avim.process.log, encoding: .utf8)
            #expect(log.contains("a directory is in use") && log.contains("agreements=changed"), "\(log)")
            // The agreed clock counts at once.
            let owed = try await within(.seconds(20), "the ownership to be owed") {
                try await poll {
                    (try await avim.api.client.get("/v1/obligations")["items"]?.elements ?? []).first {
                        $0["message"]?.text == sent.description && $0["subject"]?.text == "ownership"
                    }
                }
            }
            let (since, due) = (
                Timestamp(owed["since"]?.text ?? ""), Timestamp(owed["due"]?.text ?? "")
            )
            #expect(since.map { $0 + .minutes(17) } == due)

            // Too few go, and are told by what ground; too many do not.
            let few = ExampleSignal.submission(to: [.guardian], priority: .stat)
            let answer = try await avim.api.client.post("/v1/messages", body: JSONWriter.write(.object(few)))
            let leftOut = try #require(answer["leftOut"]?.elements.first)
            #expect(leftOut["role"]?.text == "mental-health")
            #expect(leftOut["ground"]?.text?.contains(Self.ground) == true, "\(leftOut)")
            let many = try JSONWriter.write(
                .object(ExampleSignal.submission(to: [.guardian, .mentalHealth, .immigration], priority: .stat)))
            let error = await #expect(throws: NodeError.self) {
                _ = try await avim.api.client.post("/v1/messages", body: many)
            }
            #expect(error?.code == .submissionInvalid)
            #expect(
                error?.description.contains("rule 1 of version 2 of the directory: \(Self.ground)") == true,
                "\(String(describing: error))")
        }
    }
}
