import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

/// The clocks, the calendar and the roster as an operator writes them.
@Suite struct EscalationConfigurationTests {
    private func load(_ sections: String) async throws -> EscalationSettings { try await whole(sections).escalation }

    private func whole(_ sections: String) async throws -> NodeConfiguration {
        let place = FileManager.default.temporaryDirectory.appending(path: "clocks-\(UUID())")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place) }
        let folder = NodeFolder(place.path)
        let text = "organisation:\n  oin: \"00000099000000001000\"\n" + sections
        try NodeFolder.write(Array(text.utf8), to: folder.configuration)
        return try await NodeConfiguration.load(from: folder)
    }

    @Test func `the command, its arguments, the steps and the mail are read`() async throws {
        #expect(try await whole("").escalationOutlets == EscalationOutletSettings())
        let settings = try await whole(
            """
            limits:
              escalationRunSeconds: 7
            escalation:
              command: /usr/local/sbin/page
              arguments: --queue  night
              steps: deputy, duty-officer
              mail:
                from: node@agency.example
                to: a@agency.example,b@agency.example
            """)
        #expect(settings.limits.escalationRunMaximum == .seconds(7))
        let outlets = settings.escalationOutlets
        #expect(outlets.command == LocalProgram(path: "/usr/local/sbin/page", arguments: ["--queue", "night"]))
        #expect(outlets.steps == [.deputy, .dutyOfficer])
        #expect(outlets.mail?.program == LocalProgram(path: "/usr/sbin/sendmail", arguments: ["-t", "-i"]))
        #expect(outlets.mail?.recipients.map(\.text) == ["a@agency.example", "b@agency.example"])
    }

    @Test(arguments: [
        ("escalation:\n  command: \"\"", "escalation.command"),
        ("escalation:\n  arguments: -x", "escalation.arguments"),
        ("escalation:\n  command: /x\n  arguments: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "escalation.arguments"),
        ("escalation:\n  steps: deputies", "escalation.steps"), ("escalation:\n  steps: \"\"", "escalation.steps"),
        ("escalation:\n  mail:\n    to: a@b.example", "escalation.mail.from"),
        ("escalation:\n  mail:\n    from: a@b.example", "escalation.mail.to"),
        ("escalation:\n  mail:\n    from: a@b.example\n    to: \"c@d.example, e\"", "escalation.mail.to"),
        ("escalation:\n  mail:\n    from: \"a@b.example\\nBcc: c@d\"\n    to: c@d.example", "escalation.mail.from"),
        ("escalation:\n  mail:\n    form: a@b.example", "escalation.mail.form"),
        ("escalation:\n  mails:\n    from: a@b.example", "escalation.mails"),
        ("limits:\n  escalationRunSeconds: 0", "limits.escalationRunSeconds"),
    ])
    func `an outlet that is not right is refused by the name of its key`(sections: String, key: String) async throws {
        let error = try await #require(throws: NodeError.self) { _ = try await whole(sections) }
        #expect(error.code == .configurationInvalid && error.message.contains("`\(key)`"), "\(error)")
    }

    @Test func `what is left out is as the documents say`() async throws {
        let settings = try await load("")
        #expect(settings.policy == EscalationPolicy() && settings.roster.isEmpty)
        #expect(settings.policy.stat.ownership == .elapsed(.minutes(30)))
        #expect(settings.policy.routine.outcome == nil)
    }

    @Test func `spans, working days, holidays and the roster are read`() async throws {
        let settings = try await load(
            """
            clocks:
              statOwnership: 90s
              urgentOutcome: 2wd
              asapOutcome: none
              routineManagement: 4h
            calendar:
              opens: "08:30"
              closes: "18:00"
              holidays: "2026-12-25, 2027-01-01"
              minutesEast: 0
              summerTime: false
            roster:
              deputy: deputy of the duty desk, +31200000001
            """)
        #expect(settings.policy.stat.ownership == .elapsed(.seconds(90)))
        #expect(settings.policy.urgent.outcome == .workingDays(2) && settings.policy.asap.outcome == nil)
        #expect(settings.policy.routine.management == .elapsed(.hours(4)))
        let calendar = settings.policy.calendar
        #expect(calendar.opensAtMinute == 510 && calendar.closesAtMinute == 1080 && calendar.holidays.count == 2)
        #expect(calendar.standardMinutesEast == 0 && !calendar.hasSummerTime)
        #expect(settings.roster == [.deputy: "deputy of the duty desk, +31200000001"])
    }

    @Test func `a node is as strict as what was agreed or stricter, and never laxer`() async throws {
        let settings = try await load(
            "clocks:\n  statOwnership: 10m\n  asapOwnership: 9h\n  urgentOwnership: 30h\n  routineOutcome: none\n")
        var agreed = Agreements()
        func agree(_ priority: Priority, _ kind: ClockKey.Kind, _ clock: Agreements.Clock) {
            agreed.clocks[ClockKey(priority: priority, kind: kind)] = clock
        }
        agree(.stat, .ownership, .term(.elapsed(.minutes(20))))
        agree(.asap, .ownership, .term(.elapsed(.hours(6))))
        agree(.urgent, .ownership, .term(.workingDays(1)))
        agree(.routine, .outcome, .term(.workingDays(5)))
        agree(.stat, .deputy, .term(.elapsed(.minutes(7))))
        agree(.urgent, .outcome, Agreements.Clock.none)
        let policy = settings.policy(under: agreed)
        let monday = try #require(Timestamp("2026-11-23T10:00:00.000Z"))
        func end(_ term: Term?, after moment: Timestamp) -> Milliseconds? {
            term.map { $0.end(after: moment, WorkingCalendar()) - moment }
        }
        #expect(end(policy.stat.ownership, after: monday) == .minutes(10))
        #expect(end(policy.asap.ownership, after: monday) == .hours(6))
        // A working day is shorter than 30 hours on a Monday, and longer on a Friday.
        #expect(end(policy.urgent.ownership, after: monday) == .hours(24))
        #expect(end(policy.urgent.ownership, after: monday + .hours(96)) == .hours(30))
        // That the node waits for no outcome ends no agreement, and what only the agreement says is in force.
        #expect(policy.routine.outcome == .workingDays(5) && policy.stat.deputy == .elapsed(.minutes(7)))
        #expect(policy.urgent.outcome == nil)
        // What nobody agreed is as the operator has it, or the default.
        #expect(policy.stat.receipt == settings.policy.stat.receipt)
        #expect(settings.policy(under: Agreements()) == settings.policy)
    }

    @Test func `a calendar that was agreed takes the place of the operator's as a whole`() async throws {
        let settings = try await load("calendar:\n  closes: \"21:00\"\n  holidays: \"2026-12-24\"\n")
        var agreed = Agreements()
        #expect(settings.policy(under: agreed).calendar == settings.policy.calendar)
        var calendar = WorkingCalendar()
        calendar.opensAtMinute = 8 * 60
        agreed.calendar = calendar
        #expect(settings.policy(under: agreed).calendar == calendar)
    }

    @Test(arguments: [
        ("clocks:\n  statOwnership: 30", "clocks.statOwnership"), ("clocks:\n  statReceipt: 0m", "clocks.statReceipt"),
        ("clocks:\n  statDeputy: none", "clocks.statDeputy"), ("clocks:\n  asapOutcome: 1d", "clocks.asapOutcome"),
        ("clocks:\n  statOwner: 5m", "clocks.statOwner"), ("calendar:\n  opens: \"9\"", "calendar.opens"),
        ("calendar:\n  closes: \"08:00\"", "calendar.closes"), ("calendar:\n  opens: \"02:00\"", "calendar.opens"),
        ("calendar:\n  holidays: 2026-02-30", "calendar.holidays"),
        ("calendar:\n  minutesEast: 900", "calendar.minutesEast"),
        ("calendar:\n  summerTime: perhaps", "calendar.summerTime"), ("roster:\n  deputy: \"\"", "roster.deputy"),
    ])
    func `a slip is told by its key, and no default takes its place`(sections: String, key: String) async throws {
        let error = await #expect(throws: NodeError.self) { _ = try await load(sections) }
        #expect(
            error?.code == .configurationInvalid && error?.description.contains(key) == true,
            "\(String(describing: error))")
    }
}
