import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// Clocks, the ladder and who has been told, on nodes as processes.
    @Suite struct EscalationTests {
        private func obligations(_ node: NodeHandle, isLate: Bool = false) async throws -> [JSONValue] {
            let page = try await node.api.client.get("/v1/obligations" + (isLate ? "?late=true" : ""))
            return page["items"]?.elements ?? []
        }

        private func steps(_ node: NodeHandle, on message: MessageID) async throws -> Set<String> {
            let rows = try await obligations(node).filter { $0["message"]?.text == message.description }
            return Set(rows.flatMap { $0["steps"]?.elements ?? [] }.compactMap(\.text))
        }

        private func alarms(_ node: NodeHandle) async throws -> [JSONValue] {
            try await node.api.client.get("/v1/alarms").elements.filter {
                $0["code"]?.text == AlarmCode.acknowledgementOverdue.rawValue
            }
        }

        private func cell(
            of name: String, in document: JSONValue, _ message: MessageID
        ) throws -> JSONValue {
            let messages = document["messages"]?.elements ?? []
            let entry = try #require(messages.first { $0["id"]?.text == message.description })
            return try #require((entry["parties"]?.elements ?? []).first { $0["name"]?.text?.hasPrefix(name) == true })
        }

        @Test func `a signal that nobody owns at night reaches the deputy, and ends when somebody takes it`()
            async throws
        {
            try await ExampleCommunity.inTemporaryFolder { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                for node in [avim, nidos] {
                    try node.append(CompressedClocks.sections)
                    try await node.process.start()
                }
                let signal = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.guardian], priority: .stat)), key: "night")
                try await nidos.api.waitForInbox(signal)
                // Up the ladder at the recipient, and at the sender with the recipient's telephone.
                _ = try await within(.seconds(30), "the ladder to reach management") {
                    try await poll { try await steps(nidos, on: signal).contains("management") ? true : nil }
                }
                #expect(try await steps(nidos, on: signal).isSuperset(of: ["remind", "deputy", "management"]))
                #expect(try await alarms(nidos).count == 1)
                _ = try await within(.seconds(30), "the sender's duty officer to be told") {
                    try await poll { try await steps(avim, on: signal).contains("duty-officer") ? true : nil }
                }
                let words = try await alarms(avim).first?["detail"]?.text ?? ""
                #expect(words.contains("duty officer, +31200000003") && words.contains("+31"), "\(words)")

                // Each list has the case, so that the next command can be `case show`.
                let reference = try #require(
                    try await avim.api.client.get("/v1/messages/\(signal)")["caseRef"]?.text)
                #expect(try await alarms(nidos).map { $0["caseRef"]?.text } == [reference])
                for (table, lines) in [
                    (try await nidos.command("alarms", "list"), try await nidos.command("alarms", "list", "--json")),
                    (
                        try await nidos.command("obligations", "list", "--late"),
                        try await nidos.command("obligations", "list", "--late", "--json")
                    ),
                    (
                        try await nidos.command("obligations", "steps"),
                        try await nidos.command("obligations", "steps", "--json")
                    ),
                ] {
                    #expect(table.said.contains(" CASE ") && table.said.contains(reference), "\(table.said)")
                    #expect(lines.said.contains(#""caseRef":"\#(reference)""#), "\(lines.said)")
                }

                // Nobody ends it by hand.
                let refused = await #expect(throws: NodeError.self) {
                    try await nidos.api.client.post(
                        "/v1/alarms/acknowledgement-overdue/_clear", body: JSONWriter.write([:]))
                }
                #expect(refused?.message.contains("queue told") == true)
                #expect(try await alarms(nidos).count == 1)

                // The books of the pair agree all the same: what is late is not the delivery.
                let report = try await avim.api.client.post("/v1/partners/\(nidos.oin)/_reconcile")["report"]
                #expect(report?["verdict"]?.text == "agreed", "\(report?["summary"]?.text ?? "")")

                // A call is noted and ends nothing.
                _ = try await avim.api.client.post(
                    "/v1/messages/\(signal)/recipients/\(nidos.oin)/_told",
                    body: JSONWriter.write(["role": "duty-guardian", "at": .string(Timestamp.current.description)]))
                #expect(try await alarms(avim).count == 1)

                // They outlive a kill.
                try await nidos.process.kill()
                try await nidos.process.start()
                #expect(try await steps(nidos, on: signal).contains("management"))

                try await nidos.api.take(signal, role: "deputy-guardian")
                try await avim.api.waitForFollowUp(.owned, of: signal, by: nidos.oin)
                for node in [avim, nidos] {
                    _ = try await within(.seconds(30), "the ownership to be owed no more") {
                        try await poll {
                            let rows = try await obligations(node).filter { $0["message"]?.text == signal.description }
                            return rows.contains { $0["subject"]?.text == "ownership" } ? nil : true
                        }
                    }
                }
                let seen = try await avim.api.client.get("/v1/cases/\(reference)")
                let told = try cell(of: "Nidos", in: seen, signal)
                #expect(told["state"]?.text == "owned" && told["owner"]?.text == "deputy-guardian")
                #expect(told["telephone"]?.elements.first?["role"]?.text == "duty-guardian")
                let happened = (seen["timeline"]?.elements ?? []).compactMap { $0["what"]?.text }
                #expect(happened.contains("told by telephone") && happened.contains("ownership late: duty-officer"))
                // The guardian's own view has what it owes to reception.
                let own = try await nidos.api.client.get("/v1/cases/\(reference)")
                #expect((own["obligations"]?.elements ?? []).contains { $0["subject"]?.text == "SIG-04" })
            }
        }

        @Test func `what cannot be looked at keeps nobody from being told of the rest`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                try nidos.append(CompressedClocks.sections)
                for node in [avim, nidos] { try await node.process.start() }
                try nidos.addClockOfNoMessage()
                var signals: [MessageID] = []
                for key in ["one", "other"] {
                    signals.append(
                        try await avim.api.submit(
                            .object(ExampleSignal.submission(to: [.guardian], priority: .stat)), key: key))
                }
                for signal in signals {
                    _ = try await within(.seconds(30), "the deputy to be told of each signal") {
                        try await poll { try await steps(nidos, on: signal).contains("deputy") ? true : nil }
                    }
                }
                try await nidos.waitForLog("what is owed on a message could not be looked at")

                // Neither does what the disk has spoiled.
                try nidos.spoilInboxState(of: signals[0])
                let next = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.guardian], priority: .stat)), key: "next")
                _ = try await within(.seconds(30), "somebody to be told of the next signal") {
                    try await poll {
                        try await alarms(nidos).contains { $0["message"]?.text == next.description } ? true : nil
                    }
                }
            }
        }

        @Test func `who is left out is told before and after sending, and nothing is sent by a check`() async throws {
            try await withCommunity(running: ["avim", "nidos"]) { community in
                let avim = community[slug: "avim"]
                let body = try JSONWriter.write(.object(ExampleSignal.submission(to: [.guardian])))
                let preview = try await avim.api.client.post("/v1/submissions/_check", body: body)
                #expect(preview["leftOut"]?.elements.compactMap { $0["role"]?.text } == ["immigration"])
                #expect(preview["recipients"]?.elements.count == 1)
                let fields = try #require(preview["fields"]).elements.map { $0["field"]?.text ?? "" }
                #expect(fields.contains("body.indicators[0].code"), "\(preview)")
                #expect(fields.contains("body.acuteDanger"))
                #expect(try await avim.api.client.get("/v1/deliveries")["items"]?.elements.isEmpty == true)
                let sent = try await avim.api.client.post("/v1/messages", body: body)
                #expect(sent["leftOut"]?.elements.compactMap { $0["role"]?.text } == ["immigration"])
            }
        }

        @Test func `a registration as left without an open alert is refused by its rule's name`() async throws {
            try await withCommunity(running: ["coa"]) { community in
                let path = ExamplePKI.packageFolder.appending(path: "Examples/messages/DEP-05.v1.json")
                let document = [UInt8](try Data(contentsOf: path))
                let error = await #expect(throws: NodeError.self) {
                    _ = try await community[slug: "coa"].api.client.post("/v1/messages", body: document)
                }
                #expect(error?.code == .submissionInvalid)
                #expect(error?.description.contains("missing-alert-required") == true, "\(String(describing: error))")
            }
        }
    }
}
