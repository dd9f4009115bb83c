import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import Foundation
import Logging
import SignalExchange
import Testing

extension Nodes {
    /// Who learns what: a partner on the wire, and a thief of the disk.
    @Suite(.community()) struct ConfidentialityTests {
        @Test func `a partner's envelope shows no other recipient`() async throws {
            let community = try #require(Stage.community)
            let avim = community[slug: "avim"]
            try await withNode(avim) { context in
                let id = try await Submitting(context).submit(
                    JSONWriter.write(.object(ExampleSignal.submission(to: [.guardian, .immigration]))), key: nil,
                    by: .node
                ).messageID
                let stored = try #require(await context.ledger.message(id))
                #expect(try UnverifiedEnvelope(stored.envelope, at: .store).recipientKeyIdentifiers.count == 2)
                for slug in ["nidos", "ind"] {
                    let partner = community[slug: slug]
                    let transmitting = Transmitting(context)
                    let prepared = try #require(
                        await transmitting.prepare(transmitting.due(for: partner.oin), for: partner.oin))
                    let envelope = try #require(Batch(wireBytes: prepared.bytes).envelopes.first)
                    // The form between nodes allows one recipient and no storage key.
                    let sent = try UnverifiedEnvelope(envelope, at: .wire)
                    let certificate = try Certificate(
                        pem: partner.folder.readText(partner.folder.certificate(.agreement)))
                    #expect(sent.recipientKeyIdentifiers == [certificate.subjectKeyIdentifier])
                    #expect(sent.storageKeyIdentifier == nil)
                    // And it opens.
                    let keys = try NodeKeys.load(from: partner.folder)
                    _ = try Opener().open(sent, with: keys.decryption)
                }
            }
        }

        @Test func `no file of either store holds a word of a message`() async throws {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            let marker = "Nguyen-\(UInt64.random(in: .min ... .max))"
            try await avim.process.start()
            try await nidos.process.start()
            let id = try await avim.api.submit(
                .object(ExampleSignal.submission(to: [.guardian], explanation: "The child says: \(marker)")), key: "m")
            try await avim.api.waitForAnswers(to: id)
            try await nidos.api.take(id, role: "duty-guardian")
            try await avim.api.waitForFollowUp(.owned, of: id, by: nidos.oin)
            #expect(try await nidos.api.inboxEntry(id)["body"]?["explanation"]?.text?.contains(marker) == true)
            for node in [avim, nidos] {
                for moment in ["running", "stopped"] {
                    let found = try await Command.run("grep", ["-r", "-l", "-a", "-F", marker, node.folder.path])
                    #expect(found.exitStatus == 1, "\(node.member.slug), \(moment): \(found.said)")
                    if moment == "running" { try await node.process.stop() }
                }
            }
        }
    }
}

/// A node's parts in this process, without its listening faces.
func withNode(
    _ node: NodeHandle, limits: (inout NodeLimits) -> Void = { _ in }, _ body: (NodeContext) async throws -> Void
) async throws {
    var configuration = try await NodeConfiguration.load(from: node.folder)
    limits(&configuration.limits)
    let opened = try await ExchangeNode.open(
        folder: node.folder, configuration: configuration,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    do {
        try await body(opened.context)
        try await opened.context.ledger.close()
    } catch {
        try await opened.context.ledger.close()
        throw error
    }
}
