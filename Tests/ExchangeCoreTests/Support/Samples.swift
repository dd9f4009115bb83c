import ExchangeCore

/// Parties, messages and structures that tests share; every value is made up.
enum Sample {
    static let nidos = oin("00000099000000001000")
    static let avim = oin("00000099000000002000")
    static let guardian = Party(oin: nidos, role: .guardian)
    static let police = Party(oin: avim, role: .police)
    static let wall = Timestamp(milliseconds: 1_795_456_800_000)
    static let now = Now(monotonic: MonotonicTime(milliseconds: 5_000_000), wall: wall)

    static func oin(_ text: String) -> OIN {
        guard let oin = OIN(text) else { preconditionFailure("a sample is not an OIN: \(text)") }
        return oin
    }

    static func digest(_ byte: UInt8) -> Digest {
        guard let digest = Digest([UInt8](repeating: byte, count: Digest.byteCount)) else {
            preconditionFailure("32 bytes are a digest")
        }
        return digest
    }

    static func message(_ low: UInt64) -> MessageID { MessageID(at: wall, random: Bytes16(high: 7, low: low)) }

    static func incarnation(_ low: UInt64) -> IncarnationID { IncarnationID(Bytes16(high: 0xA11, low: low)) }

    static func item(_ number: UInt64, message low: UInt64? = nil, digest byte: UInt8? = nil) -> ChannelItem {
        ChannelItem(
            number: SequenceNumber(number), messageID: message(low ?? number),
            messageDigest: digest(byte ?? UInt8(truncatingIfNeeded: number)))
    }

    static func type(_ code: String = "SIG-01") -> MessageType {
        guard let type = MessageType(code: code) else { preconditionFailure("a sample is not a type: \(code)") }
        return type
    }

    static func summary(
        _ item: ChannelItem = item(1), priority: Priority = .asap, wanted: AcknowledgementLevel = .outcome,
        isHandedOver: Bool = true
    ) -> MessageSummary {
        MessageSummary(
            id: item.messageID, digest: item.messageDigest, type: type(), sender: guardian,
            caseReference: CaseReference(random: Bytes16(high: 1, low: 2)), priority: priority, created: wall,
            wanted: wanted, isHandedOver: isHandedOver)
    }
}

extension Now {
    func after(_ span: Milliseconds) -> Now { Now(monotonic: monotonic + span, wall: wall + span) }
}

/// An incarnation of a partner as a store keeps it.
struct KeptIncarnation {
    var seen: SeenIncarnation
    /// Those between it and its predecessor, which were never heard.
    var skipped: [IncarnationID] = []

    func grew(from incarnation: IncarnationID) -> Bool {
        seen.predecessor == incarnation || skipped.contains(incarnation)
    }
}

extension IncarnationFacts {
    /// What a store that keeps all of `kept`, in the order in which each was first seen, says.
    init(
        _ incarnation: IncarnationID, after predecessors: [PredecessorClaim], among kept: [KeptIncarnation],
        received: SequenceNumber, running: IncarnationID? = nil
    ) {
        let index = kept.firstIndex { $0.seen.incarnation == incarnation }
        self.init(
            incarnation: incarnation, latest: kept.last?.seen,
            follower: index.flatMap { $0 + 1 < kept.count ? kept[$0 + 1].seen : nil },
            successor: kept.first { $0.grew(from: incarnation) }?.seen,
            predecessors: predecessors.map { claim in
                NamedPredecessor(
                    claim, isSeen: kept.contains { $0.seen.incarnation == claim.incarnation },
                    successor: kept.first { $0.grew(from: claim.incarnation) }?.seen.incarnation)
            },
            highest: kept.map(\.seen.highest.number).reduce(received, max), running: running)
    }
}
