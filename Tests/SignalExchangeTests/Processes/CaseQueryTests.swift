import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// What partners tell each other of a case when they are asked, on nodes as processes.
    @Suite struct CaseQueryTests {
        private static let purpose = "https://register.example/processing/trafficking-signals"

        /// A case with a message for each question: two of the police, of which the guardian was told one, and one of the
        /// guardian to reception.
        private struct Case {
            let reference: CaseReference
            let signal: MessageID
            let unheard: MessageID
            let notice: MessageID
        }

        private func makeCase(_ community: ExampleCommunity) async throws -> Case {
            let (avim, nidos, coa) = (community[slug: "avim"], community[slug: "nidos"], community[slug: "coa"])
            let reference = CaseReference(random: Randomness.bytes16())
            func send(_ submission: JSONObject, from node: NodeHandle) async throws -> MessageID {
                let id = try await node.api.submit(.object(submission), key: UUID().uuidString.lowercased())
                try await node.api.waitForAnswers(to: id)
                return id
            }
            let signal = try await send(
                ExampleSignal.submission(to: [.guardian, .immigration], caseReference: reference), from: avim)
            let unheard = try await send(
                ExampleSignal.submission(to: [.immigration], caseReference: reference), from: avim)
            var notice = ExampleSignal.submission(to: [.reception], caseReference: reference)
            notice["type"] = "SIG-04"
            let example = try JSONParser.parse(
                [UInt8](
                    Data(contentsOf: ExamplePKI.packageFolder.appending(path: "Examples/messages/SIG-04.v1.json"))))
            notice["body"] = example["body"]
            let told = try await send(notice, from: nidos)
            try await nidos.api.waitForInbox(signal)
            try await coa.api.waitForInbox(told)
            return Case(reference: reference, signal: signal, unheard: unheard, notice: told)
        }

        @discardableResult
        private func ask(
            _ node: NodeHandle, of reference: CaseReference, partner: NodeHandle? = nil, more: Bool = false,
            waitSeconds: Int = 20
        ) async throws -> [JSONValue] {
            var body = JSONObject()
            body["partner"] = partner.map { .string($0.oin.text) }
            if more { body["more"] = true }
            body["purpose"] = .string(Self.purpose)
            body["legalBasis"] = ["A6-1-e"]
            let answer = try await node.api.client.post(
                "/v1/cases/\(reference)/_ask?waitSeconds=\(waitSeconds)", body: JSONWriter.write(.object(body)))
            return answer["asked"]?.elements ?? []
        }

        private func show(_ node: NodeHandle, _ reference: CaseReference) async throws -> JSONValue {
            try await node.api.client.get("/v1/cases/\(reference)")
        }

        private func account(_ document: JSONValue, by node: NodeHandle) throws -> JSONValue {
            try #require(
                (document["accounts"]?.elements ?? []).first { $0["by"]?.text == node.oin.text }, "\(document)")
        }

        private func words(
            on message: MessageID, of node: NodeHandle, in document: JSONValue
        ) -> [JSONValue] {
            let entry = (document["messages"]?.elements ?? []).first { $0["id"]?.text == message.description }
            let cell = (entry?["parties"]?.elements ?? []).first { $0["oin"]?.text == node.oin.text }
            return cell?["words"]?.elements ?? []
        }

        @Test func `a partner tells what both took part in, and to the guardian all`() async throws {
            try await withCommunity(running: ["avim", "nidos", "ind", "coa"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let (ind, coa) = (community[slug: "ind"], community[slug: "coa"])
                let made = try await makeCase(community)
                try await ind.api.take(made.signal, role: "duty-officer")
                try await avim.api.waitForFollowUp(.owned, of: made.signal, by: ind.oin)

                // The guardian is told of what it was left out of, and what the immigration service did with the rest.
                #expect(try await ask(nidos, of: made.reference, partner: avim).map { $0["answered"]?.flag } == [true])
                let seen = try await show(nidos, made.reference)
                let account = try account(seen, by: avim)
                #expect(account["scope"]?.text == "all" && account["listed"]?.number == 2)
                let elsewhere = try #require(seen["elsewhere"]).elements
                #expect(elsewhere.compactMap { $0["id"]?.text } == [made.unheard.description])
                let word = try #require(words(on: made.signal, of: ind, in: seen).first)
                #expect(word["standing"]?.text == "owned" && word["by"]?.text == avim.oin.text)
                #expect(word["receiptedAt"]?.text != nil && word["ownedAt"]?.text != nil)
                #expect(seen["contradictions"]?.elements.isEmpty == true, "\(seen)")

                // The immigration service took part in both of the police, and in none of reception's.
                try await ask(ind, of: made.reference, partner: avim)
                let shared = try await show(ind, made.reference)
                #expect(try self.account(shared, by: avim)["scope"]?.text == "shared")
                #expect(try self.account(shared, by: avim)["listed"]?.number == 2)
                #expect(shared["elsewhere"]?.elements.isEmpty == true)
                try await ask(ind, of: made.reference, partner: nidos)
                #expect(try self.account(try await show(ind, made.reference), by: nidos)["listed"]?.number == 1)

                // Of a case that it never heard of the guardian may ask, and learns of it.
                let unheard = CaseReference(random: Randomness.bytes16())
                let hidden = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.immigration], caseReference: unheard)), key: "unheard")
                try await ind.api.waitForInbox(hidden)
                try await ask(nidos, of: unheard, partner: avim)
                let learned = try #require(try await show(nidos, unheard)["elsewhere"]).elements
                #expect(learned.compactMap { $0["id"]?.text } == [hidden.description])

                // Reception took part in nothing of the police, and learns that and no more: of a case that the police have
                // and of one that nobody has it is answered alike.
                try await ask(coa, of: made.reference, partner: avim)
                let nothing = try self.account(try await show(coa, made.reference), by: avim)
                #expect(nothing["listed"]?.number == 0 && nothing["more"]?.flag == false)
                let other = CaseReference(random: Randomness.bytes16())
                let unknown = await #expect(throws: NodeError.self) { try await ask(coa, of: other, partner: avim) }
                #expect(unknown?.code == .caseUnknown)
                let query: JSONValue = [
                    "type": "NOD-07", "recipients": ["police"], "caseRef": .string(other.description),
                    "purpose": .string(Self.purpose), "legalBasis": ["A6-1-e"], "body": [:],
                ]
                _ = try await coa.api.submit(query, key: "unknown")
                let same = try await within(.seconds(20), "the answer on an unknown case") {
                    try await poll {
                        let shown = try await show(coa, other)["accounts"]?.elements ?? []
                        return shown.first { $0["by"]?.text == avim.oin.text }
                    }
                }
                for member in ["scope", "listed", "more"] { #expect(same[member] == nothing[member], "\(member)") }

                // Who only was named in a message asks all who take part, and prints it.
                let printed = try await ind.command("case", "show", made.reference.description)
                #expect(printed.said.contains("told by the word of Nidos (test) at 2"), "\(printed.said)")
                let all = try await coa.command("case", "ask", made.reference.description, "--all", "--wait", "20")
                #expect(all.exitStatus == 0 && all.said.contains("All that were asked have answered"), "\(all.said)")
                #expect(all.said.contains("Nidos (test)") && !all.said.contains("AVIM"), "\(all.said)")
            }
        }

        @Test func `a query that was receipted is answered after a kill, and none is answered twice`() async throws {
            // One answer an hour: the second query is receipted and waits, as one does at which a node died.
            try await withCommunity { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                try nidos.configure("caseAnswersMaximumPerPartnerPerHour", 1)
                for slug in ["avim", "nidos", "ind", "coa"] { try await community[slug: slug].process.start() }
                let made = try await makeCase(community)
                try await ask(avim, of: made.reference, partner: nidos)
                let second = try await ask(avim, of: made.reference, partner: nidos, waitSeconds: 0)
                let query = try #require(second.first?["id"]?.text.flatMap { MessageID($0) })
                try await avim.api.waitForAnswers(to: query)
                try await nidos.waitForLog("a query of a case is answered later")
                #expect(try await answers(of: nidos, made.reference) == 1)
                try await nidos.process.kill()
                try await nidos.process.start()
                _ = try await within(.seconds(30), "the second query to be answered") {
                    try await poll { try await answers(of: nidos, made.reference) == 2 ? true : nil }
                }
                // What was answered before is not answered again at a start, and what comes after it is.
                try await nidos.process.kill()
                try await nidos.process.start()
                #expect(try await ask(avim, of: made.reference, partner: nidos).map { $0["answered"]?.flag } == [true])
                #expect(try await answers(of: nidos, made.reference) == 3)
            }
        }

        @Test func `who was asked and has not answered is named, since the first question it left open`() async throws {
            try await withCommunity(running: ["avim", "nidos", "ind", "coa"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let (ind, made) = (community[slug: "ind"], try await makeCase(community))
                #expect(try await unanswered(avim, made.reference).isEmpty)
                for partner in [nidos, ind] { try await ask(avim, of: made.reference, partner: partner) }
                #expect(try await unanswered(avim, made.reference).isEmpty, "both have answered")
                try await nidos.process.stop()
                var queries: [String] = []
                for _ in 1...2 {
                    let asked = try await ask(avim, of: made.reference, partner: nidos, waitSeconds: 0)
                    queries.append(try #require(asked.first?["id"]?.text))
                }
                let open = try await unanswered(avim, made.reference)
                #expect(open.map { $0["partner"]?.text } == [nidos.oin.text])
                #expect(open.first?["queries"]?.elements.compactMap(\.text) == queries)
                let kept = try await avim.api.client.get("/v1/messages/\(queries[0])")
                #expect(open.first?["since"]?.text == kept["accepted"]?.text, "since the first of them")
                #expect(["accepted", "sending"].contains(open.first?["state"]?.text))
                let printed = try await avim.command("case", "show", made.reference.description)
                #expect(printed.said.contains("ASKED, NO ANSWER"), "\(printed.said)")
                #expect(
                    printed.said.contains(/Nidos \(test\) +2[-0-9]+T[^ ]+ +not told +2 +no +\+31/), "\(printed.said)")
                // What was withdrawn asks nobody.
                let first = try await avim.api.deliveries().first { $0.messageID.description == queries[0] }
                let withdrawn = try await avim.command(
                    "queue", "withdraw", "--partner", nidos.oin.text, "--number", "\(try #require(first).number)",
                    "--reason", "asked twice", "--as", "duty-officer")
                #expect(withdrawn.exitStatus == 0, "\(withdrawn.said)")
                #expect(
                    try await unanswered(avim, made.reference).first?["queries"]?.elements.compactMap(\.text) == [
                        queries[1]
                    ])
                try await nidos.process.start()
                _ = try await within(.seconds(30), "nobody to be left who has not answered") {
                    try await poll { try await unanswered(avim, made.reference).isEmpty ? true : nil }
                }
            }
        }

        private func unanswered(_ node: NodeHandle, _ reference: CaseReference) async throws -> [JSONValue] {
            try #require(try await show(node, reference)["unanswered"]).elements
        }

        /// How many queries of a case a node has answered.
        private func answers(of node: NodeHandle, _ reference: CaseReference) async throws -> Int {
            let sent = try await node.api.client.get("/v1/deliveries?caseRef=\(reference)")["items"]?.elements ?? []
            return sent.count { $0["type"]?.text == "NOD-10" }
        }

        @Test func `where a partner's word contradicts the own ledger it is said first`() async throws {
            try await withCommunity(running: ["avim", "ind"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let reference = CaseReference(random: Randomness.bytes16())
                let signal = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.guardian, .immigration], caseReference: reference)),
                    key: "signal")
                // No node of ours says what its ledger does not have.
                let guardian = try ForeignNode(nidos)
                let query = try #require(
                    try await ask(avim, of: reference, partner: nidos, waitSeconds: 0).first?["id"]?.text)
                #expect(try await show(avim, reference)["contradictions"]?.elements.isEmpty == true)
                // Nobody asked for this one: it is nobody's word.
                func say(_ digest: String, inReplyTo answered: String) async throws {
                    let entry: JSONValue = [
                        "id": .string(signal.description), "digest": .string(digest), "type": "SIG-01",
                        "sender": ["oin": .string(avim.oin.text), "role": "police"],
                        "created": .string(Timestamp.current.description),
                        "recipients": [["oin": .string(nidos.oin.text), "role": "guardian", "standing": "receipted"]],
                    ]
                    var body = JSONObject()
                    body["scope"] = "shared"
                    body["messages"] = [entry]
                    body["more"] = false
                    var content = try ExampleSignal.content(
                        type: "NOD-10", from: guardian.party, to: [Recipient(avim.party)], caseReference: reference,
                        body: body)
                    content.inReplyTo = MessageID(answered)
                    let answer = try await guardian.deliver(guardian.seal(content, for: avim), to: avim)
                    #expect(answer.receipt != nil, "\(answer)")
                }
                let other = String(repeating: "ab", count: 32)
                try await say(other, inReplyTo: signal.description)
                #expect(try await show(avim, reference)["contradictions"]?.elements.isEmpty == true)
                try await say(other, inReplyTo: query)
                let found = try #require(try await show(avim, reference)["contradictions"]).elements
                #expect(found.compactMap { $0["what"]?.text } == ["digest-differs"], "\(found)")
                // Who holds another message says nothing of this one.
                let seen = try await show(avim, reference)
                #expect(words(on: signal, of: nidos, in: seen).isEmpty)
                let entry = (seen["messages"]?.elements ?? []).first { $0["id"]?.text == signal.description }
                let cell = (entry?["parties"]?.elements ?? []).first { $0["oin"]?.text == nidos.oin.text }
                #expect(cell?["holdsAnother"]?.flag == true, "\(seen)")
                let printed = try await avim.command("case", "show", reference.description)
                #expect(printed.said.hasPrefix("CONTRADICTION digest-differs: SIG-01"), "\(printed.said)")
                #expect(printed.said.contains("by the word of Nidos (test)"), "\(printed.said)")
            }
        }

        @Test func `a partner that cannot be asked keeps no other from being asked`() async throws {
            try await withCommunity { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                try nidos.configure("queueMaximumItemsPerPartner", 1)
                try nidos.configure("queueReservePercent", 0)
                for node in [avim, nidos] { try await node.process.start() }
                // Of the first question all but AVIM's stands in the queue for good.
                let reference = CaseReference(random: Randomness.bytes16())
                let first = try await ask(nidos, of: reference, waitSeconds: 0)
                for one in first { #expect(one["id"]?.text != nil) }
                let query = first.first { $0["partner"]?.text == avim.oin.text }?["id"]?.text
                try await nidos.api.waitForAnswers(to: try #require(query.flatMap { MessageID($0) }))
                let asked = try await ask(nidos, of: reference, waitSeconds: 0)
                #expect(asked.count > 1)
                for one in asked {
                    let (id, problem) = (one["id"]?.text, one["problem"]?.text ?? "")
                    if one["partner"]?.text == avim.oin.text {
                        #expect(id != nil && problem.isEmpty)
                    } else {
                        #expect(id == nil && problem.contains("queue-full"), "\(problem)")
                    }
                }
                let printed = try await nidos.command(
                    "case", "ask", reference.description, "--all", "--wait", "0", "--purpose", Self.purpose,
                    "--legal-basis", "A6-1-e")
                #expect(printed.exitStatus == 0 && printed.said.contains("NOT ASKED: "), "\(printed.said)")
                #expect(printed.said.contains("NOT asked: see above"), "\(printed.said)")
            }
        }

        @Test func `what partners say of the other references of a child is shown with them`() async throws {
            try await withCommunity(running: ["avim", "nidos"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let cases = [CaseReference(random: Randomness.bytes16()), CaseReference(random: Randomness.bytes16())]
                var signals: [MessageID] = []
                for reference in cases {
                    let id = try await avim.api.submit(
                        .object(ExampleSignal.submission(to: [.guardian], caseReference: reference)),
                        key: reference.description)
                    try await nidos.api.waitForInbox(id)
                    signals.append(id)
                }
                let combined: JSONValue = [
                    "type": "SIG-02", "role": "guardian", "inReplyTo": .string(signals[0].description),
                    "purpose": .string(Self.purpose), "legalBasis": ["A6-1-e"],
                    "body": [
                        "status": "in-progress", "ownerRole": "duty guardian", "decision": "combined",
                        "nextStep": "Both are one boy.", "relatedSignals": [.string(signals[1].description)],
                        "relatedCases": [.string(cases[1].description)],
                    ],
                ]
                try await avim.api.waitForInbox(try await nidos.api.submit(combined, key: "combined"))
                #expect(try await ask(avim, of: cases[1], partner: nidos).map { $0["answered"]?.flag } == [true])
                #expect(try await show(avim, cases[0])["accounts"]?.elements.isEmpty == true)
                let linked = try await avim.api.client.get("/v1/cases/\(cases[0])?linked=true")
                #expect(linked["accounts"]?.elements.count == 1, "\(linked)")
            }
        }

        @Test func `a long case is told page by page, the newest first`() async throws {
            try await withCommunity(running: ["avim", "nidos"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let reference = CaseReference(random: Randomness.bytes16())
                let count = 190
                for number in 1...count {
                    let submission = ExampleSignal.submission(to: [.guardian], caseReference: reference)
                    let id = try await avim.api.submit(.object(submission), key: "long-\(number)")
                    if number == count { try await nidos.api.waitForInbox(id) }
                }
                try await ask(nidos, of: reference, partner: avim)
                let first = try account(try await show(nidos, reference), by: avim)
                let listed = Int(first["listed"]?.number ?? 0)
                #expect(first["more"]?.flag == true && listed > 50 && listed < count, "\(first)")
                try await ask(nidos, of: reference, partner: avim, more: true)
                let seen = try await show(nidos, reference)
                let rest = try account(seen, by: avim)
                #expect(rest["more"]?.flag == false && Int(rest["listed"]?.number ?? 0) == count - listed, "\(rest)")
                #expect(seen["contradictions"]?.elements.isEmpty == true)
                let told = (seen["messages"]?.elements ?? []).filter { message in
                    (message["parties"]?.elements ?? []).contains { !($0["words"]?.elements ?? []).isEmpty }
                }
                #expect(told.count == count)
            }
        }
    }
}
