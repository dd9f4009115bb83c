package import ExchangeCatalogue
package import ExchangeCore

/// What the members of a community agreed beside who they are: rules of routing, terms of a case, clocks, when people work. It
/// stands in the signed directory, so that it is the same for all and has a version (`protocol.md` §14.1).
package struct Agreements: Equatable, Sendable {
    /// A clock that was agreed, and `none` where it was agreed that there is none.
    package enum Clock: Hashable, Sendable {
        case term(Term)
        case none
    }

    /// In their order: of two that apply the first counts.
    package var routing: [RoutingRule] = []
    /// Of what the letter leaves open, what was agreed; the rest is as ``CasePolicy`` has it.
    package var terms: [AgreedTerm: Int] = [:]
    package var clocks: [ClockKey: Clock] = [:]
    /// When people work, and by which local time days are told; `nil` where each node's own counts.
    package var calendar: WorkingCalendar?

    package init() {}

    /// By which terms cases are judged.
    package var casePolicy: CasePolicy {
        var policy = CasePolicy()
        for term in AgreedTerm.allCases {
            if let number = terms[term] { policy[keyPath: term.path] = number }
        }
        return policy
    }
}

/// A value of ``CasePolicy`` by its name in the directory.
package enum AgreedTerm: String, CaseIterable, Hashable, Sendable {
    case firstHearingMonths, restPeriodDays, residenceClarityMonths, stayFromMonths, stayToMonths, objectionWorkingDays
    case majorityYears

    var path: WritableKeyPath<CasePolicy, Int> {
        switch self {
        case .firstHearingMonths: \.firstHearingMonths
        case .restPeriodDays: \.restPeriodDays
        case .residenceClarityMonths: \.residenceClarityMonths
        case .stayFromMonths: \.stayFromMonths
        case .stayToMonths: \.stayToMonths
        case .objectionWorkingDays: \.objectionWorkingDays
        case .majorityYears: \.majorityYears
        }
    }

    /// Whatever lies beyond is a slip, and no agreement.
    var range: ClosedRange<Int64> {
        switch self {
        case .firstHearingMonths: 0...24
        case .restPeriodDays: 1...365
        case .residenceClarityMonths: 1...60
        case .stayFromMonths, .stayToMonths: 0...60
        case .objectionWorkingDays: 1...30
        case .majorityYears: 16...25
        }
    }
}

/// One clock of one priority, by its name in the directory and in `clocks:` of a node's configuration, such as
/// `statOwnership`.
package struct ClockKey: Hashable, Sendable, CaseIterable {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case receipt = "Receipt"
        case receiptAlarm = "ReceiptAlarm"
        case ownership = "Ownership"
        case outcome = "Outcome"
        case deputy = "Deputy"
        case management = "Management"
    }

    package let priority: Priority
    package let kind: Kind

    package init(priority: Priority, kind: Kind) {
        self.priority = priority
        self.kind = kind
    }

    /// The most pressing first.
    package static let allCases: [ClockKey] = Priority.allCases.reversed().flatMap { priority in
        Kind.allCases.map { ClockKey(priority: priority, kind: $0) }
    }

    package var text: String { priority.rawValue + kind.rawValue }
}

extension EscalationPolicy {
    /// The term of one clock. Each but that of L3 has one: where `nil` is set for it, it stays as it is.
    subscript(key: ClockKey) -> Term? {
        get {
            let clocks = self[key.priority]
            return switch key.kind {
            case .receipt: clocks.receipt
            case .receiptAlarm: clocks.receiptAlarm
            case .ownership: clocks.ownership
            case .outcome: clocks.outcome
            case .deputy: clocks.deputy
            case .management: clocks.management
            }
        }
        set {
            var clocks = self[key.priority]
            switch key.kind {
            case .receipt: clocks.receipt = newValue ?? clocks.receipt
            case .receiptAlarm: clocks.receiptAlarm = newValue ?? clocks.receiptAlarm
            case .ownership: clocks.ownership = newValue ?? clocks.ownership
            case .outcome: clocks.outcome = newValue
            case .deputy: clocks.deputy = newValue ?? clocks.deputy
            case .management: clocks.management = newValue ?? clocks.management
            }
            switch key.priority {
            case .stat: stat = clocks
            case .asap: asap = clocks
            case .urgent: urgent = clocks
            case .routine: routine = clocks
            }
        }
    }
}

extension Term {
    /// As ``init(_:)`` reads it, in the largest unit that is whole.
    var text: String {
        switch self {
        case .workingDays(let count): "\(count)wd"
        case .sooner(let one, let other): "\(one.text) or \(other.text), whichever is sooner"
        case .elapsed(let span) where span.count % 3_600_000 == 0: "\(span.count / 3_600_000)h"
        case .elapsed(let span) where span.count % 60_000 == 0: "\(span.count / 60_000)m"
        case .elapsed(let span): "\(span.count / 1000)s"
        }
    }
}
