package import SwiftASN1

/// One line of a manifest: a number of the channel, and what it stands for (`protocol.md` §6.2).
package struct ManifestItem: Hashable, Sendable {
    package let item: ChannelItem
    package let kind: ItemKind
    /// The number under which the same message was sealed before, where this is a repair by re-sealing.
    package let replaces: SequenceNumber?
    /// Why a number is void or held; empty for a message.
    package let reason: String

    package init(item: ChannelItem, kind: ItemKind, replaces: SequenceNumber? = nil, reason: String = "") {
        self.item = item
        self.kind = kind
        self.replaces = replaces
        self.reason = reason
    }
}

/// The sender's signed list of what a batch carries. One signature covers the batch; the recipient's answers refer to
/// its digest (`protocol.md` §6.2).
package struct Manifest: Hashable, WireStructure {
    package static let maximumBytes = ProtocolLimits.manifestMaximumBytes
    /// Itself, seven fields, and for each item itself, five fields, and the replaced number in its tag and SEQUENCE.
    package static let maximumNodes = 8 + ProtocolLimits.batchMaximumItems * 9

    package let sender: OIN
    package let recipient: OIN
    package let incarnation: IncarnationID
    package let created: Timestamp
    /// Ascending by number; not necessarily without holes, since what has its answer is not sent again.
    package let items: [ManifestItem]
    /// The sender's running digest at the last item's number.
    package let runningDigest: Digest

    package init(
        sender: OIN, recipient: OIN, incarnation: IncarnationID, created: Timestamp, items: [ManifestItem],
        runningDigest: Digest
    ) {
        self.sender = sender
        self.recipient = recipient
        self.incarnation = incarnation
        self.created = created
        self.items = items
        self.runningDigest = runningDigest
    }

    package init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) { fields in
            try fields.version()
            let manifest = Manifest(
                sender: try fields.oin(), recipient: try fields.oin(),
                incarnation: try fields.identifier(IncarnationID.self), created: try fields.timestamp(),
                items: try fields.list(of: ManifestItem.self, atMost: ProtocolLimits.batchMaximumItems),
                runningDigest: try fields.digest())
            guard !manifest.items.isEmpty else { throw fields.malformed("a manifest has at least one item") }
            guard zip(manifest.items, manifest.items.dropFirst()).allSatisfy({ $0.item.number < $1.item.number }) else {
                throw fields.malformed("numbers ascend, each once")
            }
            return manifest
        }
    }

    package func serialize(into coder: inout DER.Serializer) throws {
        try FieldWriter.write(into: &coder) { fields in
            try fields.version()
            try fields.oin(sender)
            try fields.oin(recipient)
            try fields.identifier(incarnation)
            try fields.timestamp(created)
            try fields.list(items)
            try fields.digest(runningDigest)
        }
    }
}

extension ManifestItem: DERParseable, DERSerializable {
    package init(derEncoded node: ASN1Node) throws {
        self = try FieldReader.read(node) { fields in
            let number = try fields.number()
            guard number > .none else { throw fields.malformed("numbers begin at 1") }
            guard let kind = ItemKind(rawValue: try fields.integer()) else { throw fields.malformed("unknown kind") }
            let item = ChannelItem(
                number: number, messageID: try fields.identifier(MessageID.self), messageDigest: try fields.digest())
            let reason = try fields.text()
            let replaces = try fields.optional(tag: 0) { try $0.number() }
            guard kind.hasEnvelope == reason.isEmpty else {
                throw fields.malformed("a void or held number gives its reason, a message none")
            }
            if let replaces, replaces == .none || replaces >= number {
                throw fields.malformed("a number replaces an earlier one")
            }
            return ManifestItem(item: item, kind: kind, replaces: replaces, reason: reason)
        }
    }

    package func serialize(into coder: inout DER.Serializer) throws {
        try FieldWriter.write(into: &coder) { fields in
            try fields.number(item.number)
            try fields.integer(kind.rawValue)
            try fields.identifier(item.messageID)
            try fields.digest(item.messageDigest)
            try fields.text(reason)
            try fields.optional(replaces, tag: 0) { try $0.number($1) }
        }
    }
}
