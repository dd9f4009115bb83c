import ExchangeCore
import Foundation
import SignalExchange

/// Verifies evidence with nothing of ours: the `openssl` command, the authorities' certificates and the parties'.
///
/// Messages and receipts hold no certificates, so that those of sender and recipient are given beside them. Only the
/// recipient's certificate is offered for a receipt: one by somebody else does not verify.
package struct CommandLineVerification: Sendable {
    /// The authorities' certificates in one file.
    private let chain: URL
    private let certificates: [OIN: URL]

    package init(community: ExampleCommunity) {
        chain = community.pki.chain
        certificates = Dictionary(
            uniqueKeysWithValues: community.nodes.map {
                ($0.member.oin, URL(filePath: $0.folder.certificate(.signing)))
            })
    }

    /// The arguments of `openssl` that verify a message's signature.
    package func arguments(forMessageOf evidence: ReceiptEvidence) -> [String] {
        [
            "cms", "-verify", "-binary", "-inform", "DER", "-in", evidence.signedMessage.path, "-CAfile", chain.path,
            "-certfile", path(of: evidence.sender), "-out", "/dev/null",
        ]
    }

    /// The arguments of `openssl` that verify a recipient's receipt for it.
    package func arguments(forReceiptOf evidence: ReceiptEvidence) -> [String] {
        [
            "cms", "-verify_receipt", evidence.receipt.path, "-rctform", "DER", "-inform", "DER", "-in",
            evidence.signedMessage.path, "-CAfile", chain.path, "-certfile", path(of: evidence.recipient),
        ]
    }

    /// - Returns: what `openssl` says against it; `nil` where message and receipt verify.
    package func objection(to evidence: ReceiptEvidence) async throws -> String? {
        if let objection = try await objection(toMessageOf: evidence) { return objection }
        return try await objection(toReceiptOf: evidence)
    }

    /// - Returns: what `openssl` says against the message's signature; `nil` where it verifies.
    package func objection(toMessageOf evidence: ReceiptEvidence) async throws -> String? {
        try await objection(to: arguments(forMessageOf: evidence))
    }

    /// - Returns: what `openssl` says against the receipt for the message; `nil` where it verifies.
    package func objection(toReceiptOf evidence: ReceiptEvidence) async throws -> String? {
        try await objection(to: arguments(forReceiptOf: evidence))
    }

    private func objection(to arguments: [String]) async throws -> String? {
        let command = try await Command.run("openssl", arguments)
        return command.succeeded ? nil : "openssl \(arguments.joined(separator: " ")) \(command.end): \(command.said)"
    }

    private func path(of organisation: OIN) -> String {
        guard let certificate = certificates[organisation] else {
            preconditionFailure("evidence is of members of the community")
        }
        return certificate.path
    }
}
