import ExchangeCore

/// The audit log of a disk is the one of before, and more.
package struct AuditOnlyGrows: Checker {
    package static let name = "the audit log only grows"
    package init() {}

    package func objections(to history: History) -> [String] {
        let marks = history.auditMarks.compactMap { mark -> String? in
            // A store that is put back has another log from there on.
            guard let end = history.end(of: mark.seat), !history.hasLost(mark.seat) else { return nil }
            let isThere = end.audit.count >= mark.leaves && mark.leaves > 0 && end.audit[mark.leaves - 1] == mark.head
            return isThere ? nil : "n\(mark.seat) has another leaf \(mark.leaves) than it had"
        }
        let broken = history.ends.enumerated().compactMap { seat, end in
            end?.isAuditIntact == false ? "the chain of n\(seat) is broken" : nil
        }
        return marks + broken
    }
}

/// No alarm says of an honest node that it lost, copied or contradicted itself: people would act on it.
///
/// But for a node whose own clock was set: it tells a tally that was overtaken from one of a copy by how long ago the next
/// incarnation was first seen, and knows no other clock that outlives it (`IncarnationHistory.judge`).
package struct NobodyIsAccused: Checker {
    package static let name = "nobody is accused without a cause"
    package init() {}

    private static let accusations: Set<AlarmCode> = [
        .partnerRolledBack, .partnerCloned, .partnerHistoryUnproven, .talliesDiffer, .numberConflict,
        .messageIDConflict, .receiptInvalid, .signerNotTrusted, .acknowledgementMismatch,
        .messagesDiffer,
    ]

    package func objections(to history: History) -> [String] {
        history.ends.enumerated().flatMap { seat, end in
            (end?.alarms ?? []).compactMap { alarm -> String? in
                if alarm.code == .partnerCloned, history.seatsWithSetClocks.contains(seat) { return nil }
                guard Self.accusations.contains(alarm.code), let partner = alarm.partner,
                    history.end(of: partner) != nil, !history.isInDoubt(partner), !history.isInDoubt(seat)
                else { return nil }
                return "n\(seat) says \(alarm.code.rawValue) of n\(partner)"
            }
        }
    }
}

/// What is owed has a clock on the disk at every moment, whatever ended the node; what is late was told, each step once, and
/// is an alarm until it is there.
package struct NothingOwedIsForgotten: Checker {
    package static let name = "what is owed is never forgotten, and told when it is late"
    package init() {}

    package func objections(to history: History) -> [String] {
        let atStarts = history.unwatchedAtStarts.sorted { $0.key < $1.key }.flatMap { seat, owed in
            owed.map { "\($0.words(at: seat, message: "\($0.message)")) had no clock when the node began" }
        }
        let atEnds = history.ends.enumerated().flatMap { seat, end in
            (end?.owed ?? []).compactMap { owed in
                owed.objection.map { "\(owed.words(at: seat, message: "\(owed.message)")) \($0)" }
            } + (end?.idleAlarms ?? []).map { "n\(seat) has an alarm of \($0), on which nothing is owed" }
        }
        return atStarts + atEnds
    }
}

/// When faults have ended, and the bound of time is over, nothing is left to be done between those that were healed.
package struct EverythingSettles: Checker {
    package static let name = "everything settles in time"
    package init() {}

    package func objections(to history: History) -> [String] { history.unsettled }
}
