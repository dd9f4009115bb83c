import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// "Do our books and theirs agree, and if not, what is missing, and what happens about it?"
    @Suite(.serialized) struct ReconcileTests {
        private func reconcile(_ node: NodeHandle, _ arguments: String...) async throws -> Command {
            try await Command.run(
                NodeProcess.builtExecutable.path, ["reconcile", "--folder", node.folder.path] + arguments)
        }

        /// The one report that the command prints with `--json`.
        private func report(_ node: NodeHandle, with partner: NodeHandle) async throws -> (
            report: JSONValue, answer: JSONValue, end: ChildProcess.End
        ) {
            let run = try await reconcile(node, partner.oin.text, "--json")
            let line = try #require(run.said.split(separator: "\n").first { $0.hasPrefix("{") }, "\(run.said)")
            let answer = try JSONParser.parse(
                Array(line.utf8), limits: JSONLimits(byteCount: ProtocolLimits.reconciliationMaximumBytes * 2, depth: 9)
            )
            return (try #require(answer["report"]), answer, run.end)
        }

        private func told(_ node: NodeHandle, _ role: Role, _ key: String) async throws -> MessageID {
            let id = try await node.api.submit(.object(ExampleSignal.submission(to: [role])), key: key)
            try await node.api.waitForAnswers(to: id)
            return id
        }

        /// What `openssl` says of a signed file, by the signer's certificate and the authorities alone.
        private func verify(
            _ file: URL, signedBy node: NodeHandle, in community: ExampleCommunity, out: URL
        ) async throws -> Command {
            try await Command.run(
                "openssl",
                [
                    "cms", "-verify", "-binary", "-inform", "DER", "-in", file.path, "-certfile",
                    node.folder.certificate(.signing), "-CAfile", community.pki.chain.path, "-purpose", "smimesign",
                    "-out", out.path,
                ])
        }

        @Test func `two that agree say so, signed, and a third party verifies it and both accounts with openssl`()
            async throws
        {
            try await withCommunity(running: ["avim", "nidos"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                _ = try await told(avim, .guardian, "one")
                _ = try await told(nidos, .police, "two")
                let leaves = try await avim.auditLeaves()
                let out = community.folder.appending(path: "pair.cms")
                let run = try await reconcile(avim, nidos.oin.text, "--out", out.path)
                #expect(run.succeeded, "\(run.said)")
                #expect(run.said.contains("AGREED") && run.said.contains("same list up to 1"), "\(run.said)")
                #expect(try await avim.auditLeaves() == leaves + 1)

                let (report, answer, _) = try await self.report(avim, with: nidos)
                #expect(report["verdict"]?.text == "agreed")
                for side in ["outgoing", "incoming"] {
                    #expect(report[side]?["agreedUpTo"]?.number == 1)
                    #expect(report[side]?["comparison"]?.text == "agree")
                    #expect(report[side]?["items"]?.elements.isEmpty == true)
                }
                #expect(report["heard"]?["now"]?.flag == true)
                // What is printed is what lies in the folder, and what the agency may look at.
                let kept = URL(filePath: try #require(answer["file"]?.text))
                #expect(try Data(contentsOf: kept).base64EncodedString() == answer["signed"]?.text)
                let seen = try await avim.api.client.get("/v1/partners/\(nidos.oin)/reconciliation")
                #expect(seen["digest"] == answer["digest"])

                let payload = community.folder.appending(path: "payload")
                #expect(try await verify(kept, signedBy: avim, in: community, out: payload).succeeded)
                let limits = JSONLimits(byteCount: ProtocolLimits.reconciliationMaximumBytes, depth: 8)
                #expect(try JSONParser.parse(Array(Data(contentsOf: payload)), limits: limits) == report)
                #expect(try await !verify(kept, signedBy: nidos, in: community, out: payload).succeeded)
                var changed = try Data(contentsOf: out)
                changed[changed.count / 2] ^= 1
                try changed.write(to: out)
                #expect(try await !verify(out, signedBy: avim, in: community, out: payload).succeeded)

                for (name, signer) in [("ownTally", avim), ("partnerTally", nidos)] {
                    let text = try #require(report["proofs"]?[name]?.text)
                    let file = community.folder.appending(path: name)
                    try #require(Data(base64Encoded: text)).write(to: file)
                    let verified = try await verify(file, signedBy: signer, in: community, out: payload)
                    #expect(verified.succeeded, "\(verified.said)")
                    let tally = try Tally(wireBytes: Array(Data(contentsOf: payload)))
                    // The third party compares by itself: both lists, to the number that the report names.
                    #expect(tally.issued.number.value == 1 && tally.received.number.value == 1)
                    let own = name == "ownTally" ? "outgoing" : "incoming"
                    #expect(report[own]?["runningDigest"]?.text == tally.issued.runningDigest.description)
                }
            }
        }

        @Test func `every report fits its schema, and a validator of others says so`() async throws {
            try await withCommunity(running: ["avim", "nidos"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                _ = try await told(nidos, .police, "received")
                try await nidos.process.stop()
                _ = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "open")
                let kept = URL(filePath: try #require(try await report(avim, with: nidos).answer["file"]?.text))
                let payload = community.folder.appending(path: "payload.json")
                #expect(try await verify(kept, signedBy: avim, in: community, out: payload).succeeded)
                let schema = ExamplePKI.packageFolder.appending(path: "schemas/reconciliation.v1.json")
                let judged = try await Command.run(
                    "python3",
                    [
                        "-c",
                        "import json,sys,jsonschema;jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))"
                            + ".validate(json.load(open(sys.argv[2])))", schema.path, payload.path,
                    ])
                #expect(judged.succeeded, "\(judged.said)")
            }
        }

        @Test func `of a partner that is away it says what is open, since when, and what the last account was`()
            async throws
        {
            try await withCommunity(running: ["avim", "nidos"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                _ = try await told(avim, .guardian, "told")
                let whole = try await report(avim, with: nidos)
                #expect(whole.end == .exited(status: 0))
                try await nidos.process.stop()
                let away = try await report(avim, with: nidos)
                #expect(away.report["verdict"]?.text == "unconfirmed", "nothing is open, and nobody confirms it")
                #expect(away.end == .exited(status: 5))
                let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "open")
                let open = try await report(avim, with: nidos)
                #expect(open.report["verdict"]?.text == "open")
                #expect(open.end == .exited(status: 5))
                #expect(open.report["heard"]?["now"]?.flag == false)
                #expect(open.report["heard"]?["problem"]?.text?.isEmpty == false)
                #expect(open.report["heard"]?["ageSeconds"]?.number != nil)
                let channel = try #require(open.report["outgoing"])
                #expect(channel["agreedUpTo"]?.number == 1 && channel["issued"]?.number == 2)
                #expect(channel["counts"]?["open"]?.number == 1)
                let item = try #require(channel["items"]?.elements.first)
                #expect(item["message"]?.text == "\(id)" && item["first"]?.number == 2)
                #expect(item["state"]?.text == "open" && item["step"]?.text == "node")
                #expect(item["action"]?.text?.contains("by itself") == true)
                #expect(item["since"]?.text != nil)

                let held = try await Command.run(
                    NodeProcess.builtExecutable.path,
                    [
                        "queue", "hold", "--folder", avim.folder.path, "--partner", nidos.oin.text, "--number", "2",
                        "--as", "duty-officer", "--reason", "checking",
                    ])
                #expect(held.succeeded, "\(held.said)")
                let run = try await reconcile(avim)
                #expect(run.end == .exited(status: 6), "\(run.said)")
                #expect(run.said.contains("books-need-person") && run.said.contains("queue release"), "\(run.said)")

                // It comes back, and so do the books.
                try await nidos.process.start()
                _ = try await avim.api.client.post(
                    "/v1/deliveries/\(nidos.oin)/2/_release", body: Array(#"{"reason":"checked"}"#.utf8))
                try await avim.api.waitForAnswers(to: id)
                #expect(try await report(avim, with: nidos).report["verdict"]?.text == "agreed")
            }
        }

        @Test func `what presses is not left to the nodes: after a minute a person must look, with the number to call`()
            async throws
        {
            try await withCommunity(running: ["avim", "nidos"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                _ = try await told(avim, .guardian, "told")
                try await nidos.process.stop()
                _ = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.guardian], priority: .stat)), key: "presses")
                let partners = try await avim.api.client.get("/v1/partners").elements
                let phone = try #require(partners.first { $0["oin"]?.text == nidos.oin.text }?["dutyPhone"]?.text)
                let young = try await reconcile(avim, nidos.oin.text)
                #expect(young.end == .exited(status: 5), "\(young.said)")
                for word in ["OPEN", "SIG-01", "stat", phone] { #expect(young.said.contains(word), "\(young.said)") }
                try await avim.process.stop()
                try avim.age(by: .minutes(2))
                try await avim.process.start()
                let late = try await report(avim, with: nidos)
                #expect(late.report["verdict"]?.text == "person" && late.end == .exited(status: 6))
                let item = try #require(late.report["outgoing"]?["items"]?.elements.first)
                #expect(item["state"]?.text == "open" && item["step"]?.text == "person", "\(item)")
                let action = item["action"]?.text ?? ""
                #expect(action.contains("a person must tell them now") && action.contains(phone), "\(action)")
            }
        }

        @Test func `an alarm of a message to the partner needs a person, and begins with what to do`() async throws {
            try await withCommunity(running: ["avim"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "damaged")
                try avim.damageEnvelope(of: id) { _ in [0x30, 0x00] }
                try await nidos.process.start()
                let alarm = try await avim.waitForAlarm(.storedMessageUnreadable, about: nidos.oin)
                #expect(alarm.detail.hasPrefix("it cannot be sent now: where it presses, telephone"), "\(alarm.detail)")
                let found = try await report(avim, with: nidos)
                #expect(found.report["verdict"]?.text == "person" && found.end == .exited(status: 6))
                let item = try #require(found.report["outgoing"]?["items"]?.elements.first)
                #expect(item["step"]?.text == "person", "\(item)")
                #expect(item["action"]?.text?.contains("alarm stored-message-unreadable") == true, "\(item)")
            }
        }

        @Test func `what the partner holds back says that a person there decides, and whom to call`() async throws {
            try await withCommunity(running: ["avim", "nidos"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                _ = try await told(avim, .guardian, "one")
                try await nidos.process.stop()
                _ = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "held")
                _ = try await avim.api.client.post(
                    "/v1/deliveries/\(nidos.oin)/2/_hold", body: Array(#"{"role":"duty-officer","reason":"x"}"#.utf8))
                try await nidos.process.start()
                _ = try await told(avim, .guardian, "behind-it")
                let partners = try await nidos.api.client.get("/v1/partners").elements
                let phone = try #require(partners.first { $0["oin"]?.text == avim.oin.text }?["dutyPhone"]?.text)
                let found = try await report(nidos, with: avim)
                #expect(found.report["verdict"]?.text == "open" && found.end == .exited(status: 5))
                #expect(found.report["summary"]?.text?.contains("a person there must decide") == true)
                let item = try #require(
                    found.report["incoming"]?["items"]?.elements.first { $0["state"]?.text == "held-there" })
                let action = item["action"]?.text ?? ""
                #expect(action.contains("a person at") && action.contains(phone), "\(action)")
            }
        }

        @Test func `a partner that was never heard has books too, in which nothing is claimed`() async throws {
            try await withCommunity(running: ["avim"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let found = try await report(avim, with: nidos)
                #expect(found.report["verdict"]?.text == "unconfirmed" && found.end == .exited(status: 5))
                #expect(found.report["outgoing"]?["comparison"]?.text == "never-compared")
                #expect(found.report["outgoing"]?["agreedUpTo"] == .null)
                #expect(found.report["proofs"]?["partnerTally"] == .null)
                #expect(found.report["heard"]?["at"] == .null)
                let stranger = try await reconcile(avim, "00000099000000999999")
                #expect(stranger.end == .exited(status: 3) && stranger.said.contains("request-invalid"))
                let none = await #expect(throws: NodeError.self) {
                    try await avim.api.client.get("/v1/partners/\(community[slug: "ind"].oin)/reconciliation")
                }
                #expect(none?.code == .reportUnknown)
            }
        }

        @Test func `after a loss it says which number is lost, until people have said that they know`() async throws {
            try await withCommunity(running: ["avim", "nidos"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                try await nidos.process.stop()
                let lost = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "lost")
                #expect(
                    try await avim.api.client.post(
                        "/v1/deliveries/\(nidos.oin)/1/_hold",
                        body: Array(#"{"role":"duty-officer","reason":"checking"}"#.utf8))["state"]?.text == "held")
                let stopped = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.guardian])), key: "stopped")
                _ = try await avim.api.client.post(
                    "/v1/deliveries/\(nidos.oin)/2/_withdraw",
                    body: Array(#"{"role":"duty-officer","reason":"wrong recipient"}"#.utf8))
                try await nidos.process.start()
                // Behind them, so that the partner has noted that the first is held and the second void.
                _ = try await told(avim, .guardian, "told")
                try await avim.process.kill()
                for suffix in ["", "-wal", "-shm"] {
                    try? FileManager.default.removeItem(at: URL(filePath: avim.folder.store + suffix))
                }
                try await NewStore(avim.folder).make()
                try await avim.process.start()
                try await avim.waitForAlarm(.storeRolledBack, about: nidos.oin)
                try await avim.api.waitForAgreement(of: nidos)
                let found = try await report(avim, with: nidos)
                #expect(found.report["verdict"]?.text == "person" && found.end == .exited(status: 6))
                let item = try #require(found.report["outgoing"]?["items"]?.elements.first { $0["first"]?.number == 1 })
                #expect(item["state"]?.text == "lost" && item["message"]?.text == "\(lost)")
                #expect(item["step"]?.text == "person" && item["action"]?.text?.contains("hands it in again") == true)
                // What was stopped on purpose is not handed in again by anybody who reads "lost".
                let void = try #require(found.report["outgoing"]?["items"]?.elements.first { $0["first"]?.number == 2 })
                #expect(void["state"]?.text == "void" && void["message"]?.text == "\(stopped)", "\(void)")
                #expect(void["step"]?.text == "none")
                let said = void["action"]?.text ?? ""
                #expect(said.contains("was withdrawn (wrong recipient, duty-officer)"), "\(said)")
                #expect(said.contains("do not hand it in again"), "\(said)")
                #expect(found.report["alarms"]?.elements.contains { $0["code"]?.text == "store-rolled-back" } == true)
                // What is printed runs as it is, but for who does it and why; the id is the one that its sender knows.
                let shown = try await avim.command("queue", "show", "\(lost)")
                #expect(shown.exitStatus == 0 && shown.said.contains("\(lost)"), "\(shown.said)")
                let listed = try await avim.command("queue", "list", "--open")
                #expect(listed.said.contains("\(lost)"), "\(listed.said)")
                let printed = try #require(
                    item["action"]?.text?.split(separator: "exchange-node ").last.map(String.init), "\(item)")
                #expect(printed.hasSuffix("--as ROLE --reason WHY"), "\(printed)")
                let words = printed.replacing("ROLE", with: "duty-officer").replacing("WHY", with: "lost").split(
                    separator: " "
                ).map(String.init)
                let wrong = try await Command.run(
                    NodeProcess.builtExecutable.path,
                    words + ["--folder", avim.folder.path, "--message", "\(stopped)"])
                #expect(wrong.said.contains("stands for another message, \(lost)"), "\(wrong.said)")
                // The other side sees the same from its end.
                let there = try await report(nidos, with: avim)
                #expect(there.report["verdict"]?.text == "person")
                let codes = Set(there.report["alarms"]?.elements.compactMap { $0["code"]?.text } ?? [])
                #expect(!codes.isDisjoint(with: ["partner-history-unproven", "partner-rolled-back"]), "\(codes)")

                for code in ["store-rolled-back", "tallies-differ"] {
                    _ = try? await avim.api.client.post(
                        "/v1/alarms/\(code)/_clear", body: Array(#"{"partner":"\#(nidos.oin)"}"#.utf8))
                }
                let known = try await report(avim, with: nidos)
                #expect(known.report["verdict"]?.text == "agreed", "\(known.report)")
                #expect(known.report["outgoing"]?["counts"]?["lost"]?.number == 1)
                let ended = try await Command.run(
                    NodeProcess.builtExecutable.path, words + ["--folder", avim.folder.path, "--message", "\(lost)"])
                #expect(ended.succeeded && ended.said.contains("\(lost)"), "\(ended.said)")
            }
        }

        @Test func `a hundred reports of a partner are kept, the newest, and no other partner's are touched`()
            async throws
        {
            try await withCommunity(running: ["avim", "nidos"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let place = URL(filePath: avim.folder.reconciliations(with: nidos.oin))
                let other = URL(filePath: avim.folder.reconciliations(with: community[slug: "ind"].oin))
                for folder in [place, other] {
                    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                    for ordinal in 100..<220 {
                        try Data().write(to: folder.appending(path: "2020-01-01T00-00-00.\(ordinal)Z-0.cms"))
                    }
                }
                let file = try #require(try await report(avim, with: nidos).answer["file"]?.text)
                let names = try FileManager.default.contentsOfDirectory(atPath: place.path).sorted()
                #expect(names.count == 100)
                #expect(names.last == URL(filePath: file).lastPathComponent)
                #expect(names.first?.contains(".121Z") == true)
                #expect(try FileManager.default.contentsOfDirectory(atPath: other.path).count == 120)
            }
        }
    }
}

extension NodeAPI {
    /// Returns when this node's account agrees with that of one partner at the last number.
    fileprivate func waitForAgreement(of partner: NodeHandle) async throws {
        let api = self
        _ = try await within(.seconds(60), "the tallies to agree") {
            try await poll(every: Milliseconds(200)) {
                try await api.greetPartners()
                return try await api.partners().first { $0.oin == partner.oin }?.agreesAtTheLastNumber == true
                    ? true : nil
            }
        }
    }
}
