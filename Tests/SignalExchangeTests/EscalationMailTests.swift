import ExchangeCore
import ExchangeStore
import Foundation
import SignalExchange
import Testing

/// The mail of an entry of the ladder, as another implementation reads it.
@Suite struct EscalationMailTests {
    private static func mail(
        contact: String = "deputy desk, +31200000001", debtor: String = "this organisation", id: String = "00ff.7"
    ) throws -> EscalationMail {
        let police = Party(oin: try #require(OIN("00000099000000002000")), role: .police)
        let at = Timestamp(milliseconds: 1_795_683_600_000)
        let message = MessageSummary(
            id: MessageID(at: at, random: Bytes16(high: 1, low: 2)), digest: .zero,
            type: try #require(MessageType(code: "SIG-01")), sender: police,
            caseReference: CaseReference(random: Bytes16(high: 3, low: 4)), priority: .stat, created: at,
            wanted: .outcome, isHandedOver: true)
        let entry = EscalationEntry(
            message: message.id, debtor: nil, kind: .step(.deputy, .acknowledgement(.ownership)), contact: contact,
            since: at, dueAt: at + .minutes(30), at: at + .minutes(45))
        let (sender, recipient) = (
            try #require(EscalationMail.Address("node@nidos.example")),
            try #require(EscalationMail.Address("duty@nidos.example"))
        )
        return EscalationMail(
            from: sender, to: [recipient], NumberedEscalation(number: 7, message: message, entry: entry), id: id,
            debtor: debtor)
    }

    /// What Python's `email` package makes of it: one line a header, then a line of `--`, then the body.
    private static func read(_ mail: EscalationMail) throws -> (headers: [String: [String]], body: String) {
        let file = FileManager.default.temporaryDirectory.appending(path: "mail-\(UUID())")
        try Data(mail.bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [
            "-c",
            """
            import email, email.policy, email.utils, sys
            message = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
            assert not message.defects, message.defects
            for name, value in message.items(): print(f"{name}: {value}")
            print("moment:", int(email.utils.parsedate_to_datetime(message["Date"]).timestamp()))
            print("--"); print(message.get_content(), end="")
            """, file.path,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let parts = said.components(separatedBy: "\n--\n")
        let lines = parts[0].split(separator: "\n").map { $0.split(separator: ": ", maxSplits: 1).map(String.init) }
        return (
            Dictionary(grouping: lines.filter { $0.count == 2 }, by: { $0[0] }).mapValues { $0.map { $0[1] } }, parts[1]
        )
    }

    @Test func `another implementation reads who, what, when and about which message`() throws {
        let (headers, body) = try Self.read(try Self.mail())
        #expect(headers["From"] == ["node@nidos.example"] && headers["To"] == ["duty@nidos.example"])
        let reference = "\(CaseReference(random: Bytes16(high: 3, low: 4)))"
        #expect(headers["Subject"] == ["[stat] SIG-01 deputy, ownership, case \(reference)"])
        #expect(headers["Message-ID"] == ["<00ff.7@nidos.example>"] && headers["Auto-Submitted"] == ["auto-generated"])
        #expect(headers["moment"] == ["\(1_795_683_600 + 45 * 60)"])
        #expect(body.hasPrefix("Something is late. Tell: deputy desk, +31200000001\n"))
        #expect(body.contains("Number: 7\n") && body.contains("Due: 2026-"))
    }

    @Test func `no text of others begins a line, a header or a message of its own`() throws {
        let injection = "desk\r\nBcc: thief@example.org\n\nhello\u{85}there"
        let (headers, body) = try Self.read(
            try Self.mail(contact: injection, debtor: injection, id: "a\nBcc: thief@example.org\n\n"))
        #expect(headers["Bcc"] == nil && headers["To"] == ["duty@nidos.example"])
        #expect(headers["Subject"]?.count == 1)
        #expect(!body.split(separator: "\n").contains { $0.hasPrefix("Bcc") || $0 == "hello" }, "\(body)")
        #expect(EscalationMail.headerText("Z\u{FC}rich\tdesk\r\n\u{7F}~ ") == "Z?rich?desk???~ ")
    }

    @Test func `letters beyond ASCII stand in the body as they are`() throws {
        let (_, body) = try Self.read(try Self.mail(contact: "coördinator, +31…"))
        #expect(body.contains("coördinator, +31…"))
    }

    @Test(arguments: [
        "duty@agency.example", "a.b+c@x", "!#$%&'*+/=?^_`{|}~-@example.org",
    ])
    func `an address alone is one`(text: String) { #expect(EscalationMail.Address(text)?.text == text) }

    @Test(arguments: [
        "", "duty", "duty@", "@agency.example", "a@b@c", "Duty Desk <duty@agency.example>", "a b@c", "a@c\n",
        "a@c\nBcc: d@e",
        "\"quoted\"@c", "dutý@agency.example", "a..b@c", ".a@c", "a@c.", "a,b@c", "a@c\r", "a@[127.0.0.1]",
        String(repeating: "a", count: 250) + "@b.nl",
    ])
    func `anything else is no address`(text: String) { #expect(EscalationMail.Address(text) == nil) }

    @Test(
        arguments: [
            (0, "Thu, 1 Jan 1970 00:00:00 +0000"), (1_795_683_600_000, "Thu, 26 Nov 2026 09:00:00 +0000"),
            (-62_135_596_800_000, "Mon, 1 Jan 0001 00:00:00 +0000"),
        ] as [(Int64, String)])
    func `a date is that of RFC 5322`(milliseconds: Int64, text: String) {
        #expect(EscalationMail.date(Timestamp(milliseconds: milliseconds)) == text)
    }
}
