import ExchangeCore

/// The JSON of a vector, in the names of `protocol.md`, annex A. Each builds the model's value, or `nil` where a part
/// of it is not of its form.
struct ManifestValue: Decodable {
    struct Item: Decodable {
        let number: UInt64
        let kind: String
        let messageID: String
        let messageDigest: String
        let reason: String
        let replaces: UInt64?
    }

    let sender: String
    let recipient: String
    let incarnation: String
    let created: Int64
    let items: [Item]
    let runningDigest: String

    var structure: Manifest? {
        let lines = items.compactMap { item -> ManifestItem? in
            guard let kind = ["message": ItemKind.message, "void": .void, "held": .held][item.kind],
                let id = MessageID(item.messageID), let digest = Digest(hexadecimal: item.messageDigest)
            else { return nil }
            return ManifestItem(
                item: ChannelItem(number: SequenceNumber(item.number), messageID: id, messageDigest: digest),
                kind: kind, replaces: item.replaces.map { SequenceNumber($0) }, reason: item.reason)
        }
        guard lines.count == items.count, let sender = OIN(sender), let recipient = OIN(recipient),
            let incarnation = IncarnationID(incarnation), let digest = Digest(hexadecimal: runningDigest)
        else { return nil }
        return Manifest(
            sender: sender, recipient: recipient, incarnation: incarnation,
            created: Timestamp(milliseconds: created), items: lines, runningDigest: digest)
    }
}

struct BatchValue: Decodable {
    let signedManifest: String
    let envelopes: [String]

    var structure: Batch? {
        guard let manifest = [UInt8](hexadecimal: signedManifest) else { return nil }
        return Batch(signedManifest: manifest, envelopes: envelopes.compactMap { [UInt8](hexadecimal: $0) })
    }
}

struct AnswerValue: Decodable {
    struct Outcome: Decodable {
        let number: UInt64
        let kind: String
        let statement: String
        let code: String
        let detail: String

        var answer: ItemAnswer? {
            switch kind {
            case "receipt": [UInt8](hexadecimal: statement).map { .receipt($0) }
            case "refusal": [UInt8](hexadecimal: statement).map { .refusal($0) }
            case "later": LaterCode(rawValue: code).map { .later($0, detail: detail) }
            case "noted": .noted
            default: nil
            }
        }
    }

    let manifestDigest: String
    let outcomes: [Outcome]

    var structure: BatchAnswer? {
        guard let digest = Digest(hexadecimal: manifestDigest) else { return nil }
        return BatchAnswer(
            manifestDigest: digest,
            outcomes: outcomes.compactMap { outcome in
                outcome.answer.map { ItemOutcome(number: SequenceNumber(outcome.number), answer: $0) }
            })
    }
}

struct RefusalValue: Decodable {
    let sender: String
    let recipient: String
    let number: UInt64
    let messageID: String
    let messageDigest: String
    let code: String
    let detail: String
    let at: Int64

    var structure: Refusal? {
        guard let sender = OIN(sender), let recipient = OIN(recipient), let id = MessageID(messageID),
            let digest = Digest(hexadecimal: messageDigest), let code = RefusalCode(rawValue: code)
        else { return nil }
        return Refusal(
            sender: sender, recipient: recipient,
            item: ChannelItem(number: SequenceNumber(number), messageID: id, messageDigest: digest), code: code,
            detail: detail, at: Timestamp(milliseconds: at))
    }
}

struct TallyValue: Decodable {
    struct Position: Decodable {
        let number: UInt64
        let runningDigest: String

        var structure: ChannelPosition? {
            Digest(hexadecimal: runningDigest).map {
                ChannelPosition(number: SequenceNumber(number), runningDigest: $0)
            }
        }
    }

    struct Range: Decodable {
        let first: UInt64
        let last: UInt64
    }

    struct Outcome: Decodable {
        let first: UInt64
        let last: UInt64
        let kind: String

        var structure: OutcomeRange? {
            AnsweredKind.allCases.first { "\($0)" == kind }.map {
                OutcomeRange(NumberRange(SequenceNumber(first), SequenceNumber(last)), $0)
            }
        }
    }

