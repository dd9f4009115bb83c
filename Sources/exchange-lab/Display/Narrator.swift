import ExchangeCore
import ExchangeTesting

/// Tells what happens as it happens: one line an event, and in the last line of a terminal where things stand.
actor Narrator {
    private let terminal: Terminal
    private let palette: Palette
    private let policy: AnswerPolicy
    /// Whose node is away, in the order of the cast.
    private var away: [Cast: String] = [:]
    /// Which line is cut, in words; empty where none is.
    private var parted = ""

    init(_ terminal: Terminal, policy: AnswerPolicy) {
        self.terminal = terminal
        palette = terminal.palette
        self.policy = policy
    }

    func open(_ act: Act) async {
        await terminal.line()
        await terminal.line(palette(act.title, .bold))
    }

    func note(_ text: String) async { await terminal.event(text) }

    func sent(_ message: ScriptedMessage, number: Int, to recipients: [Cast]) async {
        await terminal.event(
            "\(name(message, number)) \(message.sender.name) → \(recipients.names)   "
                + palette(message.label.replacing("-", with: " "), .dim))
    }

    func tell(_ progress: Board.Progress) async {
        let name = name(progress.entry.message, progress.number)
        func line(_ cast: [Cast], _ what: String, _ style: Style) async {
            guard !cast.isEmpty else { return }
            await terminal.event("\(name)   \(palette(what, style)) \(cast.names)")
        }
        await line(progress.told, "told", .green)
        let untold = progress.entry.untold
        if !progress.told.isEmpty, !untold.isEmpty {
            await terminal.event("\(name)   \(palette("not told yet:", .yellow)) \(untold.names)")
        }
        // Who concludes at once has owned it too; one line says enough.
        await line(progress.owned.filter { !progress.concluded.contains($0) }, "owned by", .blue)
        for cast in progress.declined {
            let refusal = policy.declined.first { $0.by == cast && $0.label == progress.entry.message.label }
            await line([cast], "declined by", .yellow)
            if let refusal { await terminal.event("\(name)     “\(refusal.reason)”") }
        }
        await line(progress.concluded, "concluded by", .blue)
    }

    // MARK: Outages

    func lose(_ cast: Cast, because reason: String) async {
        away[cast] = reason
        await terminal.event(palette("✗ \(cast.name)'s node: \(reason)", .red))
    }

    func regain(_ cast: Cast, _ what: String) async {
        away[cast] = nil
        await terminal.event(palette("✓ \(cast.name)'s node \(what)", .green))
    }

    func partLine(_ one: Cast, _ other: Cast) async {
        parted = "the line \(one.name) – \(other.name) is cut"
        await terminal.event(
            palette("✗ the line between \(one.name) and \(other.name) is cut; both reach everybody else", .red))
    }

    func healLine(_ one: Cast, _ other: Cast) async {
        parted = ""
        await terminal.event(palette("✓ the line between \(one.name) and \(other.name) is there again", .green))
    }

    // MARK: Lateness and refusals

    /// Tells which steps of its ladder a node has taken, in the words of its alarm.
    func climb(_ entry: Board.Entry, at cast: Cast, _ steps: [EscalationStep], _ words: String) async {
        let names = steps.map(\.rawValue).joined(separator: ", ")
        await terminal.event(palette("▲ \(cast.name)'s node, \(names)", .yellow) + ": \(entry.message.type): \(words)")
    }

    func refused(_ message: ScriptedMessage, _ reason: String) async {
        await terminal.event(
            palette("✗ \(message.sender.name)'s node refuses \(message.type), and nothing is sent", .yellow))
        await terminal.event("    “\(reason)”")
    }

    func draw(_ entries: [Board.Entry]) async {
        await terminal.line()
        for line in Matrix(entries: entries, palette: palette).lines { await terminal.line(line) }
        await terminal.line()
    }

    func show(_ text: String, as command: String) async {
        await terminal.line()
        await terminal.line(palette("$ " + command, .dim))
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) { await terminal.line(String(line)) }
    }

    func explain(_ entry: Board.Entry, _ recipient: Cast, _ delivery: DeliveryRow, problem: String) async {
        let attempts = delivery.attempts == 1 ? "1 attempt" : "\(delivery.attempts) attempts"
        let reason = delivery.detail.isEmpty ? problem : delivery.detail
        await terminal.event(
            palette("… \(recipient.name) has not been told of \(entry.message.type)", .yellow)
                + " from \(entry.message.sender.name): kept and sent again, \(attempts) so far; "
                + (reason.isEmpty ? "no answer yet" : Self.shortened(reason)))
    }

    // MARK: Where things stand

    func showStatus(of entries: [Board.Entry]) async {
        let deliveries = entries.flatMap { entry in Cast.allCases.compactMap { entry.delivery(to: $0) } }
        let told = deliveries.count(where: \.isReceipted)
        let done = deliveries.count(where: \.isFollowedUp)
        let owned = deliveries.count { $0.followUp == .owned }
        let away = Cast.allCases.filter { self.away[$0] != nil }
        await terminal.show(
            status: "  told \(told) of \(deliveries.count), in hand \(owned), done \(done)"
                + (away.isEmpty ? "" : "; away: \(away.names)") + (parted.isEmpty ? "" : "; " + parted))
    }

    private func name(_ message: ScriptedMessage, _ number: Int) -> String {
        TextColumn.right("\(number)", 2) + " " + message.type
    }

    private static func shortened(_ text: String) -> String {
        text.count <= 110 ? text : text.prefix(109) + "…"
    }
}
