import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// Two organisations pair as docs/pairing.md says, by its commands, and nothing goes from one to the other but the
    /// card.
    @Suite struct PairingTests {
        @Test func `two nodes that share no file but the cards pair, and each has the other's receipt`() async throws {
            try await Pair.make { pair in
                let fingerprints = (try await pair.export(pair.nidos), try await pair.export(pair.avim))
                try pair.handOver(from: pair.nidos, to: pair.avim)
                try pair.handOver(from: pair.avim, to: pair.nidos)

                // Without the fingerprint, with a part of it, and with one's own: nothing is kept.
                let unasked = try await pair.nidos.command("card", "import", pair.received(by: pair.nidos))
                #expect(unasked.exitStatus == 2 && unasked.said.contains("fingerprint-missing"), "\(unasked.said)")
                for spoken in [String(fingerprints.1.prefix(9)), fingerprints.0] {
                    let wrong = try await pair.nidos.command(
                        "card", "import", pair.received(by: pair.nidos), "--fingerprint", spoken, "--accept-authority")
                    #expect(wrong.exitStatus == 2 && wrong.said.contains("fingerprint-differs"), "\(wrong.said)")
                }
                let unknown = try await pair.nidos.command(
                    "card", "import", pair.received(by: pair.nidos), "--fingerprint", fingerprints.1)
                #expect(unknown.exitStatus == 2 && unknown.said.contains("authority-unknown"), "\(unknown.said)")
                #expect(!FileManager.default.fileExists(atPath: pair.nidos.folder.card(of: pair.avim.oin)))

                try await pair.take(at: pair.nidos, spoken: fingerprints.1)
                try await pair.take(at: pair.avim, spoken: fingerprints.0)
                for organisation in [pair.nidos, pair.avim] {
                    let signed = try await organisation.command("directory", "sign", "--install")
                    #expect(signed.exitStatus == 0, "\(signed.said)")
                    #expect(signed.said.contains("from its next start"), "\(signed.said)")
                }

                let nodes = [pair.nidos, pair.avim].map {
                    NodeProcess(executable: NodeProcess.builtExecutable, folder: $0.folder)
                }
                do {
                    for node in nodes { try await node.start() }
                    try await pair.tell(from: pair.avim, to: pair.nidos, .guardian)
                    try await pair.tell(from: pair.nidos, to: pair.avim, .police)
                    try await pair.check(nodes)
                    try await pair.renew()
                } catch {
                    for node in nodes { try? await node.kill() }
                    throw error
                }
                for node in nodes { try await node.stop() }
            }
        }

        /// Months later, under a third authority: nobody stops a node for that.
        @Test func `a partner whose authority is new is paired with while the node runs`() async throws {
            try await Pair.make { pair in
                _ = try await pair.nidos.card()
                let alone = try await pair.nidos.command("directory", "sign", "--install")
                #expect(alone.exitStatus == 0, "\(alone.said)")
                let nodes = [pair.nidos, pair.avim].map {
                    NodeProcess(executable: NodeProcess.builtExecutable, folder: $0.folder)
                }
                do {
                    try await nodes[0].start()
                    let fingerprints = (try await pair.export(pair.nidos), try await pair.export(pair.avim))
                    try pair.handOver(from: pair.nidos, to: pair.avim)
                    try pair.handOver(from: pair.avim, to: pair.nidos)
                    try await pair.take(at: pair.nidos, spoken: fingerprints.1)
                    try await pair.take(at: pair.avim, spoken: fingerprints.0)
                    for organisation in [pair.avim, pair.nidos] {
                        let signed = try await organisation.command("directory", "sign", "--install")
                        #expect(signed.exitStatus == 0, "\(signed.said)")
                    }
                    try await nodes[1].start()
                    try await pair.tell(from: pair.avim, to: pair.nidos, .guardian)
                    try await pair.tell(from: pair.nidos, to: pair.avim, .police)
                } catch {
                    for node in nodes { try? await node.kill() }
                    throw error
                }
                for node in nodes { try await node.stop() }
            }
        }

        @Test func `on a terminal the fingerprint is typed, and what was mistyped is asked for again`() async throws {
            try await Pair.make { pair in
                let card = try await pair.avim.card()
                let file = pair.place.appending(path: "avim.card").path
                try NodeFolder.write(card.bytes, to: file)
                let program =
                    "\(NodeProcess.builtExecutable.path) card import \(file) --accept-authority --folder "
                    + pair.nidos.folder.path
                func type(_ lines: String...) async throws -> Command {
                    // script(1) gives the command a terminal of its own.
                    let input = lines.map { "echo '\($0)'" }.joined(separator: "; ")
                    return try await Command.run(
                        "sh", ["-c", "(\(input)) | timeout --foreground 30 script -qec '\(program)' /dev/null"])
                }
                let asked = try await type("4821 0093", SpokenFingerprint(of: [1]).description)
                #expect(asked.said.contains("says that it is of AVIM (test)"), "\(asked.said)")
                #expect(asked.said.contains("Again:"), "\(asked.said)")
                #expect(asked.said.contains("fingerprint-differs"), "\(asked.said)")
                // Whoever sees it would compare it with what is before them, and not with what they hear.
                #expect(!asked.said.contains(card.fingerprint.description), "\(asked.said)")
                let taken = try await type(card.fingerprint.description)
                #expect(taken.said.contains("The card is kept."), "\(taken.said)")
            }
        }
    }
}

extension Pair {
    private func desk(of organisation: PairingOrganisation) -> URL {
        place.appending(path: "desk-of-\(organisation.role.rawValue)")
    }

