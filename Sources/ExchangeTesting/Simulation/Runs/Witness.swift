import ExchangeCore
import Synchronization

/// Sees what leaves the nodes and what they hand out, looks at the disks at that moment, and writes it down. It judges
/// nothing.
final class Witness: Sendable {
    private let record = Mutex(History())
    private let trace: Trace
    private let seats: [OIN: Int]

    init(trace: Trace, seats: [OIN: Int]) {
        self.trace = trace
        self.seats = seats
    }

    var history: History { record.withLock(\.self) }

    func write<Value: Sendable>(_ body: (inout History) -> Value) -> Value { record.withLock { body(&$0) } }

    func seat(_ oin: OIN) -> Int? { seats[oin] }

    // MARK: The wire

    /// What a request says, read once: its answers are held against it.
    enum Reading: Sendable {
        case tally
        case refill
        /// `nil` where nobody can read it.
        case batch(Manifest?)
    }

    /// - Parameter store: the sender's disk, at this moment.
    func sees(_ request: PeerRequest, on path: SimulatedNetwork.Path, store: MemoryStore?) -> Reading {
        switch request {
        case .tally(let signed):
            note(tally: signed)
            return .tally
        // It announces nothing: what comes back is shown by the accounts that follow.
        case .refill: return .refill
        case .batch(let body):
            guard let manifest = Self.manifest(of: body) else { return .batch(nil) }
            let lines = manifest.items.map { line in
                History.Announcement(
                    from: path.from, to: path.to, item: line.item, incarnation: manifest.incarnation,
                    isOnDisk: store?.issuedItem(to: manifest.recipient, at: line.item.number) == line.item)
            }
            record.withLock { $0.announcements += lines }
            return .batch(manifest)
        }
    }

    /// - Parameter store: the disk of who answers, at this moment.
    /// - Returns: the answer in a few words that are the same in each run of a seed.
    func sees(
        answer: [UInt8], to request: Reading, on path: SimulatedNetwork.Path, store: MemoryStore?
    ) -> String {
        switch request {
        case .tally:
            note(tally: answer)
            return "tally"
        case .refill:
            guard let given = try? RefillAnswer(wireBytes: answer) else { return "unreadable" }
            return given.items.map { "\($0.item.number) \(trace.name($0.item.messageID))" }.joined(separator: ", ")
        case .batch(let manifest):
            guard let manifest, let given = try? BatchAnswer(wireBytes: answer) else { return "unreadable" }
            let row = store?.partners[manifest.sender]
            let items = Dictionary(manifest.items.map { ($0.item.number, $0.item) }, uniquingKeysWith: { $1 })
            let proofs = given.outcomes.compactMap { outcome -> History.Proof? in
                guard let item = items[outcome.number] else { return nil }
                return proof(outcome.answer, of: item, on: path, row: row, store: store)
            }
            record.withLock { $0.proofs += proofs }
            return summary(of: given, to: manifest)
        }
    }

    private func proof(
        _ answer: ItemAnswer, of item: ChannelItem, on path: SimulatedNetwork.Path, row: StoredPartner?,
        store: MemoryStore?
    ) -> History.Proof? {
        let slot = row?.slots[item.number.value]
        let kept = slot?.item == item ? slot?.presentAnswer : nil
        switch answer {
        case .receipt(let bytes):
            let message = store?.messages[item.messageID]
            let isHeld = message?.isOutgoing == false && message?.summary.digest == item.messageDigest
            return History.Proof(
                from: path.to, to: path.from, item: item, isReceipt: true, bytes: bytes,
                isOnDisk: isHeld && kept == .receipt(bytes))
        case .refusal(let bytes):
            let isKept = if case .refusal(_, bytes)? = kept { true } else { false }
            return History.Proof(
                from: path.to, to: path.from, item: item, isReceipt: false, bytes: bytes, isOnDisk: isKept)
        case .later, .noted: return nil
        }
    }

    private func summary(of answer: BatchAnswer, to manifest: Manifest) -> String {
        zip(manifest.items, answer.outcomes).map { line, outcome in
            let word =
                switch outcome.answer {
                case .receipt: "receipt"
                case .refusal: "refusal"
                case .noted: "noted"
                case .later(let code, _): "later(\(code.rawValue))"
                }
            return "\(line.item.number) \(trace.name(line.item.messageID)) \(word)"
        }.joined(separator: ", ")
    }

    private func note(tally signed: [UInt8]) {
        guard let tally = StatementBody.payload(of: signed).flatMap({ try? Tally(wireBytes: $0) }),
            let from = seats[tally.node], let about = seats[tally.partner]
        else { return }
        record.withLock {
            $0.claims.append(
                History.Claim(from: from, about: about, issued: tally.issued, received: tally.received))
        }
    }

    private static func manifest(of body: [UInt8]) -> Manifest? {
        guard let batch = try? Batch(wireBytes: body) else { return nil }
        return StatementBody.payload(of: batch.signedManifest).flatMap { try? Manifest(wireBytes: $0) }
    }

    // MARK: The disks

    /// The audit log of a disk between two runs of its node.
    func sees(auditOf store: MemoryStore, at seat: Int) {
        guard let last = store.audit.last else { return }
        let mark = History.AuditMark(seat: seat, leaves: Int(last.key), head: last.value.hash)
        record.withLock { $0.auditMarks.append(mark) }
    }

    /// What is owed on a disk between two runs of its node and has no clock.
    func sees(unwatched owed: [OwedOnDisk], at seat: Int) {
        guard !owed.isEmpty else { return }
        record.withLock { $0.unwatchedAtStarts[seat, default: []] += owed }
    }
}
