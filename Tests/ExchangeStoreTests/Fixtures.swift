import ExchangeCore
import ExchangeStore
import ExchangeTesting
import Foundation
import GRDB
import Synchronization
import Testing

/// Organisations of the example community.
enum Community {
    static let nidos = organisation("00000099000000001000")
    static let avim = organisation("00000099000000002000")
    static let coa = organisation("00000099000000004000")

    private static func organisation(_ text: String) -> OIN {
        guard let oin = OIN(text) else { preconditionFailure("\(text) is not an OIN") }
        return oin
    }
}

/// A source of numbers that a seed determines (SplitMix64); a test that uses one prints its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}

/// Gives each test of a suite a folder of its own, and removes it after the test; and a disk in memory beside it.
struct TemporaryFolder: SuiteTrait, TestTrait, TestScoping {
    @TaskLocal static var path = ""
    /// What the stores in memory of this test are on.
    @TaskLocal static var disk = MemoryDisk()
    var isRecursive: Bool { true }

    /// Where this test's store is.
    static var store: String {
        precondition(!path.isEmpty, "the suite has the trait .temporaryFolder")
        return path + "/store.sqlite"
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        // Each store has a dozen files open. With more than a thousand of them in one process, starting another program
        // from it may fail in Foundation, which copies more than there is of the last entry of /proc/self/fd.
        await StorePlaces.shared.enter()
        defer { StorePlaces.shared.leave() }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("exchange-store-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await Self.$path.withValue(path) {
            try await Self.$disk.withValue(MemoryDisk()) { try await function() }
        }
    }
}

/// Bounds how many tests have a store at once.
private final class StorePlaces: Sendable {
    static let shared = StorePlaces()
    private static let maximumTests = 32

    private let state = Mutex((taken: 0, waiting: [CheckedContinuation<Void, Never>]()))

    func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.taken >= Self.maximumTests else {
                    state.taken += 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.taken -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}

extension Trait where Self == TemporaryFolder {
    static var temporaryFolder: Self { Self() }
}

/// A form of the store that must pass the conformance suite.
struct StoreForm: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private let opening: @Sendable (StoreLimits) async throws -> any ExchangeLedger
    private let damaging: @Sendable (MessageID, ([UInt8]) -> [UInt8]) throws -> Void

    /// Opens the store of this test, for the first time or again.
    func open(limits: StoreLimits = StoreLimits()) async throws -> any ExchangeLedger { try await opening(limits) }

    /// Changes the envelope of a message as a failing disk would, while no ledger has the store open.
    func damageEnvelope(of id: MessageID, _ change: ([UInt8]) -> [UInt8]) throws { try damaging(id, change) }

