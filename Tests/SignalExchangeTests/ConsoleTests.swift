import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import SignalExchange
import Testing

/// What a partner wrote, on an operator's terminal.
@Suite struct TerminalTextTests {
    /// Clears the screen, sets the title, and is a line that looks like ours; then what turns the direction around.
    static let hostile = "\u{1B}[2J\u{9B}2J\u{7}\r\nMESSAGE\u{202E}\u{2028}\u{E0001}"

    static func expectNoControls(in text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let found = text.unicodeScalars.filter { scalar in
            scalar != "\n"
                && [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
        }
        #expect(found.map(\.value) == [], sourceLocation: sourceLocation)
    }

    @Test func `a cell of a table holds no control characters and stays one line`() {
        var table = TextTable(["WHAT", "MORE"])
        table.add([Self.hostile, "end"])
        Self.expectNoControls(in: table.text)
        #expect(table.text.split(separator: "\n").count == 2)
        #expect(table.text.contains(#"\u001b[2J\u009b2J\u0007\u000d\u000aMESSAGE\u202e\u2028\udb40\udc01"#))
    }

    @Test func `a table that is wider than the terminal is printed row by row, and through a pipe as it is`() {
        var table = TextTable(["MESSAGE", "CASE", "WHAT TO DO"])
        table.add(["one", "a case", "call somebody"])
        table.add(["other", "-", "look"])
        let width = "other    a case  call somebody".count
        #expect(table.text(within: nil) == table.text)
        #expect(table.text(within: width) == table.text)
        #expect(
            table.text(within: width - 1) == """
                MESSAGE     one
                CASE        a case
                WHAT TO DO  call somebody

                MESSAGE     other
                CASE        -
                WHAT TO DO  look
                """)
    }

    @Test func `text without control characters is shown as it is`() {
        for text in ["", "Nguyễn – “é” 🇳🇱", "a\\u001b"] { #expect(text.escapingControls() == text) }
    }
}

/// What stands in a cell of a case's matrix.
@Suite struct CaseCellTests {
    @Test func `the word of another takes away neither that something is late nor that somebody was called`() {
        let party: JSONValue = [
            "state": "named", "late": ["PLC-03"], "telephone": [["role": "duty-officer"]], "holdsAnother": true,
            "words": [["byName": "COA", "at": "2026-11-26T20:00:00.000Z", "standing": "receipted"]],
        ]
        #expect(
            CaseConsole.cell(party)
                == "told by the word of COA at 2026-11-26T20:00:00.000Z ANOTHER MESSAGE LATE (telephone)")
        #expect(CaseConsole.cell(["state": "named", "late": ["PLC-03"]]) == "named LATE")
    }

    @Test func `what others have and is not here is said with who says so, and whom to call`() {
        func message(late: Bool) -> JSONValue {
            [
                "id": "one", "senderName": "AVIM", "senderContact": "duty desk, +31", "due": "17:05",
                "late": .bool(late),
                "words": [
                    ["byName": "Nidos", "step": "owned", "role": "duty-guardian", "at": "17:00"],
                    ["byName": "COA", "step": "declined", "role": "night shift\u{1B}", "at": "17:01"],
                ],
            ]
        }
        #expect(
            CaseConsole.notTold(message(late: true))
                == "NOT TOLD HERE: a message of AVIM, one, lists this organisation and has not come. By the word of Nidos "
                + #"(owned, duty-guardian) at 17:00, COA (declined, night shift\u001b) at 17:01. Call duty desk, +31"#)
        #expect(CaseConsole.notTold(message(late: false)).contains("has not come yet; it is late from 17:05."))
    }

    @Test func `a call is noted to the second or the millisecond`() {
        #expect(CaseConsole.toTheMillisecond("2026-11-26T20:00:00Z") == "2026-11-26T20:00:00.000Z")
        for text in ["2026-11-26T20:00:00.123Z", "yesterday"] { #expect(CaseConsole.toTheMillisecond(text) == text) }
    }

    @Test func `what one partner says often pushes nobody else's word out of sight`() throws {
        let (avim, coa) = (try #require(OIN("00000099000000002000")), try #require(OIN("00000099000000004000")))
        let type = try #require(MessageType(code: "NOD-10"))
        func answer(_ number: UInt64, from sender: OIN, isOutgoing: Bool = false) -> CaseMessage {
            let at = Timestamp(milliseconds: Int64(number))
            return CaseMessage(
                message: MessageSummary(
                    id: MessageID(at: at, random: Bytes16(high: number, low: number)), digest: .zero, type: type,
                    sender: Party(oin: sender, role: .police),
                    caseReference: CaseReference(random: Bytes16(high: 1, low: 1)), priority: .asap, created: at,
                    wanted: .receipt, isHandedOver: false), isOutgoing: isOutgoing, keptAt: at, inbox: nil)
        }
        let answers =
            [answer(1, from: avim)] + (2...40).map { answer($0, from: coa) }
            + (41...80).map { answer($0, from: avim, isOutgoing: true) }
        let kept = answers.newestReceived(maximumPerSender: 3)
        #expect(kept == [answers[0]] + answers[37...39])
    }
}

extension Nodes {
    @Suite(.community()) struct ConsoleTests {
        @Test func `no control character of a partner reaches the terminal`() async throws {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            let hostile = TerminalTextTests.hostile
            try await withNode(nidos) { context in
                // As a partner's words stand in an alarm, with every other column filled.
                try await context.ledger.raise(
                    Alarm(
                        code: .deliveryDeferred, partner: avim.oin,
                        messageID: MessageID(at: .current, random: Randomness.bytes16()), detail: hostile,
                        at: .current))
            }
            try await nidos.process.start()
            let alarms = try await nidos.command("alarms", "list")
            #expect(alarms.exitStatus == 0)
            #expect(alarms.said.contains(#"\u001b[2J"#), "\(alarms.said)")
            TerminalTextTests.expectNoControls(in: alarms.said)

            let sender = try Stage.foreignNode("avim")
            let content = try ExampleSignal.content(
                from: sender.party, to: [Recipient(nidos.party)],
                body: ExampleSignal.body(explanation: "seen\u{202E}\u{2066}"))
            #expect(try await sender.deliver(sender.seal(content, for: nidos), to: nidos).receipt != nil)
            let shown = try await nidos.command("inbox", "show", content.id.description)
            #expect(shown.exitStatus == 0)
            #expect(shown.said.contains(#"seen\u202e\u2066"#), "\(shown.said)")
            TerminalTextTests.expectNoControls(in: shown.said)
        }
    }
}
