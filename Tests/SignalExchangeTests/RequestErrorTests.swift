import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import SignalExchange
import Testing

extension Nodes {
    /// Requests of a lawful caller that are turned away whole, unsigned, and leave nothing behind.
    @Suite(.community(running: "nidos")) struct RequestErrorTests {
        let nidos: NodeHandle
        let avim: ForeignNode
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            nidos = community[slug: "nidos"]
            avim = try Stage.foreignNode("avim")
        }

        private func parcel() throws -> ForeignNode.Parcel {
            try avim.seal(ExampleSignal.content(from: avim.party, to: [Recipient(nidos.party)]), for: nidos)
        }

        private func expect(
            _ code: RequestErrorCode, _ status: UInt, for body: [UInt8], _ endpoint: PeerCaller.Endpoint = .batch,
            mediaType: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let leaves = try await nidos.auditLeaves()
            let reply = try await avim.client().post(body, endpoint, to: nidos, mediaType: mediaType)
            #expect(reply.status == status, "\(reply.text)", sourceLocation: sourceLocation)
            let problem = try #require(reply.problem, "\(reply.text)", sourceLocation: sourceLocation)
            #expect(problem["title"]?.text == code.rawValue, sourceLocation: sourceLocation)
            #expect(
                problem["type"]?.text == "urn:signal-exchange:problem:\(code.rawValue)",
                sourceLocation: sourceLocation)
            #expect(problem["status"]?.number == Int64(status), sourceLocation: sourceLocation)
            #expect(problem["detail"]?.text?.isEmpty == false, sourceLocation: sourceLocation)
            #expect(try await nidos.auditLeaves() == leaves, sourceLocation: sourceLocation)
        }

        @Test func `bytes that are no batch are malformed`() async throws {
            try await expect(.requestMalformed, 400, for: Array("no batch".utf8))
            try await expect(.requestMalformed, 400, for: [])
            let batch = try avim.batch([parcel()], for: nidos)
            try await expect(.requestMalformed, 400, for: batch + [0])
            try await expect(.requestMalformed, 400, for: Array(batch.dropLast()))
        }

        @Test func `a body beyond the limit is too large`() async throws {
            try await expect(
                .requestTooLarge, 413, for: [UInt8](repeating: 0x30, count: ProtocolLimits.batchMaximumBytes + 1))
            try await expect(
                .requestTooLarge, 413, for: [UInt8](repeating: 0x30, count: ProtocolLimits.statementMaximumBytes + 1),
                .tally)
        }

        @Test func `a body of another media type is malformed`() async throws {
            try await expect(
                .requestMalformed, 400, for: avim.batch([parcel()], for: nidos), mediaType: "application/json")
        }

        @Test func `a manifest that another member signed is a mismatch`() async throws {
            let coa = try Stage.foreignNode("coa")
            let parcel = try parcel()
            let items = avim.items(for: [parcel])
            let ofCOA = try coa.signedManifest(items, for: nidos.oin)
            try await expect(
                .partnerMismatch, 403, for: Batch(signedManifest: ofCOA, envelopes: [parcel.envelope]).wireBytes)
            // Signed by the caller, in the name of another.
            let inTheName = try avim.signedManifest(items, for: nidos.oin, sender: coa.oin)
            try await expect(
                .partnerMismatch, 403, for: Batch(signedManifest: inTheName, envelopes: [parcel.envelope]).wireBytes)
            try await expect(.partnerMismatch, 403, for: coa.tally(for: nidos.oin), .tally)
        }

        @Test func `a manifest for another recipient is a mismatch`() async throws {
            let parcel = try parcel()
            let other = try avim.signedManifest(avim.items(for: [parcel]), for: community[slug: "ind"].oin)
            try await expect(
                .recipientMismatch, 403, for: Batch(signedManifest: other, envelopes: [parcel.envelope]).wireBytes)
            try await expect(.recipientMismatch, 403, for: avim.tally(for: community[slug: "ind"].oin), .tally)
        }

        @Test func `fewer or more envelopes than the manifest announces are malformed`() async throws {
            let parcel = try parcel()
            let manifest = try avim.signedManifest(avim.items(for: [parcel]), for: nidos.oin)
            for envelopes in [[], [parcel.envelope, parcel.envelope]] {
                try await expect(
                    .requestMalformed, 400, for: Batch(signedManifest: manifest, envelopes: envelopes).wireBytes)
            }
        }

        @Test func `a number far beyond the last is a gap that is too wide`() async throws {
            let parcel = try parcel()
            let item = ManifestItem(
                item: ChannelItem(
                    number: SequenceNumber(ProtocolLimits.channelMaximumGap + 1_000), messageID: parcel.id,
                    messageDigest: parcel.digest), kind: .message)
            try await expect(
                .gapTooWide, 409,
                for: Batch(
                    signedManifest: avim.signedManifest([item], for: nidos.oin), envelopes: [parcel.envelope]
                ).wireBytes)
        }

        @Test func `a manifest whose signature does not verify is invalid`() async throws {
            let parcel = try parcel()
            var manifest = try avim.signedManifest(avim.items(for: [parcel]), for: nidos.oin)
            // The signature is the last thing in a SignedData.
            manifest[manifest.count - 1] ^= 1
            try await expect(
                .statementInvalid, 400, for: Batch(signedManifest: manifest, envelopes: [parcel.envelope]).wireBytes)
        }

        @Test func `a tally in place of a manifest is invalid`() async throws {
            let batch = Batch(signedManifest: try avim.tally(for: nidos.oin), envelopes: [])
            try await expect(.statementInvalid, 400, for: batch.wireBytes)
        }

        @Test func `an incarnation that no tally announced is unknown where another was seen`() async throws {
            let known = try Stage.foreignNode("ggd")
            let first = try known.seal(
                ExampleSignal.content(from: known.party, to: [Recipient(nidos.party)]), for: nidos)
            _ = try await known.deliver(first, to: nidos)
            let second = try known.seal(
                ExampleSignal.content(from: known.party, to: [Recipient(nidos.party)]), for: nidos)
            let manifest = try known.signedManifest(
                known.items(for: [second]), for: nidos.oin, incarnation: IncarnationID(Randomness.bytes16()))
            let leaves = try await nidos.auditLeaves()
            let reply = try await known.client().post(
                Batch(signedManifest: manifest, envelopes: [second.envelope]).wireBytes, .batch, to: nidos)
            #expect(reply.status == 409)
            #expect(reply.problem?["title"]?.text == RequestErrorCode.incarnationUnknown.rawValue)
            #expect(try await nidos.auditLeaves() == leaves)
        }
    }
}
