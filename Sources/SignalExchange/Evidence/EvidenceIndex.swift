import ExchangeCatalogue
package import ExchangeCore

/// What lies in a folder of evidence and what it is said to be: `index.json`.
///
/// Nobody signs it. It says where to look, and what the exporting node noted; who said what is read from the signed files
/// alone, and held against it.
package struct EvidenceIndex: Hashable, Sendable {
    package static let format = "signal-exchange-evidence"
    package static let version: Int64 = 3
    /// The first that is still read: what was exported once is looked at years later.
    private static let earliestVersion: Int64 = 2

    /// By whose clock and revocation lists the certificates were judged.
    package var exportedAt: Timestamp
    package var exportedBy: OIN
    package var message: Message
    /// The L2 and L3 that name it, in the order in which the exporting node kept them.
    package var acknowledgements: [Message]
    /// Whether these are all that the exporting node has.
    package var hasAllAcknowledgements: Bool
    /// Whether all that was judged by then is here: lists may be too large for that.
    package var hasAllJudgements: Bool
    /// Every other file but `SHA256SUMS`.
    package var files: [FileDigest]

    package struct Message: Hashable, Sendable {
        package var id: MessageID
        package var digest: Digest
        package var type: MessageType
        package var sender: Party
        package var senderName: String
        package var created: Timestamp
        package var file: String
        /// The file of its signer's certificate; `nil` where the exporting node had none.
        package var certificate: String?
        /// `judged` in JSON.
        package var judgement: Judgement?
        /// In the order of the content.
        package var recipients: [Recipient]
    }

    /// One organisation that was told, and how far that came as the exporting node noted it.
    package struct Recipient: Hashable, Sendable {
        package var party: Party
        package var name: String
        /// The number in the channel from the sender to it; `nil` where the exporting node is neither of them.
        package var number: SequenceNumber?
        /// As `queue list` or `inbox list` shows it; `unknown` where the exporting node is neither of them.
        package var state: String
        package var times: Times
        package var proofs: [Proof]

        package static let unknownState = "unknown"
    }

    package struct Times: Hashable, Sendable {
        package var accepted: Timestamp?
        package var received: Timestamp?
        package var owned: Timestamp?
        /// From version 3 on.
        package var declined: Timestamp?
        package var concluded: Timestamp?
    }

    package struct Proof: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable { case receipt, refusal }
        package var kind: Kind
        package var file: String
        package var certificate: String?
        /// Whether it was signed in the place of one whose key holds no more (`protocol.md` §5.2).
        package var isReissued: Bool
        package var judgement: Judgement?
    }

    /// When the exporting node took what was signed, and by which authorities and lists it judged it then; none where it had
    /// not noted them yet.
    package struct Judgement: Hashable, Sendable {
        package var at: Timestamp
        package var authorities: String
    }

    package struct FileDigest: Hashable, Sendable {
        package var name: String
        package var digest: Digest
    }
}

// MARK: JSON

extension EvidenceIndex {
    private static let limits = JSONLimits(byteCount: 8 << 20, depth: 8)

    package func encode() throws -> [UInt8] {
        try JSONWriter.write(
            [
                "format": .string(Self.format), "version": .integer(Self.version),
                "exportedAt": .string(exportedAt.description), "exportedBy": .string(exportedBy.text),
                "message": message.json, "acknowledgements": .array(acknowledgements.map(\.json)),
                "hasAllAcknowledgements": .bool(hasAllAcknowledgements), "hasAllJudgements": .bool(hasAllJudgements),
                "files": .array(
                    files.map { ["name": .string($0.name), "sha256": .string($0.digest.description)] }),
            ], layout: .indented, limits: Self.limits)
    }

