import ExchangeCore

/// Sees all that leaves a node, and remembers what may never be said twice in two ways. It shares no code with the
/// nodes.
struct PairWitness {
    private struct Place: Hashable {
        let seat: Seat
        let number: UInt64
    }

    private struct Told: Hashable {
        let seat: Seat
        let id: MessageID
        let digest: Digest
    }

    private(set) var violations: [String] = []
    private var meanings: [Place: ChannelItem] = [:]
    private var receipts: [Told: [UInt8]] = [:]
    private var toldIDs: [String: MessageID] = [:]
    private(set) var tolds: [(seat: Seat, id: MessageID)] = []

    mutating func complain(_ text: String) { violations.append(text) }

    /// A manifest leaves `seat`: a number keeps its meaning for ever, and stands on the disk before it is spoken of.
    mutating func sees(_ manifest: Manifest, from seat: Seat, disk: MemoryLedger.State) {
        for line in manifest.items {
            let place = Place(seat: seat, number: line.item.number.value)
            if let earlier = meanings[place], earlier != line.item { complain("number \(place) changes its meaning") }
            meanings[place] = line.item
            let index = Int(line.item.number.value) - 1
            if !disk.outgoing.indices.contains(index) || disk.outgoing[index].item != line.item {
                complain("\(seat) speaks of number \(line.item.number) before it is on its disk")
            }
        }
    }

    /// An answer leaves `seat`: what it proves stands on the disk, and the same message always gets the same bytes.
    mutating func sees(_ answer: BatchAnswer, from seat: Seat, to items: [ChannelItem], disk: MemoryLedger.State) {
        for (outcome, item) in zip(answer.outcomes, items) {
            let proof: [UInt8]
            switch outcome.answer {
            case .receipt(let bytes), .refusal(let bytes): proof = bytes
            case .later: continue
            case .noted:
                guard case .noted = disk.slots[item.number.value]?.answer else {
                    complain("\(seat) says noted of \(item.number) before it is on its disk")
                    continue
                }
                continue
            }
            switch disk.slots[item.number.value]?.answer {
            case .receipt(let kept)? where kept == proof: break
            case .refusal(_, let kept)? where kept == proof: break
            default: complain("\(seat) answers \(item.number) with what is not on its disk")
            }
            guard case .receipt = outcome.answer else { continue }
            let told = Told(seat: seat, id: item.messageID, digest: item.messageDigest)
            if let earlier = receipts[told], earlier != proof { complain("\(item.messageID) has two receipts") }
            receipts[told] = proof
        }
    }

    /// The agency at `seat` is told the id of its submission.
    mutating func sees(_ id: MessageID, toldFor key: String, at seat: Seat) {
        if let earlier = toldIDs[key] {
            if earlier != id { complain("submission \(key) became two messages") }
            return
        }
        toldIDs[key] = id
        tolds.append((seat, id))
    }

    func receipt(by seat: Seat, for item: ChannelItem) -> [UInt8]? {
        receipts[Told(seat: seat, id: item.messageID, digest: item.messageDigest)]
    }
}