    struct Predecessor: Decodable {
        let incarnation: String
        let last: Position

        var structure: PredecessorClaim? {
            guard let incarnation = IncarnationID(incarnation), let last = last.structure else { return nil }
            return PredecessorClaim(incarnation: incarnation, last: last)
        }
    }

    let node: String
    let partner: String
    let incarnation: String
    let created: Int64
    let isRecovering: Bool
    let issued: Position
    let received: Position
    let safe: UInt64
    let gaps: [Range]
    let outcomes: [Outcome]
    let predecessors: [Predecessor]

    var structure: Tally? {
        guard let node = OIN(node), let partner = OIN(partner), let incarnation = IncarnationID(incarnation),
            let issued = issued.structure, let received = received.structure
        else { return nil }
        return Tally(
            node: node, partner: partner, incarnation: incarnation,
            predecessors: predecessors.compactMap(\.structure), created: Timestamp(milliseconds: created),
            isRecovering: isRecovering, issued: issued, received: received,
            safe: SequenceNumber(safe),
            gaps: gaps.map { NumberRange(SequenceNumber($0.first), SequenceNumber($0.last)) },
            outcomes: outcomes.compactMap(\.structure))
    }
}

struct LeafValue: Decodable {
    let kind: String
    let at: Int64
    let note: String
    let messageID: String?
    let partner: String?
    let number: UInt64?
    let digest: String?

    var structure: AuditLeaf? {
        guard let kind = AuditKind(rawValue: kind) else { return nil }
        return AuditLeaf(
            kind, at: Timestamp(milliseconds: at), messageID: messageID.flatMap { MessageID($0) },
            partner: partner.flatMap { OIN($0) }, number: number.map { SequenceNumber($0) },
            digest: digest.flatMap { Digest(hexadecimal: $0) }, note: note)
    }
}

extension Digest {
    init?(hexadecimal text: String) {
        guard let bytes = [UInt8](hexadecimal: text) else { return nil }
        self.init(bytes)
    }
}

struct RefillRequestValue: Decodable {
    let asker: String
    let holder: String
    let incarnation: String
    let after: UInt64
    let message: String?

    var structure: RefillRequest? {
        guard let asker = OIN(asker), let holder = OIN(holder), let bytes = [UInt8](hexadecimal: incarnation),
            let incarnation = IncarnationID(bytes: bytes)
        else { return nil }
        guard let message else {
            return RefillRequest(
                asker: asker, holder: holder, incarnation: incarnation, for: .behind(SequenceNumber(after)))
        }
        return MessageID(message).map {
            RefillRequest(asker: asker, holder: holder, incarnation: incarnation, for: .message($0))
        }
    }
}

struct RefillAnswerValue: Decodable {
    struct Item: Decodable {
        let number: UInt64
        let messageID: String
        let messageDigest: String
        let kind: String
        let proof: String
        let note: String
        let envelope: String

        var structure: RefillItem? {
            guard let id = MessageID(messageID), let digest = Digest(hexadecimal: messageDigest),
                let proof = [UInt8](hexadecimal: proof), let envelope = [UInt8](hexadecimal: envelope)
            else { return nil }
            let answer: KeptAnswer? =
                switch kind {
                case "receipt": .receipt(proof)
                case "refusal": RefusalCode(rawValue: note).map { .refusal($0, proof) }
                case "void": .noted(.void, reason: note)
                case "held": .noted(.held, reason: note)
                default: nil
                }
            return answer.map {
                RefillItem(
                    item: ChannelItem(number: SequenceNumber(number), messageID: id, messageDigest: digest),
                    answer: $0, envelope: envelope)
            }
        }
    }

    let base: String?
    let upTo: UInt64
    let items: [Item]

    var structure: RefillAnswer? {
        let read = items.compactMap(\.structure)
        guard read.count == items.count else { return nil }
        return RefillAnswer(
            base: base.flatMap { Digest(hexadecimal: $0) }, upTo: SequenceNumber(upTo), items: read)
    }
}