    static let all = [
        StoreForm(testDescription: "SQLite", opening: { try await Sample.openSQLite(limits: $0) }) { id, change in
            try DatabaseQueue(path: TemporaryFolder.store).write { database in
                let key = Data(id.bytes)
                let kept = try Data.fetchOne(
                    database, sql: "SELECT envelope FROM message WHERE id = ?", arguments: [key])
                let changed = Data(change(Array(try #require(kept))))
                try database.execute(sql: "UPDATE message SET envelope = ? WHERE id = ?", arguments: [changed, key])
            }
        },
        StoreForm(testDescription: "memory", opening: { try await Sample.openMemory(limits: $0) }) { id, change in
            TemporaryFolder.disk.damageEnvelope(of: id, change)
        },
    ]
}

enum Sample {
    static let start = Timestamp(milliseconds: 1_795_000_000_000)
    static let case1 = CaseReference(random: Bytes16(high: 1, low: 1))

    static func now(_ wall: Timestamp = start) -> Now {
        Now(monotonic: MonotonicTime(milliseconds: wall.milliseconds), wall: wall)
    }

    static let random: @Sendable (Int) -> [UInt8] = { count in (0..<count).map { _ in .random(in: 0...255) } }

    static func openSQLite(
        at path: String = TemporaryFolder.store, now: Timestamp = start, limits: StoreLimits = StoreLimits()
    ) async throws -> SQLiteLedger {
        try await SQLiteLedger.open(
            at: path, digest: SHA256.digest, random: random, now: Self.now(now), limits: limits)
    }

    static func openMemory(
        on disk: MemoryDisk = TemporaryFolder.disk, now: Timestamp = start, limits: StoreLimits = StoreLimits()
    ) async throws -> MemoryLedger {
        try await MemoryLedger.open(
            on: disk, digest: SHA256.digest, random: random, now: Self.now(now), limits: limits)
    }

    static func digest(_ text: String) -> Digest { SHA256.digest(Array(text.utf8)) }

    /// The message with this ordinal: always the same id and digest.
    static func message(
        _ ordinal: Int, from sender: OIN = Community.nidos, in reference: CaseReference = case1,
        priority: Priority = .routine, isHandedOver: Bool = true
    ) throws -> MessageSummary {
        let sending = UInt64(sender.text.suffix(6)) ?? 0
        return MessageSummary(
            id: MessageID(
                at: Timestamp(milliseconds: start.milliseconds + Int64(ordinal)),
                random: Bytes16(high: sending, low: UInt64(ordinal))),
            digest: digest("message \(ordinal) of \(sender)"), type: try #require(MessageType(code: "SIG-01")),
            sender: Party(oin: sender, role: .guardian), caseReference: reference, priority: priority, created: start,
            wanted: .outcome, isHandedOver: isHandedOver)
    }

    /// A tally of AVIM's, of one incarnation.
    static func tally(
        issued: ChannelPosition, received: ChannelPosition, outcomes: [OutcomeRange] = []
    ) -> Tally {
        Tally(
            node: Community.avim, partner: Community.nidos, incarnation: IncarnationID(Bytes16(high: 1, low: 2)),
            predecessors: [], created: start, isRecovering: false, issued: issued, received: received, safe: .none,
            gaps: [], outcomes: outcomes)
    }

    static func envelope(_ ordinal: Int, byteCount: Int = 256) -> [UInt8] {
        let text = Array("envelope \(ordinal) ".utf8)
        return text + [UInt8](repeating: UInt8(ordinal & 0xFF), count: max(0, byteCount - text.count))
    }

    static func request(
        _ message: MessageSummary, ordinal: Int = 0, envelopeBytes: Int = 256, to recipients: [OIN] = [Community.avim],
        key: String? = nil, submission: String = "submission", asked: [AskedAnswer] = [],
        links: [CaseLink] = [], inboxStep: InboxStep? = nil, newCaseKey: [UInt8]? = nil
    ) -> AcceptanceRequest {
        AcceptanceRequest(
            message: message, envelope: envelope(ordinal, byteCount: envelopeBytes),
            recipients: recipients.map { Party(oin: $0, role: .police) },
            claim: key.flatMap { IdempotencyClaim(key: $0, submissionDigest: digest(submission)) },
            asked: asked, links: links, inboxStep: inboxStep, newCaseKey: newCaseKey)
    }
}

extension ExchangeLedger {
    /// Has a partner answer a tally of this opening, with nothing missing on either side.
    func confirm(_ partner: OIN, received: ChannelPosition = .start) async throws {
        let tally = Tally(
            node: partner, partner: Community.nidos, incarnation: IncarnationID(Bytes16(high: 1, low: 2)),
            predecessors: [], created: Sample.start, isRecovering: false, issued: .start, received: received,
            safe: .none, gaps: [])
        _ = try await takeTally(tally, signed: [1], askedAt: Sample.start, now: Sample.now())
    }

    /// Records that AVIM noted a number as it was declared to it.
    func note(_ number: SequenceNumber, as kind: ItemKind) async throws {
        try await recordAnswers(
            [AnswerRecord(number: number, answer: .noted(as: kind), jitter: 0)], from: Community.avim,
            now: Sample.now())
    }

    /// Accepts the sample message with this ordinal.
    @discardableResult
    func accept(
        _ ordinal: Int, to recipients: [OIN] = [Community.avim], priority: Priority = .routine,
        in reference: CaseReference = Sample.case1, envelopeBytes: Int = 256, key: String? = nil,
        submission: String = "submission", asked: [AskedAnswer] = [],
        links: [CaseLink] = [], limits: NodeLimits = NodeLimits(), at: Timestamp = Sample.start
    ) async throws -> AcceptanceResult {
        try await accept(
            Sample.request(
                try Sample.message(ordinal, in: reference, priority: priority), ordinal: ordinal,
                envelopeBytes: envelopeBytes, to: recipients, key: key, submission: submission, asked: asked,
                links: links),
            limits: limits, now: Sample.now(at))
    }

    /// Receives the sample message with this ordinal, of AVIM where nobody else is named, as a partner's node would: facts, verdict, answer, write.
    @discardableResult
    func receive(
        _ ordinal: Int, number: UInt64, predecessor: Int? = nil, priority: Priority = .routine,
        acknowledgement: ReceivedAcknowledgement? = nil, asked: [AskedAnswer] = [],
        links: [CaseLink] = [], refusing: RefusalCode? = nil,
        declared: ItemKind? = nil,
        puttingOff: LaterCode? = nil, by sender: OIN = Community.avim, from partner: OIN = Community.avim,
        limits: NodeLimits = NodeLimits(),
        at: Timestamp = Sample.start
    ) async throws -> ReceptionResult {
        let proposal = try await proposal(
            ordinal, number: number, predecessor: predecessor, priority: priority, acknowledgement: acknowledgement,
            asked: asked, links: links, refusing: refusing, declared: declared, puttingOff: puttingOff, by: sender,
            from: partner, limits: limits,
            at: at)
        let results = try await receive([proposal], from: partner, limits: limits, now: Sample.now(at))
        return try #require(results.first)
    }

    func proposal(
        _ ordinal: Int, number: UInt64, predecessor: Int? = nil, priority: Priority = .routine,
        acknowledgement: ReceivedAcknowledgement? = nil, asked: [AskedAnswer] = [],
        links: [CaseLink] = [], refusing: RefusalCode? = nil, declared: ItemKind? = nil,
        puttingOff: LaterCode? = nil, besides others: [Party] = [], by sender: OIN = Community.avim,
        from partner: OIN = Community.avim,
        limits: NodeLimits = NodeLimits(), at: Timestamp = Sample.start
    ) async throws -> ReceptionProposal {
        let message = try Sample.message(ordinal, from: sender, priority: priority)
        let before = try predecessor.map { try Sample.message($0, from: sender).id }
        let query = ReceptionQuery(
            item: ChannelItem(
                number: SequenceNumber(number), messageID: message.id, messageDigest: message.digest),
            predecessor: before, acknowledged: acknowledgement?.messageID, shared: message.id)
        let facts = try await receptionFacts([query], from: partner)
        let received = ReceivedMessage(
            summary: message, storedEnvelope: Sample.envelope(ordinal), predecessor: before,
            acknowledgement: acknowledgement, asked: asked, links: links, coRecipients: others)
        let examination: Examination =
            if let declared { .declared(declared, reason: "an operator's reason") } else if let refusing {
                .refused(refusing, detail: "field")
            } else if let puttingOff { .later(puttingOff, detail: "this node") } else { .verified(received) }
        let verdict = Reception.decide(
            query.item, examination, facts: try #require(facts.first), limits: limits, now: Sample.now(at))
        let answer: KeptAnswer? =
            switch verdict {
            case .receipt: .receipt(Array("receipt \(ordinal) under \(number)".utf8))
            case .refuse(let code, _): .refusal(code, Array("refusal \(ordinal) under \(number)".utf8))
            case .repeat, .reissue, .examine, .note, .later: nil
            }
        return ReceptionProposal(query: query, examination: examination, verdict: verdict, answer: answer)
    }

    /// Answers a duplicate anew, as where the key of `old` has lapsed.
    func reissue(_ ordinal: Int, number: UInt64, old: KeptAnswer, fresh: KeptAnswer) async throws -> ReceptionResult? {
        let message = try Sample.message(ordinal, from: Community.avim)
        let item = ChannelItem(number: SequenceNumber(number), messageID: message.id, messageDigest: message.digest)
        let proposal = ReceptionProposal(
            query: ReceptionQuery(item: item), examination: .lapsed(old), verdict: .reissue(old), answer: fresh)
        return try await receive([proposal], from: Community.avim, limits: NodeLimits(), now: Sample.now()).first
    }

    /// All that is due for AVIM.
    func due(
        at now: Timestamp = Sample.start, maximumItems: Int = 64, maximumBytes: Int = 1 << 20
    ) async throws -> DueDeliveries {
        try await due(for: Community.avim, now: now, maximumItems: maximumItems, maximumBytes: maximumBytes)
    }
}

extension DueDeliveries {
    var numbers: [UInt64] { items.map(\.item.number.value) }
}