    /// - Throws: ``ContentError`` or `JSONError`: the member that is not of its form.
    package static func decode(_ bytes: [UInt8]) throws -> EvidenceIndex {
        let reader = try ObjectReader(
            try JSONParser.parse(bytes, limits: limits), at: .document,
            members: [
                "format", "version", "exportedAt", "exportedBy", "message", "acknowledgements",
                "hasAllAcknowledgements", "hasAllJudgements", "files",
            ])
        guard try reader.text("format") == format else { throw reader.invalid("format", "put \(format) here") }
        _ = try reader.integer("version", in: earliestVersion...version)
        let index = EvidenceIndex(
            exportedAt: try reader.moment("exportedAt"),
            exportedBy: try reader.parsed("exportedBy", form: "an OIN") { OIN($0) },
            message: try Message(try reader.required("message"), at: FieldPath("message")),
            acknowledgements: try reader.list("acknowledgements") { try Message($0, at: $1) },
            hasAllAcknowledgements: try reader.flag("hasAllAcknowledgements"),
            hasAllJudgements: try reader.flag("hasAllJudgements"),
            files: try reader.list("files") { value, path in
                let file = try ObjectReader(value, at: path, members: ["name", "sha256"])
                return FileDigest(
                    name: try file.fileName("name"),
                    digest: try file.parsed("sha256", form: "a SHA-256 digest", Digest.init(text:)))
            })
        // Each is judged by itself: one that is named often would be judged as often.
        guard Set(index.signedFiles).count == index.signedFiles.count else {
            throw reader.invalid("message", "name each signed file once")
        }
        return index
    }

    /// The files that bear signatures.
    var signedFiles: [String] {
        ([message] + acknowledgements).flatMap { [$0.file] + $0.recipients.flatMap(\.proofs).map(\.file) }
    }
}

extension EvidenceIndex {
    fileprivate static func json(_ judgement: Judgement?) -> JSONValue {
        judgement.map { ["at": .string($0.at.description), "authorities": .string($0.authorities)] } ?? .null
    }
}

extension EvidenceIndex.Message {
    fileprivate var json: JSONValue {
        [
            "id": .string(id.description), "digest": .string(digest.description), "type": .string(type.code),
            "version": .integer(Int64(type.version)), "sender": .string(sender.oin.text),
            "senderRole": .string(sender.role.rawValue), "senderName": .string(senderName),
            "created": .string(created.description), "file": .string(file),
            "certificate": certificate.map { .string($0) } ?? .null, "judged": EvidenceIndex.json(judgement),
            "recipients": .array(recipients.map(\.json)),
        ]
    }

    fileprivate init(_ value: JSONValue, at path: FieldPath) throws {
        let reader = try ObjectReader(
            value, at: path,
            members: [
                "id", "digest", "type", "version", "sender", "senderRole", "senderName", "created", "file",
                "certificate", "judged", "recipients",
            ])
        let version = Int(try reader.integer("version", in: 1...99))
        self.init(
            id: try reader.messageID("id"),
            digest: try reader.parsed("digest", form: "a SHA-256 digest", Digest.init(text:)),
            type: try reader.parsed("type", form: "a message type") { MessageType(code: $0, version: version) },
            sender: try reader.party("sender", "senderRole"), senderName: try reader.text("senderName"),
            created: try reader.moment("created"), file: try reader.fileName("file"),
            certificate: try reader.optionalFileName("certificate"), judgement: try reader.judgement("judged"),
            recipients: try reader.list("recipients") { try EvidenceIndex.Recipient($0, at: $1) })
    }
}

extension EvidenceIndex.Recipient {
    fileprivate var json: JSONValue {
        [
            "oin": .string(party.oin.text), "role": .string(party.role.rawValue), "name": .string(name),
            "number": number.map { .integer(Int64(clamping: $0.value)) } ?? .null, "state": .string(state),
            "accepted": Self.json(times.accepted), "received": Self.json(times.received),
            "owned": Self.json(times.owned), "declined": Self.json(times.declined),
            "concluded": Self.json(times.concluded),
            "proofs": .array(proofs.map(\.json)),
        ]
    }

    private static func json(_ moment: Timestamp?) -> JSONValue { moment.map { .string($0.description) } ?? .null }

