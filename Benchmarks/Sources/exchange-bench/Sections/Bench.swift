import ExchangeTesting
import Foundation

/// Measures section after section.
struct Bench: Sendable {
    /// Who sends: of those that may send a signal notice, one that may send it to all three roles that get it.
    static let senderRole = "health"
    static let recipientRoles = ["guardian", "police", "immigration"]

    let plan: Plan
    let notices: Notices

    func run(_ sections: [Section]) async throws -> Report {
        var report = Report(machine: Machine(), notices: notices.source, isQuick: plan.isQuick)
        tell(report.machine.description)
        for section in Section.allCases where sections.contains(section) {
            try Task.checkCancellation()
            switch section {
            case .exchange: try await measureExchange(into: &report, "exchange", usesRSA: false)
            case .rsa: try await measureExchange(into: &report, "rsa", usesRSA: true)
            case .fanout: try await measureFanOut(into: &report)
            case .queue: try await measureQueue(into: &report)
            }
        }
        return report
    }

    func say(_ words: String) { tell("\(words) …") }

    /// Roles of a sender and its recipients, each role in its turn.
    static func roles(recipients count: Int) -> [String] {
        [senderRole] + (0..<count).map { recipientRoles[$0 % recipientRoles.count] }
    }
}

extension Plan {
    var isQuick: Bool { queued < Plan.full.queued }
}
