/// Judges the history of a run by one rule, from outside: it knows nothing of how a node works.
package protocol Checker: Sendable {
    /// What must hold, in a few words.
    static var name: String { get }

    init()

    /// Where it does not hold, in words.
    func objections(to history: History) -> [String]
}

/// A rule that a run broke.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    package let rule: String
    package let objection: String

    package init(rule: String, objection: String) {
        self.rule = rule
        self.objection = objection
    }

    package var description: String { "\(rule): \(objection)" }
}

package enum Checkers {
    package static let all: [any Checker.Type] = [
        NothingAcceptedIsLost.self, OneMessageOfASubmission.self, NumbersAreKept.self, ReceiptsAfterTheDisk.self,
        OnlyTheManifested.self, ProofsHold.self, HandOverQueue.self, OrderOfACase.self, ListsWithoutHoles.self,
        TalliesTellTheTruth.self, ClonesAreAlarmed.self,
        TwinsAreAlarmed.self, DivergencesAreFound.self, NobodyIsDelayed.self, NobodyIsAccused.self,
        NothingOwedIsForgotten.self, AuditOnlyGrows.self, EverythingSettles.self,
    ]

    package static func violations(of history: History) -> [Violation] {
        all.flatMap { checker in
            checker.init().objections(to: history).map { Violation(rule: checker.name, objection: $0) }
        }
    }
}
