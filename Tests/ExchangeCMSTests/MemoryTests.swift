import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

@Suite struct `Memory` {
    /// Trips of the long run, of which a tenth come first. The default keeps a test run short;
    /// `EXCHANGE_MEMORY_TRIPS=100000` is the full count.
    private static var trips: Int {
        ProcessInfo.processInfo.environment["EXCHANGE_MEMORY_TRIPS"].flatMap { Int($0) } ?? 20_000
    }

    /// Growth between a tenth of the trips and all of them.
    private static let growthBytesLimit = 2 * 1_048_576

    /// The trips run in a process of their own, where no other test allocates.
    @Test func `after all trips is within 2 MiB of that after a tenth of them`() async throws {
        let trips = Self.trips
        let result = try await #require(processExitsWith: .success, observing: [\.standardOutputContent]) {
            try await Memory.measure()
        }
        let growth = try #require(
            String(decoding: result.standardOutputContent, as: UTF8.self).split(separator: "\n")
                .first { $0.hasPrefix("growth ") }.flatMap { Int($0.dropFirst("growth ".count)) })
        print("memory grew by \(growth) bytes between \(trips / 10) and \(trips) trips")
        #expect(growth <= Self.growthBytesLimit, "\(growth) bytes between \(trips / 10) and \(trips) trips")
    }

    private static func measure() async throws {
        let exchange = try Exchange()
        try await make(trips / 10, exchange)
        let before = try residentBytes()
        try await make(trips - trips / 10, exchange)
        print("growth \(try residentBytes() - before)")
    }

    /// On two threads, which halves the time where there are two processors and shows that the objects are shared well.
    private static func make(_ count: Int, _ exchange: Exchange) async throws {
        try await withThrowingTaskGroup { group in
            for first in 0..<2 {
                group.addTask {
                    for number in stride(from: first, to: count, by: 2) { try trip(exchange, number: number) }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func trip(_ exchange: Exchange, number: Int) throws {
        let sealed = try exchange.sealed()
        let envelope = try exchange.travelling(sealed)
        let message = try exchange.opened(envelope).verify(expecting: sealed.digest, in: exchange.context)
        // Failures take other ways through OpenSSL, receipts and statements are less frequent: one in ten each.
        switch number % 10 {
        case 0:
            let receipt = try SignedReceipt.sign(for: message, by: exchange.recipient.signing, at: exchange.now)
            _ = try SignedReceipt.verify(receipt, for: message, from: exchange.recipient.oin, in: exchange.context)
        case 1:
            var altered = envelope
            altered[altered.count - 1] ^= 1
            #expect(throws: CMSError.self) { try exchange.opened(altered) }
        case 2:
            let statement = try SignedStatement.sign(
                message.content, kind: .tally, by: exchange.sender.signing, at: exchange.now)
            _ = try SignedStatement.verify(statement, kind: .tally, in: exchange.context)
        case 3:
            #expect(throws: CMSError.self) {
                try Certificate(der: Array(exchange.sender.tls.der.dropLast()))
            }
        default: break
        }
    }

    /// The resident set (`proc_pid_statm(5)`): its second field, in pages.
    private static func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(Int(fields[1])) * sysconf(Int32(_SC_PAGESIZE))
    }
}