    fileprivate init(_ value: JSONValue, at path: FieldPath) throws {
        let reader = try ObjectReader(
            value, at: path,
            members: [
                "oin", "role", "name", "number", "state", "accepted", "received", "owned", "declined", "concluded",
                "proofs",
            ])
        let times = EvidenceIndex.Times(
            accepted: try reader.optionalMoment("accepted"), received: try reader.optionalMoment("received"),
            owned: try reader.optionalMoment("owned"),
            declined: try reader.optional("declined") == nil ? nil : reader.optionalMoment("declined"),
            concluded: try reader.optionalMoment("concluded"))
        let number = try reader.isNull("number") ? nil : reader.integer("number", in: 1...Int64.max)
        self.init(
            party: try reader.party("oin", "role"), name: try reader.text("name"),
            number: number.map { SequenceNumber(UInt64($0)) }, state: try reader.text("state"), times: times,
            proofs: try reader.list("proofs") { try EvidenceIndex.Proof($0, at: $1) })
    }
}

extension EvidenceIndex.Proof {
    fileprivate var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "file": .string(file),
            "certificate": certificate.map { .string($0) } ?? .null, "reissued": .bool(isReissued),
            "judged": EvidenceIndex.json(judgement),
        ]
    }

    fileprivate init(_ value: JSONValue, at path: FieldPath) throws {
        let reader = try ObjectReader(value, at: path, members: ["kind", "file", "certificate", "reissued", "judged"])
        self.init(
            kind: try reader.parsed("kind", form: "receipt or refusal") { Kind(rawValue: $0) },
            file: try reader.fileName("file"), certificate: try reader.optionalFileName("certificate"),
            isReissued: try reader.flag("reissued"), judgement: try reader.judgement("judged"))
    }
}

extension ObjectReader {
    fileprivate func moment(_ name: String) throws -> Timestamp {
        try parsed(name, form: "a moment in UTC with three decimals") { Timestamp($0) }
    }

    fileprivate func isNull(_ name: String) throws -> Bool { try required(name) == .null }

    fileprivate func optionalMoment(_ name: String) throws -> Timestamp? {
        try isNull(name) ? nil : moment(name)
    }

    fileprivate func judgement(_ name: String) throws -> EvidenceIndex.Judgement? {
        guard try !isNull(name) else { return nil }
        let reader = try ObjectReader(
            try required(name), at: path.member(name), members: ["at", "authorities"])
        return EvidenceIndex.Judgement(
            at: try reader.moment("at"),
            authorities: try reader.parsed("authorities", form: "the name of a file in then/") {
                EvidenceFiles.isName($0) && $0.hasPrefix("then/") ? $0 : nil
            })
    }

    fileprivate func flag(_ name: String) throws -> Bool {
        guard case .bool(let flag) = try required(name) else { throw invalid(name, "put true or false here") }
        return flag
    }

    fileprivate func party(_ oin: String, _ role: String) throws -> Party {
        Party(
            oin: try parsed(oin, form: "an OIN") { OIN($0) },
            role: try parsed(role, form: "a role") { Role(rawValue: $0) })
    }

    fileprivate func fileName(_ name: String) throws -> String {
        try parsed(name, form: "the name of a file in this folder") { EvidenceFiles.isName($0) ? $0 : nil }
    }

    fileprivate func optionalFileName(_ name: String) throws -> String? {
        try isNull(name) ? nil : fileName(name)
    }

    fileprivate func list<Element>(
        _ name: String, _ read: (JSONValue, FieldPath) throws -> Element
    ) throws -> [Element] {
        try elements(name, count: 0...EvidenceFiles.maximumCount).enumerated().map { index, value in
            try read(value, path.member(name).element(index))
        }
    }
}

extension Digest {
    /// 64 hexadecimal digits in lower case, and nothing else.
    fileprivate init?(text: String) {
        guard text == text.lowercased(), let bytes = [UInt8](hexadecimal: text) else { return nil }
        self.init(bytes)
    }
}