    fileprivate func received(by organisation: PairingOrganisation) -> String {
        desk(of: organisation).appending(path: "received.card").path
    }

    /// - Returns: the fingerprint that is read out.
    fileprivate func export(_ organisation: PairingOrganisation, _ more: String...) async throws -> String {
        try FileManager.default.createDirectory(at: desk(of: organisation), withIntermediateDirectories: true)
        let wishes = organisation.wishes
        let exported = try await Command.run(
            NodeProcess.builtExecutable.path,
            [
                "card", "export", "--out", desk(of: organisation).appending(path: "own.card").path, "--role",
                organisation.role.rawValue, "--endpoint", wishes.endpoint ?? "", "--contact-name", "desk",
                "--contact-phone", organisation.phone, "--json", "--folder", organisation.folder.path,
            ] + more)
        try #require(exported.exitStatus == 0, "\(exported.said)")
        return try #require(JSONParser.parse(Array(exported.said.utf8))["fingerprint"]?.text)
    }

    /// The one file that goes from one organisation to the other.
    fileprivate func handOver(from sender: PairingOrganisation, to recipient: PairingOrganisation) throws {
        try? FileManager.default.removeItem(atPath: received(by: recipient))
        try FileManager.default.copyItem(
            at: desk(of: sender).appending(path: "own.card"), to: URL(filePath: received(by: recipient)))
    }

    fileprivate func take(at organisation: PairingOrganisation, spoken: String) async throws {
        let taken = try await organisation.command(
            "card", "import", received(by: organisation), "--fingerprint", spoken, "--accept-authority")
        try #require(taken.exitStatus == 0, "\(taken.said)")
    }

    /// A message, and the wait for its receipt.
    fileprivate func tell(from sender: PairingOrganisation, to recipient: PairingOrganisation, _ role: Role)
        async throws
    {
        let message = place.appending(path: "\(sender.role.rawValue).json")
        try Data(
            """
            {"type":"NOD-09","recipients":["\(role.rawValue)"],"purpose":"https://example.org/pairing",\
            "legalBasis":["A6-1-e"],"body":{}}
            """.utf8
        ).write(to: message)
        let sent = try await sender.command("send", message.path, "--wait", "30")
        try #require(sent.exitStatus == 0, "\(sent.said)")
        #expect(sent.said.contains("receipted"), "\(sent.said)")
    }

    /// `check` at one of two running nodes: a probe with its receipt, and then to a partner that does not answer.
    fileprivate func check(_ nodes: [NodeProcess]) async throws {
        let good = try await nidos.command("check", "--json")
        #expect(good.exitStatus == 0, "\(good.said)")
        func rows(_ command: Command, _ item: String) throws -> [JSONValue] {
            try command.said.split(separator: "\n").filter { $0.hasPrefix("{") }
                .map { try JSONParser.parse(Array($0.utf8)) }.filter { $0["item"]?.text == item }
        }
        let probe = try #require(try rows(good, "probe").first)
        #expect(probe["grade"]?.text == "ok" && probe["partner"]?.text == avim.oin.text, "\(good.said)")
        #expect((0...10_000).contains(probe["milliseconds"]?.number ?? -1), "\(good.said)")
        #expect(try rows(good, "node").first?["grade"]?.text == "ok", "\(good.said)")
        #expect(try rows(good, "store").first?["text"]?.text?.contains("running node") == true, "\(good.said)")

        // It reads the receipt of its own probe: nobody has exported anything.
        #expect(try !String(contentsOf: nodes[0].log, encoding: .utf8).contains("evidence was exported"))

        try await nodes[1].pauseRunning()
        for _ in 1...2 {
            let late = try await nidos.command("check", "--wait", "1")
            #expect(late.exitStatus == 5, "\(late.said)")
            #expect(late.said.contains("no receipt within 1 seconds") && late.said.contains(avim.phone), "\(late.said)")
        }
        // The second check waited for the probe of the first: a message, a probe, and one that waits.
        let sent = try await nidos.command("queue", "list", "--json")
        #expect(sent.said.split(separator: "\n").count { $0.contains("NOD-09") } == 3, "\(sent.said)")
        try await nodes[1].resume()
        let again = try await nidos.command("check", "--wait", "60")
        #expect(again.exitStatus == 0, "\(again.said)")
    }

    /// AVIM moves its duty desk while both nodes run: a newer card, and a directory that the running node takes.
    fileprivate func renew() async throws {
        let spoken = try await export(avim, "--name", "AVIM, renamed (test)")
        try handOver(from: avim, to: nidos)
        try await take(at: nidos, spoken: spoken)
        let signed = try await nidos.command("directory", "sign", "--install")
        #expect(signed.exitStatus == 0, "\(signed.said)")
        #expect(signed.said.contains("in the place of 1"), "\(signed.said)")
        #expect(signed.said.contains("The running node uses it."), "\(signed.said)")
        let partners = try await nidos.command("partners", "--json")
        #expect(partners.said.contains("AVIM, renamed (test)"), "\(partners.said)")
        let verified = try await nidos.command("directory", "verify", nidos.folder.signedDirectory)
        #expect(verified.said.contains("It is the one that is installed."), "\(verified.said)")
        let shown = try await nidos.command("directory", "show")
        #expect(shown.exitStatus == 0 && shown.said.contains("It verifies by"), "\(shown.said)")
        let own = try await nidos.command("card", "show", nidos.folder.ownCard)
        #expect(own.exitStatus == 0 && own.said.contains("FINGERPRINT"), "\(own.said)")
    }
}
