import ExchangeCatalogue
import ExchangeCore
import OrderedCollections

/// What `check` prints: one line a finding, as it comes.
package struct CheckConsole: Sendable {
    private let folder: NodeFolder
    private let printsJSON: Bool

    package init(folder: NodeFolder, printsJSON: Bool) {
        self.folder = folder
        self.printsJSON = printsJSON
    }

    /// - Parameter probeSeconds: how long each partner has for its receipt; `nil` for no probes.
    /// - Throws: ``NodeError`` `check-found-faults` where something of this node or machine is wrong, otherwise
    ///   `partner-unreachable` where only a partner did not answer; after everything was printed.
    package func run(probeSeconds: Int64?) async throws {
        let configuration = try await NodeConfiguration.load(from: folder)
        var wrong: [Finding] = []
        var warnings = 0
        await NodeCheck(folder, configuration).run(probeSeconds: probeSeconds) { finding in
            switch finding.grade {
            case .ok: break
            case .warning: warnings += 1
            case .wrong: wrong.append(finding)
            }
            show(finding)
        }
        let own = wrong.filter { $0.partner == nil }
        guard own.isEmpty else {
            throw NodeError(
                .checkFoundFaults,
                "\(OrderedSet(own.map(\.item)).joined(separator: ", ")): WRONG at this node or machine, as the lines above say"
            )
        }
        guard wrong.isEmpty else {
            let partners = OrderedSet(wrong.compactMap { $0.partner?.text }).joined(separator: ", ")
            throw NodeError(
                .partnerUnreachable,
                "this node is in order, and with \(partners) something is WRONG, as the lines above say")
        }
        guard !printsJSON else { return }
        print(warnings == 0 ? "Everything is in order." : "Nothing is wrong; \(warnings) to be looked at.")
    }

    private func show(_ finding: Finding) {
        guard !printsJSON else { return ConsoleLine.print(finding.json) }
        let grade = finding.grade == .wrong ? "WRONG" : finding.grade.rawValue
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        print((padded(grade, 9) + padded(finding.item, 23) + finding.text).escapingControls())
    }
}
