import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// What becomes of receipts and refusals whose signing key was stolen afterwards.
    @Suite(.community(running: "nidos")) struct LapsedProofTests {
        let nidos: NodeHandle
        let avim: ForeignNode
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            nidos = community[slug: "nidos"]
            avim = try Stage.foreignNode("avim")
        }

        /// How a receipt is judged by the sender, with the files that lie in its folder now.
        private func judge(_ receipt: [UInt8], for parcel: ForeignNode.Parcel) throws {
            let now = NodeClock().now
            let known = try CommunityHolder(folder: avim.handle.folder, known: nil, now: now).current(now)
            let context = VerificationContext(trust: known.trust, now: .current) {
                $0 == avim.keys.signing.certificate.subjectKeyIdentifier
                    ? avim.keys.signing.certificate : known.signer($0)
            }
            let message = try parcel.message.verify(expecting: parcel.digest, in: context)
            _ = try SignedReceipt.verify(receipt, for: message, from: nidos.oin, in: context)
        }

        @Test func `a repeat is answered by a fresh proof where the stored one bears a key that no longer holds`()
            async throws
        {
            let taken = try avim.seal(
                ExampleSignal.content(from: avim.party, to: [Recipient(nidos.party)]), for: nidos)
            let unlisted = try avim.seal(
                ExampleSignal.content(from: avim.party, to: [Recipient(community[slug: "coa"].party)]), for: nidos)
            let batch = try avim.batch([taken, unlisted], for: nidos)
            let first = try await avim.deliver(batch, to: nidos).outcomes.map(\.answer)
            let receipt = try #require(first[0].receipt)
            let refusal = try await Refusal(
                wireBytes: community.payload(of: #require(first[1].refusal), signedBy: nidos))
            try judge(receipt, for: taken)
            #expect(try await avim.deliver(batch, to: nidos).outcomes.map(\.answer) == first)

            let old = URL(filePath: nidos.folder.certificate(.signing))
            try await nidos.process.stop()
            try community.pki.revoke(old, reason: .keyCompromise)
            try community.renewSigningKey(of: nidos, readBy: [nidos, avim.handle])
            for node in [nidos, avim.handle] { try node.installLists(of: community.pki) }
            try await nidos.process.start()
            let error = #expect(throws: CMSError.self) { try judge(receipt, for: taken) }
            #expect(error?.code == .signerUnknown || error?.code == .signerUntrusted, "\(String(describing: error))")

            let leaves = try await nidos.auditLeaves()
            let second = try await avim.deliver(batch, to: nidos).outcomes.map(\.answer)
            let fresh = try #require(second[0].receipt)
            try judge(fresh, for: taken)
            let refusedAnew = try await Refusal(
                wireBytes: community.payload(of: #require(second[1].refusal), signedBy: nidos))
            #expect(refusedAnew.item == refusal.item)
            #expect(refusedAnew.code == refusal.code)
            #expect(refusedAnew.detail == refusal.detail)
            #expect(try await nidos.auditLeaves() == leaves + 2)
            #expect(try await nidos.api.inbox().count == 1)

            // A third party is shown both, and told which of them it can rely on.
            let place = community.folder.appending(path: "evidence")
            let exported = try await nidos.command("evidence", "export", taken.id.description, "--out", place.path)
            try #require(exported.exitStatus == 0, "\(exported.said)")
            let evidence = ExportedEvidence(folder: place)
            let names = ["receipts/\(nidos.oin).der", "receipts/\(nidos.oin)-2.der"]
            #expect(
                try names.map { Array(try Data(contentsOf: place.appending(path: $0))) } == [receipt, fresh])
            for command in try evidence.commands() {
                let outcome = try await evidence.run(command)
                #expect(outcome.succeeded, "\(command)\n\(outcome.said)")
            }
            #expect(try evidence.verifications(of: names[0]).allSatisfy { $0.contains("-CAstore then/") })
            #expect(try evidence.text("README.txt").contains("\(names[0]) DOES NOT VERIFY"))
            let verified = try await evidence.verify()
            #expect(verified.exitStatus == 0, "\(verified.said)")
            #expect(verified.said.contains("note: \(names[0]): "), "\(verified.said)")

            // From now on this is the stored answer.
            #expect(try await avim.deliver(batch, to: nidos).outcomes.map(\.answer) == second)
            #expect(try await nidos.auditLeaves() == leaves + 2)
        }
    }
}
