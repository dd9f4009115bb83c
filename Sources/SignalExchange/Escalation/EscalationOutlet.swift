import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import Logging
import ServiceLifecycle

/// Runs a program for each entry of the feed of escalations, one at a time, until it ends with 0 (docs/obligations.md): the most
/// pressing first, and in a priority one of each sender, and of each organisation that owes something, in turn.
///
/// Each is a consumer of the node's own: what was not confirmed is run again after a crash, so that a program may be run for an
/// entry more than once, and never less.
struct EscalationOutlet: Service {
    /// One failure may be a moment's; after so many in a row people are told otherwise.
    private static let failuresBeforeAlarm = 3

    let reach: AgencyReach
    let settings: EscalationOutletSettings
    let program: LocalProgram
    /// The key of the configuration that names the program.
    let key: String
    /// What the program is given of an entry.
    ///
    /// - id: names the entry, the same for each attempt.
    let input: @Sendable (_ escalation: NumberedEscalation, _ id: String) throws -> [UInt8]
    private var context: NodeContext { reach.context }

    func run() async throws {
        var attempts = Attempts(at: context.now.monotonic)
        while !reach.isEnding {
            let seen = reach.seen
            do {
                let isIdle = try await runNext()
                attempts = Attempts(at: context.now.monotonic)
                if !isIdle { await reach.tell(nil) } else { await reach.waitForMore(beyond: seen) }
            } catch {
                guard !reach.isEnding else { break }
                attempts.fail(at: context.now.monotonic)
                if attempts.failures >= Self.failuresBeforeAlarm {
                    await reach.tell("\(error)")
                } else {
                    context.logger.warning(
                        "an escalation is not handed over yet", metadata: ["by": "\(reach.name)", "cause": "\(error)"])
                }
                await reach.wait(until: attempts.next)
            }
        }
    }

    /// One entry: what presses may have come meanwhile.
    ///
    /// - Returns: whether there was none.
    private func runNext() async throws -> Bool {
        let consumer = try await reach.consumer()
        let next = try await context.ledger.waitingEscalations(for: reach.name, maximumItems: 1).first
        guard let next else { return true }
        if settings.isWanted(next.entry) {
            try await hand(next, id: "\(consumer.key.bytes.hexadecimal).\(next.number)")
        }
        try await reach.confirm(next, takenBy: consumer)
        return false
    }

    private func hand(_ escalation: NumberedEscalation, id: String) async throws {
        // Again each time: what was right at the start may have been changed since.
        try program.demandOwn(key)
        let (bytes, limit, clock) = (try input(escalation, id), context.limits.escalationRunMaximum, context.clock)
        let end = try await cancelWhenGracefulShutdown { [program] in
            try await program.run(input: bytes, within: limit, clock: clock)
        }
        guard end.isSuccess else {
            context.logger.warning(
                "a program of the ladder failed",
                metadata: [
                    "by": "\(reach.name)", "number": "\(escalation.number)", "end": "\(end.text)",
                    "output": "\(end.output.escapingControls())",
                ])
            throw NodeError(
                .programFailed,
                "\(program.path) \(end.text); the log has what it wrote. It has to exit with 0 once it has told somebody. The "
                    + "node tries again")
        }
        context.logger.info(
            "an escalation was handed over", metadata: ["by": "\(reach.name)", "number": "\(escalation.number)"])
    }
}

extension EscalationOutlet {
    /// Sets up the outlets of the configuration, as consumers in the store. What is set up no more is forgotten: set up again, it
    /// begins with what is taken then, and calls nobody for what is long over.
    ///
    /// - Throws: ``NodeError`` `configuration-invalid`, `StoreError`.
    static func setUp(
        _ settings: EscalationOutletSettings, context: NodeContext, consumers: ConsumerViews, alarm: AgencyAlarm
    ) async throws -> [EscalationOutlet] {
        func reach(_ name: ConsumerName) -> AgencyReach {
            AgencyReach(context: context, consumers: consumers, alarm: alarm, name: name, feed: .escalations)
        }
        var outlets: [EscalationOutlet] = []
        if let command = settings.command {
            outlets.append(
                EscalationOutlet(
                    reach: reach(.escalationCommand), settings: settings, program: command, key: "escalation.command"
                ) { escalation, _ in
                    let document = EscalationRendering.document(escalation, directory: context.community.directory)
                    return try JSONWriter.write(document, limits: .localAnswer) + Array("\n".utf8)
                })
        }
        if let mail = settings.mail {
            outlets.append(
                EscalationOutlet(
                    reach: reach(.escalationMail), settings: settings, program: mail.program,
                    key: "escalation.mail.sendmail"
                ) { escalation, id in
                    let debtor = escalation.entry.debtor
                    let member = debtor.flatMap { context.community.directory.member($0) }
                    let contact = member.map { "\($0.name), \($0.dutyContact.name), \($0.dutyContact.phone)" }
                    return EscalationMail(
                        from: mail.sender, to: mail.recipients, escalation, id: id,
                        debtor: contact ?? debtor?.text ?? "this organisation"
                    ).bytes
                })
        }
        for outlet in outlets { try outlet.program.demandOwn(outlet.key) }
        for name in [ConsumerName.escalationCommand, .escalationMail]
        where !outlets.contains(where: { $0.reach.name == name }) {
            _ = try await context.ledger.removeConsumer(name, by: .node, at: context.now.wall)
        }
        // Before anything is looked at: what is late at the start of a node is a step for them, too.
        for outlet in outlets { _ = try await outlet.reach.consumer() }
        return outlets
    }
}
