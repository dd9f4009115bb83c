import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import Logging
import Synchronization
import Testing

@testable import SignalExchange

extension Nodes {
    /// What a node makes of its own certificates.
    @Suite(.community(running: "nidos")) struct OwnCertificatesTests {
        let nidos: NodeHandle
        let avim: ForeignNode
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            nidos = community[slug: "nidos"]
            avim = try Stage.foreignNode("avim")
        }

        @Test func `a certificate that ends within a month is told with its file and the days left`() throws {
            let clock = NodeClock()
            let known = try CommunityHolder(folder: avim.handle.folder, known: nil, now: clock.now).current(clock.now)
            let own = OwnCertificates(avim.keys, over: known.tls)
            #expect(own.findings(for: avim.oin, in: known, at: .current).isEmpty)
            let end = avim.keys.signing.certificate.notAfter
            let early = own.findings(for: avim.oin, in: known, at: end + .hours(-24 * 31))
            #expect(early.isEmpty)
            let findings = own.findings(for: avim.oin, in: known, at: end + .hours(-24 * 10))
            #expect(
                findings.map(\.code) == [.ownCertificateExpiring, .ownCertificateExpiring, .ownCertificateExpiring])
            for (finding, name) in zip(findings, ["signing", "agreement", "tls"]) {
                #expect(finding.detail.contains("certificates/\(name).crt"), "\(finding)")
                #expect(finding.detail.contains("expires in 10 days"), "\(finding)")
            }
            let late = own.findings(for: avim.oin, in: known, at: end + .hours(1))
            #expect(late.map(\.code) == [.ownCertificateUnusable, .ownCertificateUnusable, .ownCertificateUnusable])
        }

        @Test func `a certificate that the directory does not have is told`() throws {
            let clock = NodeClock()
            let known = try CommunityHolder(folder: avim.handle.folder, known: nil, now: clock.now).current(clock.now)
            let findings = OwnCertificates(avim.keys, over: known.tls).findings(for: nidos.oin, in: known, at: .current)
            #expect(
                findings.map(\.code) == [.ownCertificateUnusable, .ownCertificateUnusable, .ownCertificateUnusable])
            #expect(findings.allSatisfy { $0.detail.contains("have this one added") })
        }

        @Test func `a node whose signing certificate does not hold signs nothing, keeps nothing, and says so`()
            async throws
        {
            try community.pki.revoke(URL(filePath: nidos.folder.certificate(.signing)), reason: .superseded)
            try nidos.installLists(of: community.pki)
            try await nidos.api.reload()
            let alarm = try await nidos.waitForOwnAlarm(.ownCertificateUnusable, saying: "certificates/signing.crt")
            #expect(alarm.detail.contains("revoked"), "\(alarm)")

            let leaves = try await nidos.auditLeaves()
            let parcel = try avim.seal(
                ExampleSignal.content(from: avim.party, to: [Recipient(nidos.party)]), for: nidos)
            let batch = try avim.batch([parcel], for: nidos)
            let client = try avim.client()
            for (body, endpoint) in [(batch, PeerCaller.Endpoint.batch), (try avim.tally(for: nidos.oin), .tally)] {
                let reply = try await client.post(body, endpoint, to: nidos)
                #expect(reply.status == 503, "\(reply.text)")
                #expect(reply.problem?["title"]?.text == RequestErrorCode.nodeUnavailable.rawValue)
            }
            let api = nidos.api
            let error = await #expect(throws: NodeError.self) {
                try await api.submit(.object(ExampleSignal.submission(to: [.police])), key: "unsigned")
            }
            #expect(error?.code == .certificateUnusable, "\(String(describing: error))")
            #expect(try await nidos.auditLeaves() == leaves)
            #expect(try await nidos.api.inbox().isEmpty)

            try await nidos.process.stop()
            try community.renewSigningKey(of: nidos, readBy: [nidos])
            try await nidos.process.start()
            try await nidos.waitForNoOwnAlarm(.ownCertificateUnusable)
            let answer = try await avim.deliver(batch, to: nidos)
            #expect(answer.outcomes.first?.answer.receipt != nil)
        }

        @Test func `what could not be noted at once is noted when the store can be written again`() async throws {
            let node = community[slug: "ind"]
            let isFull = Mutex(true)
            let hasFailed = Latch<Void>()
            // The first write begins the incarnation.
            let disk = MemoryDisk(MemoryStore()) { write in
                guard write > 1, isFull.withLock({ $0 }) else { return .commit }
                hasFailed.settle(())
                return .full
            }
            let clock = NodeClock()
            let ledger = try await MemoryLedger.open(
                on: disk, digest: sha256, random: { (0..<$0).map { _ in .random(in: 0...255) } }, now: clock.now)
            let context = NodeContext(
                oin: node.oin, keys: try NodeKeys.load(from: node.folder), limits: NodeLimits(), ledger: ledger,
                communityHolder: try CommunityHolder(folder: node.folder, known: nil, now: clock.now), clock: clock,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let standing = OwnStanding(retryInterval: Milliseconds(20), context: context)
            let running = Task { try await standing.run() }
            try await within(.seconds(20), "the first attempt to fail") { try await hasFailed.wait() }
            isFull.withLock { $0 = false }
            _ = try await within(.seconds(20), "what it judges by to be noted") {
                try await poll { try await ledger.validationData(at: .current).isEmpty ? nil : true }
            }
            running.cancel()
            _ = await running.result
        }
    }
}
