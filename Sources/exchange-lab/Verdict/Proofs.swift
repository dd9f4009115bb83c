import ExchangeCore
import ExchangeTesting
import Foundation

/// The evidence of all nodes, verified by the `openssl` command: what a court could do without us.
struct Proofs: Sendable {
    /// Verifications at once; the machine is not only ours.
    private static let concurrentCommands = 4

    let community: ExampleCommunity
    /// Where the evidence is written.
    let folder: URL

    struct Outcome: Sendable {
        var verified = 0
        var objections: [String] = []
        var elapsed = Milliseconds.zero
    }

    /// - Parameters:
    ///   - maximumItems: the newest deliveries of each node, where there are more.
    ///   - progress: called with how many of how many are verified.
    /// - Precondition: no node runs.
    func verify(
        maximumItems: Int = 100_000, progress: @escaping @Sendable (Int, Int) async -> Void
    ) async throws -> Outcome {
        var evidence: [ReceiptEvidence] = []
        for node in community.nodes {
            evidence += try await ReceiptEvidence.export(
                from: node.folder, to: folder.appending(path: node.member.slug), maximumItems: maximumItems)
        }
        let verification = CommandLineVerification(community: community)
        try writeInstructions(verification, evidence)
        var outcome = Outcome()
        try await withThrowingTaskGroup(of: String?.self) { group in
            var left = evidence[...]
            for item in left.prefix(Self.concurrentCommands) {
                group.addTask { try await verification.objection(to: item) }
            }
            left = left.dropFirst(Self.concurrentCommands)
            while let objection = try await group.next() {
                if let objection { outcome.objections.append(objection) } else { outcome.verified += 1 }
                await progress(outcome.verified + outcome.objections.count, evidence.count)
                if let item = left.popFirst() { group.addTask { try await verification.objection(to: item) } }
            }
        }
        return outcome
    }

    /// Tells who finds the folder later how to verify one receipt.
    private func writeInstructions(_ verification: CommandLineVerification, _ evidence: [ReceiptEvidence]) throws {
        guard let example = evidence.first else { return }
        let commands = [verification.arguments(forMessageOf: example), verification.arguments(forReceiptOf: example)]
            .map { "    openssl " + $0.joined(separator: " ").replacing(community.folder.path + "/", with: "") }
        let text = """
            Each folder holds one message as its sender signed it, and the receipts of its recipients. From the folder
            above this one, for example:

            \(commands.joined(separator: "\n"))

            Only a receipt that the intended recipient signed verifies: its certificate alone is offered.

            """
        try Data(text.utf8).write(to: folder.appending(path: "README.txt"))
    }
}
