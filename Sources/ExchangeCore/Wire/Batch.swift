package import SwiftASN1

/// One request between nodes: a signed manifest and an envelope for each of its items of kind `message`, in the same
/// order (`protocol.md` §6.1).
package struct Batch: Hashable, WireStructure {
    package static let maximumBytes = ProtocolLimits.batchMaximumBytes
    /// Itself, three fields, and an OCTET STRING for each envelope.
    package static let maximumNodes = 4 + ProtocolLimits.batchMaximumItems

    /// SignedData over a ``Manifest``.
    package let signedManifest: [UInt8]
    package let envelopes: [[UInt8]]

    package init(signedManifest: [UInt8], envelopes: [[UInt8]]) {
        self.signedManifest = signedManifest
        self.envelopes = envelopes
    }

    package init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) { fields in
            try fields.version()
            let manifest = try fields.octets(atMost: ProtocolLimits.statementMaximumBytes)
            let envelopes = try fields.list(of: ASN1OctetString.self, atMost: ProtocolLimits.batchMaximumItems)
            return Batch(signedManifest: manifest, envelopes: envelopes.map { Array($0.bytes) })
        }
    }

    package func serialize(into coder: inout DER.Serializer) throws {
        try FieldWriter.write(into: &coder) { fields in
            try fields.version()
            try fields.octets(signedManifest)
            try fields.list(envelopes.map { ASN1OctetString(contentBytes: $0[...]) })
        }
    }
}

/// What a recipient says of one item (`protocol.md` §6.4).
package enum ItemAnswer: Hashable, Sendable {
    /// An ESS signed receipt (RFC 2634 §2).
    case receipt([UInt8])
    /// SignedData over a ``Refusal``.
    case refusal([UInt8])
    /// Not now; unsigned, and sent again.
    case later(LaterCode, detail: String)
    /// A void or held number was noted.
    case noted
}

package struct ItemOutcome: Hashable, Sendable {
    package let number: SequenceNumber
    package let answer: ItemAnswer

    package init(number: SequenceNumber, answer: ItemAnswer) {
        self.number = number
        self.answer = answer
    }
}

/// The answer to a batch: an outcome for each item of its manifest, in order (`protocol.md` §6.4).
package struct BatchAnswer: Hashable, WireStructure {
    package static let maximumBytes = ProtocolLimits.answerMaximumBytes
    /// Itself, three fields, and for each outcome itself and five fields.
    package static let maximumNodes = 4 + ProtocolLimits.batchMaximumItems * 6

    /// SHA-256 over the signed manifest that this answers.
    package let manifestDigest: Digest
    package let outcomes: [ItemOutcome]

    package init(manifestDigest: Digest, outcomes: [ItemOutcome]) {
        self.manifestDigest = manifestDigest
        self.outcomes = outcomes
    }

    package init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) { fields in
            try fields.version()
            return BatchAnswer(
                manifestDigest: try fields.digest(),
                outcomes: try fields.list(of: ItemOutcome.self, atMost: ProtocolLimits.batchMaximumItems))
        }
    }

    package func serialize(into coder: inout DER.Serializer) throws {
        try FieldWriter.write(into: &coder) { fields in
            try fields.version()
            try fields.digest(manifestDigest)
            try fields.list(outcomes)
        }
    }
}

extension ItemOutcome: DERParseable, DERSerializable {
    private enum Kind: Int { case receipt, refusal, later, noted }

    package init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) { fields in
            let number = try fields.number()
            guard let kind = Kind(rawValue: try fields.integer()) else { throw fields.malformed("unknown outcome") }
            let statement = try fields.octets(atMost: ProtocolLimits.statementMaximumBytes)
            let code = try fields.text()
            let detail = try fields.text()
            let isLawful =
                switch kind {
                case .receipt, .refusal: !statement.isEmpty && code.isEmpty && detail.isEmpty
                case .later: statement.isEmpty
                case .noted: statement.isEmpty && code.isEmpty && detail.isEmpty
                }
            guard isLawful else { throw fields.malformed("an outcome carries its own fields and no others") }
            switch kind {
            case .receipt: return ItemOutcome(number: number, answer: .receipt(statement))
            case .refusal: return ItemOutcome(number: number, answer: .refusal(statement))
            case .noted: return ItemOutcome(number: number, answer: .noted)
            case .later:
                // A code that we do not know yet still means "later": a newer partner must not look broken.
                return ItemOutcome(
                    number: number, answer: .later(LaterCode(rawValue: code) ?? .internalFault, detail: detail))
            }
        }
    }

    package func serialize(into coder: inout DER.Serializer) throws {
        let (kind, statement, code, detail): (Kind, [UInt8], String, String) =
            switch answer {
            case .receipt(let bytes): (.receipt, bytes, "", "")
            case .refusal(let bytes): (.refusal, bytes, "", "")
            case .later(let code, let detail): (.later, [], code.rawValue, detail)
            case .noted: (.noted, [], "", "")
            }
        try FieldWriter.write(into: &coder) { fields in
            try fields.number(number)
            try fields.integer(kind.rawValue)
            try fields.octets(statement)
            try fields.text(code)
            try fields.text(detail)
        }
    }
}

/// A recipient's signed statement that these identical bytes can never succeed (`protocol.md` §7.1).
package struct Refusal: Hashable, WireStructure {
    package static let maximumBytes = ProtocolLimits.statementMaximumBytes
    /// Itself and nine fields.
    package static let maximumNodes = 10

    package let sender: OIN
    package let recipient: OIN
    package let item: ChannelItem
    package let code: RefusalCode
    /// What is wrong: the field, and the code list with its version; never a part of the content.
    package let detail: String
    package let at: Timestamp

    package init(sender: OIN, recipient: OIN, item: ChannelItem, code: RefusalCode, detail: String, at: Timestamp) {
        self.sender = sender
        self.recipient = recipient
        self.item = item
        self.code = code
        self.detail = detail
        self.at = at
    }

    package init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) { fields in
            try fields.version()
            let sender = try fields.oin()
            let recipient = try fields.oin()
            let item = ChannelItem(
                number: try fields.number(), messageID: try fields.identifier(MessageID.self),
                messageDigest: try fields.digest())
            guard let code = RefusalCode(rawValue: try fields.text()) else {
                throw fields.malformed("unknown refusal code")
            }
            return Refusal(
                sender: sender, recipient: recipient, item: item, code: code, detail: try fields.text(),
                at: try fields.timestamp())
        }
    }

    package func serialize(into coder: inout DER.Serializer) throws {
        try FieldWriter.write(into: &coder) { fields in
            try fields.version()
            try fields.oin(sender)
            try fields.oin(recipient)
            try fields.number(item.number)
            try fields.identifier(item.messageID)
            try fields.digest(item.messageDigest)
            try fields.text(code.rawValue)
            try fields.text(detail)
            try fields.timestamp(at)
        }
    }
}
