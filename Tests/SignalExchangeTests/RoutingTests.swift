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

    /// When people work, as a directory says it, on nodes as processes.
    @Suite(.community(running: "avim", "nidos")) struct AgreedCalendarTests {
        @Test func `an agreed calendar counts working days and the days of a case at once, without a restart`()
            async throws
        {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            var calendar = WorkingCalendar()
            let today = calendar.day(at: .current)
            calendar.holidays = Set((-2...9).map { today.adding(days: $0) })
            var agreements = Agreements()
            agreements.calendar = calendar
            for node in [avim, nidos] {
                try NodeFolder.write(
                    community.signedDirectory(version: 2, agreeing: agreements), to: node.folder.directory)
                try await node.api.reload()
            }
            let shown = try await avim.command("directory", "show")
            let hours =
                "Calendar: 09:00 to 17:00, 60 minutes east of UTC with summer time, but for \(today.adding(days: -2)), "
            #expect(shown.said.contains(hours), "\(shown.said)")

            let signal = try await avim.api.submit(
                .object(ExampleSignal.submission(to: [.guardian], priority: .urgent)), key: "urgent")
            let owed = try await within(.seconds(20), "the ownership to be owed") {
                try await poll {
                    (try await avim.api.client.get("/v1/obligations")["items"]?.elements ?? []).first {
                        $0["message"]?.text == signal.description && $0["subject"]?.text == "ownership"
                    }
                }
            }
            let since = try #require(Timestamp(owed["since"]?.text ?? ""))
            #expect(owed["due"]?.text == calendar.moment(1, workingDaysAfter: since).description)

            var talk = ExampleSignal.submission(to: [.guardian], priority: .routine)
            talk["type"] = "STO-04"
            talk["body"] = ["purpose": "residence-decision", "acute": false, "interpreterLanguage": "vie"]
            let announced = try await avim.api.submit(.object(talk), key: "talk")
            _ = try await nidos.api.waitForInbox(announced)
            let reference = try #require(
                try await avim.api.client.get("/v1/messages/\(announced)")["caseRef"]?.text)
            let interview = try await nidos.api.client.get("/v1/cases/\(reference)")["interviews"]?.elements.first
            let until = try #require(
                interview?["at"]?.text.flatMap { Timestamp($0) }, "\(String(describing: interview))")
            #expect(calendar.day(at: until) > today.adding(days: 9), "\(until)")
        }
    }
}
