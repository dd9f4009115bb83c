package import ExchangeCore
package import ExchangeStore

/// A message of one entry of the ladder, as a local MTA takes it on standard input (RFC 5322). Lines end with a line feed alone,
/// as on the command line of sendmail.
///
/// It bears ids, codes, roles and times, and nothing of the content of the message that it is about.
package struct EscalationMail: Hashable, Sendable {
    /// An address (RFC 5322 §3.4.1, `dot-atom@dot-atom`), in ASCII.
    package struct Address: Hashable, Sendable {
        package static let maximumBytes = 254
        package let text: String

        /// Returns `nil` for anything else: also for a name beside the address, a quoted one, and one beyond ASCII.
        package init?(_ text: String) {
            let atom = /[A-Za-z0-9!#$%&'*+\/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+\/=?^_`{|}~-]+)*/
            let parts = text.split(separator: "@", omittingEmptySubsequences: false)
            guard text.utf8.count <= Self.maximumBytes, parts.count == 2,
                parts.allSatisfy({ $0.wholeMatch(of: atom) != nil })
            else { return nil }
            self.text = text
        }

        var domain: Substring { text.split(separator: "@").last ?? "" }
    }

    /// Of ``CalendarDate/weekday``, which begins with 1.
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    package let sender: Address
    package let recipients: [Address]
    package let escalation: NumberedEscalation
    /// Of the entry: the same each time that it is handed over.
    package let id: String
    /// The debtor's name and telephone by the directory, where that is another organisation.
    package let debtor: String

    package init(
        from sender: Address, to recipients: [Address], _ escalation: NumberedEscalation, id: String, debtor: String
    ) {
        self.sender = sender
        self.recipients = recipients
        self.escalation = escalation
        self.id = id
        self.debtor = debtor
    }

    package var bytes: [UInt8] {
        let headers = [
            ("From", sender.text), ("To", recipients.map(\.text).joined(separator: ", ")), ("Subject", subject),
            ("Date", Self.date(escalation.entry.at)), ("Message-ID", "<\(id)@\(sender.domain)>"),
            // No machine answers it (RFC 3834 §5).
            ("Auto-Submitted", "auto-generated"), ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "8bit"),
        ]
        let head = headers.map { "\($0): \(Self.headerText($1))\n" }.joined()
        return Array((head + "\n" + lines.map { $0.withoutControlCharacters + "\n" }.joined()).utf8)
    }

    private var subject: String {
        let (message, kind) = (escalation.message, escalation.entry.kind)
        let what = kind.subject.map { ", \($0.text)" } ?? ""
        return "[\(message.priority.rawValue)] \(message.type.code) \(kind.text)\(what), case \(message.caseReference)"
    }

    private var lines: [String] {
        let (message, entry) = (escalation.message, escalation.entry)
        let headline =
            switch entry.kind {
            case .step: "Something is late. Tell: \(entry.contact)"
            case .ended: "It is over: what was late is there. Who was told: \(entry.contact)"
            case .toldByTelephone:
                "Told by telephone: \(entry.contact). It stays open until their system acknowledges it."
            }
        let times = [("Since", entry.since), ("Due", entry.dueAt), ("Taken", entry.at)].compactMap { name, time in
            time.map { "\(name): \($0)" }
        }
        return [headline, "", "Step: \(entry.kind.text)"]
            + (entry.told.isEmpty ? [] : ["Before it: \(entry.told.map(\.rawValue).joined(separator: ", "))"])
            + [
                "Owed: \(entry.kind.subject?.text ?? "-")", "By: \(debtor)", "Message: \(message.id)",
                "Type: \(message.type.code)", "Priority: \(message.priority.rawValue)",
                "Case: \(message.caseReference)",
            ] + times
            + [
                "Number: \(escalation.number)", "", "Look: exchange-node case show \(message.caseReference)",
                "The same number again is the same entry, handed over twice.",
            ]
    }

    /// What a header may have: printable ASCII and spaces (RFC 5322 §2.2). In the place of all else stands a question mark, so
    /// that nothing begins a line of its own.
    package static func headerText(_ text: String) -> String {
        String(
            decoding: text.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? UInt8($0.value) : 0x3F },
            as: UTF8.self)
    }

    /// RFC 5322 §3.3, in UTC.
    package static func date(_ time: Timestamp) -> String {
        let (day, parts) = (CalendarDate(time), time.description.split(separator: "T"))
        let year = day.description.prefix { $0 != "-" }
        return "\(days[day.weekday - 1]), \(day.day) \(months[day.month - 1]) \(year) \(parts[1].prefix(8)) +0000"
    }
}
