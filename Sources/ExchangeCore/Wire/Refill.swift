package import SwiftASN1

/// Asks a partner for what the asker has lost (`protocol.md` §9.4).
package struct RefillRequest: Hashable, WireStructure {
    /// What is asked for.
    package enum Asked: Hashable, Sendable {
        /// What the holder has of the asker's own channel to it behind a number.
        case behind(SequenceNumber)
        /// The content of one message, of either's channel to the other.
        case message(MessageID)
    }

    package static let maximumBytes = ProtocolLimits.statementMaximumBytes
    /// Itself, five fields, and the message in its tag and SEQUENCE.
    package static let maximumNodes = 9

    package let asker: OIN
    package let holder: OIN
    package let incarnation: IncarnationID
    package let asked: Asked

    package init(asker: OIN, holder: OIN, incarnation: IncarnationID, for asked: Asked) {
        self.asker = asker
        self.holder = holder
        self.incarnation = incarnation
        self.asked = asked
    }

    package init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) { fields in
            try fields.version()
            let (asker, holder) = (try fields.oin(), try fields.oin())
            let incarnation = try fields.identifier(IncarnationID.self)
            let after = try fields.number()
            let message = try fields.optional(tag: 0) { try $0.identifier(MessageID.self) }
            guard message == nil || after == .none else {
                throw fields.malformed("one message is asked for by its id alone")
            }
            return RefillRequest(
                asker: asker, holder: holder, incarnation: incarnation,
                for: message.map(Asked.message) ?? .behind(after))
        }
    }

    package func serialize(into coder: inout DER.Serializer) throws {
        let (after, message): (SequenceNumber, MessageID?) =
            switch asked {
            case .behind(let number): (number, nil)
            case .message(let id): (.none, id)
            }
        try FieldWriter.write(into: &coder) { fields in
            try fields.version()
            try fields.oin(asker)
            try fields.oin(holder)
            try fields.identifier(incarnation)
            try fields.number(after)
            try fields.optional(message, tag: 0) { try $0.identifier($1) }
        }
    }
}

/// One number of the asker's channel that the holder has answered; or one message that either receipted, under its number.
package struct RefillItem: Hashable, Sendable {
    package let item: ChannelItem
    package let answer: KeptAnswer
    /// The message, sealed to the asker; empty where the holder does not have it.
    package let envelope: [UInt8]

    package init(item: ChannelItem, answer: KeptAnswer, envelope: [UInt8]) {
        self.item = item
        self.answer = answer
        self.envelope = envelope
    }
}

/// What a partner holds of the asker's channel, from one number on, or of one message (`protocol.md` §9.4).
package struct RefillAnswer: Hashable, WireStructure {
    package static let maximumBytes = ProtocolLimits.batchMaximumBytes
    /// Itself, four fields, the base in its tag and SEQUENCE, and for each item itself and seven fields.
    package static let maximumNodes = 7 + ProtocolLimits.batchMaximumItems * 8

    /// The holder's running digest at the number that the request names; `nil` beyond its contiguous position.
    package let base: Digest?
    /// The answer is complete up to this number: what is not in it up to here, the holder does not have.
    package let upTo: SequenceNumber
    /// Ascending by number.
    package let items: [RefillItem]

    package init(base: Digest?, upTo: SequenceNumber, items: [RefillItem]) {
        self.base = base
        self.upTo = upTo
        self.items = items
    }

    package init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) { fields in
            try fields.version()
            let upTo = try fields.number()
            let items = try fields.list(of: RefillItem.self, atMost: ProtocolLimits.batchMaximumItems)
            let base = try fields.optional(tag: 0) { try $0.digest() }
            guard zip(items, items.dropFirst()).allSatisfy({ $0.item.number < $1.item.number }) else {
                throw fields.malformed("numbers ascend, each once")
            }
            guard items.last.map({ $0.item.number <= upTo }) ?? true else {
                throw fields.malformed("a number beyond the end of the answer")
            }
            return RefillAnswer(base: base, upTo: upTo, items: items)
        }
    }

    package func serialize(into coder: inout DER.Serializer) throws {
        try FieldWriter.write(into: &coder) { fields in
            try fields.version()
            try fields.number(upTo)
            try fields.list(items)
            try fields.optional(base, tag: 0) { try $0.digest($1) }
        }
    }
}

extension RefillItem: DERParseable, DERSerializable {
    private enum Kind: Int { case receipt, refusal, void, held }

    package init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) { fields in
            let number = try fields.number()
            guard number > .none else { throw fields.malformed("numbers begin at 1") }
            let item = ChannelItem(
                number: number, messageID: try fields.identifier(MessageID.self), messageDigest: try fields.digest())
            guard let kind = Kind(rawValue: try fields.integer()) else { throw fields.malformed("unknown kind") }
            let proof = try fields.octets(atMost: ProtocolLimits.statementMaximumBytes)
            let note = try fields.text()
            let envelope = try fields.octets(atMost: ProtocolLimits.envelopeMaximumBytes)
            guard proof.isEmpty == (kind == .void || kind == .held), envelope.isEmpty || kind == .receipt else {
                throw fields.malformed("an item carries its own fields and no others")
            }
            let answer: KeptAnswer
            switch kind {
            case .receipt where note.isEmpty: answer = .receipt(proof)
            case .refusal:
                guard let code = RefusalCode(rawValue: note) else { throw fields.malformed("unknown refusal code") }
                answer = .refusal(code, proof)
            case .void where !note.isEmpty: answer = .noted(.void, reason: note)
            case .held where !note.isEmpty: answer = .noted(.held, reason: note)
            case .receipt, .void, .held: throw fields.malformed("an item carries its own fields and no others")
            }
            return RefillItem(item: item, answer: answer, envelope: envelope)
        }
    }

    package func serialize(into coder: inout DER.Serializer) throws {
        let (kind, proof, note): (Kind, [UInt8], String) =
            switch answer {
            case .receipt(let bytes): (.receipt, bytes, "")
            case .refusal(let code, let bytes): (.refusal, bytes, code.rawValue)
            case .noted(.void, let reason): (.void, [], reason)
            case .noted(.held, let reason): (.held, [], reason)
            case .noted(.message, _), .noted(.again, _):
                preconditionFailure("a message is receipted or refused, not noted")
            }
        try FieldWriter.write(into: &coder) { fields in
            try fields.number(item.number)
            try fields.identifier(item.messageID)
            try fields.digest(item.messageDigest)
            try fields.integer(kind.rawValue)
            try fields.octets(proof)
            try fields.text(note)
            try fields.octets(envelope)
        }
    }
}
