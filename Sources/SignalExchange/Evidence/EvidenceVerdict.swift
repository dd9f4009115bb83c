package import ExchangeCatalogue
package import ExchangeCore

/// What the signatures in a folder of evidence show, and what does not verify.
package struct EvidenceVerdict: Hashable, Sendable {
    package var messageID: MessageID
    package var digest: Digest
    package var statements: [Statement] = []
    package var faults: [Finding] = []
    /// What a reader has to know and nothing is wrong with.
    package var notes: [Finding] = []
    /// The signed files that hold by the lists of the export.
    package var held: Set<String> = []
    /// The signed files that held by the authorities and lists of when the exporting node took them.
    package var heldThen: Set<String> = []
    package var anchors: AnchorSource
    /// The moment by which certificates and revocation lists were judged.
    package var judgedAt: Timestamp
    /// How many signed files the index names.
    package var signedCount: Int

    package var holds: Bool { faults.isEmpty }

    mutating func take(_ findings: SignatureJudge.Findings) {
        faults += findings.faults
        notes += findings.notes
        held = findings.held
        heldThen = findings.heldThen
    }

    /// Whence the authorities are that everything rests on.
    package enum AnchorSource: Hashable, Sendable {
        /// Out of the folder itself: they prove nothing about who issued them.
        case folder
        /// Out of a file that the third party got elsewhere.
        case file(String)
    }

    /// Something that a verified signature says; and of a recipient of whom there is none, that it is open.
    package struct Statement: Hashable, Sendable {
        package enum Act: String, Hashable, Sendable {
            case said, received, refused, owned, declined, concluded
            /// Another recipient holds another message under this id: its signature is under the digest of that.
            case holdsAnother = "holds-another"
            /// No receipt and no refusal of this recipient is here.
            case open
        }

        package var act: Act
        package var party: Party
        /// The signer's own time, out of its signature; `nil` where nothing is signed.
        package var at: Timestamp?
        /// Of what: `message` is the message that the evidence is about.
        package var messageID: MessageID
        package var file: String?
        /// Type and recipients of what was said; the duty role of who owns, declined or concluded; a refusal's code; the digest
        /// of another message.
        package var detail: String
    }

    /// Something about one file.
    package struct Finding: Hashable, Sendable {
        package var file: String
        /// A stable code: of `CMSError`, of ``ContentError``, or one of `docs/evidence.md`.
        package var code: String
        package var detail: String
    }
}

extension EvidenceVerdict {
    /// One JSON object a statement, note and fault, and one for the whole.
    package var lines: [JSONValue] {
        statements.map { $0.json(heldThen: heldThen) } + notes.map { $0.json(as: "note") }
            + faults.map { $0.json(as: "fault") } + [summary]
    }

    private var summary: JSONValue {
        let (source, file): (JSONValue, JSONValue) =
            switch anchors {
            case .folder: ("folder", .null)
            case .file(let path): ("file", .string(path))
            }
        return [
            "line": "verdict", "verified": .bool(holds), "message": .string(messageID.description),
            "digest": .string(digest.description), "anchors": source, "anchorsFile": file,
            "judgedAt": .string(judgedAt.description), "signed": .integer(Int64(signedCount)),
            "held": .integer(Int64(held.count)), "heldThen": .integer(Int64(heldThen.count)),
            "faults": .integer(Int64(faults.count)),
            "open": .integer(Int64(statements.count { $0.act == .open })),
        ]
    }
}

extension EvidenceVerdict.Statement {
    fileprivate func json(heldThen: Set<String>) -> JSONValue {
        [
            "line": "statement", "heldThen": file.map { .bool(heldThen.contains($0)) } ?? .null,
            "act": .string(act.rawValue), "oin": .string(party.oin.text),
            "role": .string(party.role.rawValue), "at": at.map { .string($0.description) } ?? .null,
            "message": .string(messageID.description), "file": file.map { .string($0) } ?? .null,
            "detail": .string(detail),
        ]
    }
}

extension EvidenceVerdict.Finding {
    fileprivate func json(as line: String) -> JSONValue {
        ["line": .string(line), "file": .string(file), "code": .string(code), "detail": .string(detail)]
    }
}
