import ExchangeCore
import Foundation
import GRDB
import Testing

@testable import ExchangeStore

/// Figures for `ARCHITECTURE.md`, taken on request: they take minutes, and are those of one machine.
@Suite(
    .temporaryFolder, .serialized,
    .enabled(
        if: ProcessInfo.processInfo.environment["EXCHANGE_MEASURE"] != nil,
        "measures for minutes; set EXCHANGE_MEASURE=1 to have it"))
struct MeasurementTests {
    /// Stands in for SHA-256, so that what is measured is the store.
    private static let quickDigest: DigestFunction = { bytes in
        var hasher = Hasher()
        hasher.combine(bytes)
        let word = UInt64(bitPattern: Int64(hasher.finalize())).bigEndianBytes
        return Digest(word + word + word + word) ?? .zero
    }

    private func open(_ name: String) async throws -> SQLiteLedger {
        try await SQLiteLedger.open(
            at: TemporaryFolder.path + "/" + name, digest: Self.quickDigest, random: Sample.random, now: Sample.now())
    }

    /// Microseconds: the median and the 99th percentile.
    private func measure(_ name: String, times: Int = 200, _ body: () async throws -> Void) async throws {
        var spans: [Duration] = []
        for _ in 0..<times {
            let clock = ContinuousClock()
            spans.append(try await clock.measure { try await body() })
        }
        spans.sort()
        func microseconds(_ span: Duration) -> Int64 {
            span.components.seconds * 1_000_000 + span.components.attoseconds / 1_000_000_000_000
        }
        print("\(name): p50 \(microseconds(spans[times / 2])) µs, p99 \(microseconds(spans[times * 99 / 100])) µs")
    }

    @Test(arguments: [0, 1, 2])
    func `what is due is found as fast with a million queued`(deferred: Int) async throws {
        let ledger = try await open("million.sqlite")
        try await ledger.write(at: Sample.start) { transaction in
            try transaction.ensurePartner(Community.avim)
            try transaction.ensurePartner(Community.coa)
            try transaction.database.execute(
                sql: """
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
                    INSERT INTO message SELECT i, CAST(printf('%016d', i) AS BLOB), randomblob(32), 'SIG-01', 1,
                        '\(Community.nidos)', 'guardian', randomblob(16), 'routine', 0, 3, 1, 1, 0, randomblob(100)
                    FROM n;
                    INSERT INTO delivery (partner, number, message_id, recipient_role, case_reference, priority_rank,
                        envelope_bytes, accepted_at, running_digest, next_attempt)
                    SELECT '\(Community.avim)', ordinal, id, 'police', case_reference,
                        CASE ordinal % 100 WHEN 0 THEN 3 WHEN 1 THEN 2 ELSE 0 END, 100, 0, randomblob(32),
                        CASE \(deferred) WHEN 0 THEN 0 WHEN 1 THEN \(Sample.start.milliseconds + 60_000)
                            ELSE (ordinal % 2) * (\(Sample.start.milliseconds) - ordinal) END
                    FROM message ORDER BY ordinal;
                    """)
        }
        print("a million queued, \(["none", "all", "half"][deferred]) deferred")
        // The rows' ids are no UUIDs, so that what is measured is the choice, and not the reading of envelopes.
        try await measure("  choose 64") {
            try await ledger.read { database in
                let query = DueQuery(
                    database: database, digest: SHA256.digest, partner: Community.avim, now: Sample.start,
                    horizon: Sample.start + ProtocolLimits.retryMaximum, maximumItems: 64, maximumBytes: 1 << 20)
                let chosen = try query.chosenNumbers()
                #expect(chosen.count == (deferred == 1 ? 0 : 64))
            }
        }
        try await measure("  next due") {
            try await ledger.read { database in
                _ = try DueQuery(
                    database: database, digest: SHA256.digest, partner: Community.avim, now: Sample.start,
                    horizon: Sample.start + ProtocolLimits.retryMaximum, maximumItems: 64, maximumBytes: 1 << 20
                ).nextDue()
            }
        }
        try await measure("  account") { _ = try await ledger.account(with: Community.avim) }
        try await measure("  partners") { _ = try await ledger.partners() }
        var ordinal = 0
        try await measure("  accept") {
            ordinal += 1
            try await ledger.accept(ordinal, envelopeBytes: 5000)
        }
        try await ledger.close()
    }

    @Test(arguments: [1, 8, 64, 256])
    func `acceptances a second, by how many come together`(writers: Int) async throws {
        let ledger = try await open("throughput\(writers).sqlite")
        let total = writers == 1 ? 4000 : 20_000
        let requests = try (0..<total).map {
            Sample.request(try Sample.message($0), ordinal: $0, envelopeBytes: 5000)
        }
        let clock = ContinuousClock()
        let span = try await clock.measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        for index in stride(from: writer, to: total, by: writers) {
                            _ = try await ledger.accept(requests[index], limits: NodeLimits(), now: Sample.now())
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        let seconds = Double(span.components.seconds) + Double(span.components.attoseconds) / 1e18
        print("\(writers) writers: \(Int(Double(total) / seconds)) acceptances/s of 5,000 bytes")
        #expect(try await ledger.account(with: Community.avim).issued.number.value == UInt64(total))
        try await ledger.close()
    }
}
