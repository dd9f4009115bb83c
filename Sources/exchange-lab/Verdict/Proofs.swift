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
        // A message's own signature is verified once, and then its receipts.
        let messages = Dictionary(grouping: evidence, by: \.signedMessage).values
        try await withThrowingTaskGroup(of: (receipts: Int, objections: [String]).self) { group in
            var left = Array(messages)[...]
            func verifyNext() {
                guard let receipts = left.popFirst() else { return }
                group.addTask { (receipts.count, try await Self.objections(to: receipts, verification)) }
            }
            for _ in 0..<Self.concurrentCommands { verifyNext() }
            while let found = try await group.next() {
                outcome.objections += found.objections
                outcome.verified += found.receipts - found.objections.count
                await progress(outcome.verified + outcome.objections.count, evidence.count)
                verifyNext()
            }
        }
        return outcome
    }

    /// - Parameter receipts: of one message.
    private static func objections(
        to receipts: [ReceiptEvidence], _ verification: CommandLineVerification
    ) async throws -> [String] {
        guard let message = receipts.first else { return [] }
        if let objection = try await verification.objection(toMessageOf: message) {
            // None of them proves anything then.
            return Array(repeating: objection, count: receipts.count)
        }
        var objections: [String] = []
        for receipt in receipts {
            if let objection = try await verification.objection(toReceiptOf: receipt) { objections.append(objection) }
        }
        return objections
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
