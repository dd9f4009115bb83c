import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// What a case shows and drafts by itself, and two references that are one child, on nodes as processes.
    @Suite struct CaseworkTests {
        /// The example of a type in a case, with some members of its body changed.
        private func submission(
            _ code: String, in reference: CaseReference, as role: Role? = nil, to recipients: JSONValue? = nil,
            answering: MessageID? = nil, _ changes: KeyValuePairs<String, JSONValue?> = [:]
        ) throws -> JSONValue {
            let path = ExamplePKI.packageFolder.appending(path: "Examples/messages/\(code).v1.json")
            guard case .object(var document) = try JSONParser.parse([UInt8](try Data(contentsOf: path))),
                case .object(var body)? = document["body"]
            else { throw NodeError(.submissionInvalid, "the example of \(code) has no body") }
            for (member, value) in changes { body[member] = value }
            document["body"] = .object(body)
            document["caseRef"] = .string(reference.description)
            document["inReplyTo"] = answering.map { .string($0.description) }
            if let role { document["role"] = .string(role.rawValue) }
            if let recipients { document["recipients"] = recipients }
            return .object(document)
        }

        private func show(_ node: NodeHandle, _ reference: CaseReference, _ query: String = "") async throws
            -> JSONValue
        {
            try await node.api.client.get("/v1/cases/\(reference)\(query)")
        }

        private func alarmWords(_ node: NodeHandle) async throws -> [String] {
            try await node.api.client.get("/v1/alarms").elements
                .filter { $0["code"]?.text == AlarmCode.acknowledgementOverdue.rawValue }
                .compactMap { $0["detail"]?.text }
        }

        private func reference() -> CaseReference { CaseReference(random: Randomness.bytes16()) }

        @Test func `a child that does not arrive has the alert drafted at guardian and provider, until it is sent`()
            async throws
        {
            try await ExampleCommunity.inTemporaryFolder { community in
                let (nidos, coa, jade) = (community[slug: "nidos"], community[slug: "coa"], community[slug: "jade"])
                for node in [nidos, coa, jade, community[slug: "avim"], community[slug: "ind"]] {
                    // So that a message is looked at within a second, and not within a minute.
                    try node.append("\nclocks:\n  statReceiptAlarm: 1s\n")
                    try await node.process.start()
                }
                let reference = reference()
                let request = try await nidos.api.submit(
                    try submission("PLC-01", in: reference), key: "request")
                let startsAt = Timestamp.current + .seconds(3)
                let placement = try await coa.api.submit(
                    try submission(
                        "PLC-02", in: reference, to: ["guardian", "provider", "police", "immigration"],
                        answering: request, ["startsAt": .string(startsAt.description), "location": "BO-07"]),
                    key: "placement")
                for node in [nidos, jade] { try await node.api.waitForInbox(placement) }
                // Known when the child is expected, and not before it is late.
                let expected = try await show(nidos, reference)["terms"]?.elements.first {
                    $0["name"]?.text == "PLC-03"
                }
                #expect(expected?["until"]?.text == startsAt.description && expected?["kind"]?.text == "due")
                for node in [nidos, jade] {
                    _ = try await within(.seconds(60), "the alarm of \(node.member.slug) to name the draft") {
                        try await poll {
                            try await alarmWords(node).contains { $0.contains("case draft \(reference)") } ? true : nil
                        }
                    }
                    #expect(try await show(node, reference)["draft"]?["ground"]?["type"]?.text == "PLC-02")
                }
                let late = try await coa.api.client.get("/v1/obligations")["items"]?.elements.first {
                    $0["subject"]?.text == "PLC-03"
                }
                #expect(
                    late?["due"]?.text == startsAt.description && late?["priority"]?.text == "stat", "\(late ?? .null)")
                // It outlives a kill, since nobody keeps it.
                try await nidos.process.kill()
                try await nidos.process.start()
                let draft = try await nidos.api.client.get("/v1/cases/\(reference)/draft")
                let fields = (draft["toFill"]?.elements ?? []).compactMap { $0["field"]?.text }
                #expect(
                    fields == [
                        "body.lastSeenAt", "body.lastSeenPlace", "body.lastSeenBy", "body.whereabouts",
                        "body.accompaniedBy", "body.description", "body.traffickingStatus", "body.contactHandles",
                    ])
                guard case .object(var alert)? = draft["submission"], case .object(var body)? = alert["body"] else {
                    Issue.record("the draft has a submission: \(draft)")
                    return
                }
                for (member, value) in [
                    ("lastSeenAt", .string((startsAt + .hours(-1)).description)), ("lastSeenPlace", "AC-TerApel"),
                    ("lastSeenBy", "transport"), ("whereabouts", "unknown-worrying"), ("accompaniedBy", "unknown"),
                    ("traffickingStatus", "PossibleVictimOfTrafficking"),
                ] as [(String, JSONValue)] { body[member] = value }
                alert["body"] = .object(body)
                let sent = try await nidos.api.submit(.object(alert), key: "alert")
                try await jade.api.waitForInbox(sent)
                for node in [nidos, jade] {
                    #expect(try await show(node, reference)["draft"] == .null)
                    let error = await #expect(throws: NodeError.self) {
                        _ = try await node.api.client.get("/v1/cases/\(reference)/draft")
                    }
                    #expect(error?.code == .nothingDrafted)
                }
            }
        }

        @Test func `two references that an answer combined are one child, from both sides, and nothing is merged`()
            async throws
        {
            try await withCommunity(running: ["nidos", "avim", "ind", "coa"]) { community in
                let (nidos, avim, coa) = (community[slug: "nidos"], community[slug: "avim"], community[slug: "coa"])
                let ind = community[slug: "ind"]
                let (one, two) = (reference(), reference())
                let alert = try await nidos.api.submit(
                    try submission("DEP-01", in: one, as: .guardian, to: ["police", "reception"]), key: "alert")
                let signal = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.guardian, .immigration], caseReference: two)), key: "signal")
                for (node, id) in [(coa, alert), (nidos, signal), (ind, signal)] { try await node.api.waitForInbox(id) }
                // Under the other reference nobody has alerted anything yet.
                let registration = try submission(
                    "DEP-05", in: two, to: ["guardian", "police"], ["departureAlert": .string(alert.description)])
                let refused = await #expect(throws: NodeError.self) {
                    _ = try await coa.api.submit(registration, key: "before")
                }
                #expect(refused?.description.contains("missing-alert-required") == true)
                // Whoever combines says with which reference: others may not hold its messages.
                let combined: KeyValuePairs<String, JSONValue?> = [
                    "decision": "combined", "relatedSignals": [.string(alert.description)],
                ]
                let unnamed = await #expect(throws: NodeError.self) {
                    _ = try await nidos.api.submit(
                        try submission(
                            "SIG-02", in: two, as: .guardian, to: ["police", "reception"], answering: signal, combined),
                        key: "unnamed")
                }
                #expect(unnamed?.description.contains("combined-names-case") == true)
                let linking: KeyValuePairs<String, JSONValue?> = [
                    "decision": "combined", "relatedSignals": [.string(alert.description)],
                    "relatedCases": [.string(one.description)],
                ]
                // On the word of the immigration service reception's node permits nothing.
                let claim = try await ind.api.submit(
                    try submission(
                        "SIG-02", in: two, as: .immigration, to: ["guardian", "police", "reception"],
                        answering: signal, linking), key: "claim")
                for node in [coa, nidos] { try await node.api.waitForInbox(claim) }
                let claimed = await #expect(throws: NodeError.self) {
                    _ = try await coa.api.submit(registration, key: "claimed")
                }
                #expect(claimed?.description.contains("missing-alert-required") == true)
                let answer = try await nidos.api.submit(
                    try submission(
                        "SIG-02", in: two, as: .guardian, to: ["police", "reception"], answering: signal, linking),
                    key: "answer")
                try await coa.api.waitForInbox(answer)
                let sent = try await coa.api.submit(registration, key: "after")
                try await nidos.api.waitForInbox(sent)
                for node in [nidos, coa] {
                    for (here, other) in [(one, two), (two, one)] {
                        let seen = try await show(node, here)
                        let links = seen["links"]?.elements ?? []
                        #expect(
                            links.map { $0["message"]?.text } == [claim.description, answer.description]
                                && links.map { $0["vouched"] } == [false, true])
                        let link = try #require(links.last)
                        #expect(link["by"]?.text?.hasPrefix("Nidos") == true)
                        #expect(Set([link["from"]?.text, link["to"]?.text]) == [here.description, other.description])
                        // Each message stays where it is.
                        #expect(
                            (seen["timeline"]?.elements ?? []).allSatisfy { $0["caseRef"]?.text == here.description })
                        let all = try await show(node, here, "?linked=true")
                        let rows = (all["timeline"]?.elements ?? []).compactMap { $0["caseRef"]?.text }
                        #expect(Set(rows) == [one.description, two.description])
                        #expect(
                            (all["messages"]?.elements ?? []).count
                                == (seen["messages"]?.elements.count ?? 0)
                                + (try await show(node, other)["messages"]?.elements.count ?? 0))
                    }
                }
            }
        }
    }
}
