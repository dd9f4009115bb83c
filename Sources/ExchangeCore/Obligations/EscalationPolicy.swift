/// Whom a node tells, one after the other, of what is late (domain brief 2.1).
public enum EscalationStep: String, CaseIterable, Hashable, Sendable, Comparable {
    /// Whoever is on duty at the recipient; and where something can be sent in the place of what others owe.
    case remind
    /// The recipient's deputy role.
    case deputy
    /// The recipient's management role.
    case management
    /// The sender's duty officer, who calls the recipient.
    case dutyOfficer = "duty-officer"

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// How long each acknowledgement may take, and when who is told that it is late. Partners agree on it; an operator sets it.
///
/// The clocks of L1 begin when the message was accepted; those of L2, L3 and what is expected in answer begin when the
/// recipient's node held it: at its receipt, as either side has it.
public struct EscalationPolicy: Hashable, Sendable {
    /// The clocks of one priority.
    public struct Clocks: Hashable, Sendable {
        /// L1 is late after this, and shown as that.
        public var receipt: Term
        /// The sender's duty officer is told then.
        public var receiptAlarm: Term
        public var ownership: Term
        /// `nil` where each message says itself.
        public var outcome: Term?
        /// After an L2, L3 or answer was due: the deputy role, then the management role; and the sender's duty officer with the
        /// second.
        public var deputy: Term
        public var management: Term

        public init(
            receipt: Term, receiptAlarm: Term, ownership: Term, outcome: Term?, deputy: Term, management: Term
        ) {
            self.receipt = receipt
            self.receiptAlarm = receiptAlarm
            self.ownership = ownership
            self.outcome = outcome
            self.deputy = deputy
            self.management = management
        }
    }

    public var stat = Clocks(
        receipt: .elapsed(.minutes(5)), receiptAlarm: .elapsed(.minutes(5)), ownership: .elapsed(.minutes(30)),
        outcome: .elapsed(.hours(4)), deputy: .elapsed(.minutes(15)), management: .elapsed(.minutes(30)))
    public var asap = Clocks(
        receipt: .elapsed(.minutes(15)), receiptAlarm: .elapsed(.hours(1)), ownership: .elapsed(.hours(4)),
        outcome: .workingDays(1), deputy: .elapsed(.hours(1)), management: .elapsed(.hours(2)))
    public var urgent = Clocks(
        receipt: .elapsed(.hours(1)), receiptAlarm: .elapsed(.hours(4)), ownership: .workingDays(1),
        outcome: .workingDays(3), deputy: .workingDays(1), management: .workingDays(2))
    public var routine = Clocks(
        receipt: .elapsed(.hours(1)), receiptAlarm: .workingDays(1), ownership: .workingDays(3), outcome: nil,
        deputy: .workingDays(1), management: .workingDays(2))

    public var calendar = WorkingCalendar()

    public init() {}

    public subscript(priority: Priority) -> Clocks {
        switch priority {
        case .stat: stat
        case .asap: asap
        case .urgent: urgent
        case .routine: routine
        }
    }

    /// No obligation is late by the clock of a priority before so long after its message was kept; a content may name a time
    /// that is sooner.
    package var shortest: Milliseconds {
        let spans = Priority.allCases.flatMap { priority in
            [self[priority].receipt, self[priority].receiptAlarm, self[priority].ownership, self[priority].outcome]
                .compactMap(\.self)
        }
        return spans.map(\.shortest).min() ?? .minutes(1)
    }
}
