package import ExchangeCore

/// The key of one attachment: 32 random bytes for AES-256-GCM. It travels inside the signed and encrypted content only,
/// and describes itself without its bytes so that it does not end in a log.
package struct AttachmentKey: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package static let byteCount = 32
    package let bytes: [UInt8]

    /// Returns `nil` unless there are exactly 32 bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    package var description: String { "AttachmentKey(withheld)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What signed content says of an attachment, which travels beside it in encrypted chunks (`protocol.md` §16.1).
package struct AttachmentDescriptor: Hashable, Sendable {
    /// A file name for people, without a folder; never used as a path.
    package let name: String?
    /// Type and subtype in lower case, without parameters (RFC 6838 §4.2).
    package let mediaType: String
    /// Of the clear attachment.
    package let byteCount: Int64
    /// Of the clear text in each chunk but the last.
    package let chunkByteCount: Int64
    /// Of the clear attachment.
    package let sha256: Digest
    package let key: AttachmentKey

    package static let nameByteCountLimit = 255
    package static let mediaTypeByteCountLimit = 127
    /// 1 GiB.
    package static let byteCountRange: ClosedRange<Int64> = 1...1_073_741_824
    /// 4 KiB to 1 MiB; 1 MiB is what a node uses.
    package static let chunkByteCountRange: ClosedRange<Int64> = 4096...1_048_576

    package init(
        name: String?, mediaType: String, byteCount: Int64, chunkByteCount: Int64, sha256: Digest, key: AttachmentKey
    ) {
        self.name = name
        self.mediaType = mediaType
        self.byteCount = byteCount
        self.chunkByteCount = chunkByteCount
        self.sha256 = sha256
        self.key = key
    }

    static let members = ["name", "mediaType", "byteCount", "chunkByteCount", "sha256", "key"]

    init(_ value: JSONValue, at path: FieldPath) throws(ContentError) {
        let reader = try ObjectReader(value, at: path, members: Self.members)
        name = try reader.optionallyParsed(
            "name", form: "a file name of at most \(Self.nameByteCountLimit) bytes, without a folder"
        ) { Self.isFileName($0) ? $0 : nil }
        mediaType = try reader.parsed(
            "mediaType", form: "a media type such as image/jpeg, in lower case, without parameters"
        ) { Self.isMediaType($0) ? $0 : nil }
        byteCount = try reader.integer("byteCount", in: Self.byteCountRange)
        chunkByteCount = try reader.integer("chunkByteCount", in: Self.chunkByteCountRange)
        sha256 = try reader.parsed("sha256", form: Form.digest, Digest.init(lowerCaseHexadecimal:))
        key = try reader.parsed("key", form: "a key of 32 bytes (64 hexadecimal digits in lower case)") {
            [UInt8](lowerCaseHexadecimal: $0).flatMap { AttachmentKey($0) }
        }
    }

    var json: JSONValue {
        var object = JSONObject()
        object["name"] = name.map { .string($0) }
        object["mediaType"] = .string(mediaType)
        object["byteCount"] = .integer(byteCount)
        object["chunkByteCount"] = .integer(chunkByteCount)
        object["sha256"] = .string(sha256.description)
        object["key"] = .string(key.bytes.hexadecimal)
        return .object(object)
    }

    /// No folder, no control character, and not `.` or `..`: a careless reader must not write outside its folder.
    private static func isFileName(_ text: String) -> Bool {
        (1...nameByteCountLimit).contains(text.utf8.count) && text != "." && text != ".."
            && text.unicodeScalars.allSatisfy { !$0.isControl && $0 != "/" && $0 != "\\" }
    }

    private static func isMediaType(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return text.utf8.count <= mediaTypeByteCountLimit && parts.count == 2
            && parts.allSatisfy { part in
                guard let first = part.first, first.isASCIILowerCaseLetter || first.isASCIIDigit else { return false }
                return part.allSatisfy {
                    $0.isASCIILowerCaseLetter || $0.isASCIIDigit || "!#$&-^_.+".utf8.contains($0)
                }
            }
    }
}

extension [UInt8] {
    /// One value has one spelling, so capitals are refused where the core would take them.
    init?(lowerCaseHexadecimal text: String) {
        guard text.utf8.allSatisfy(\.isASCIILowerCaseHexadecimalDigit) else { return nil }
        self.init(hexadecimal: text)
    }
}

extension Digest {
    init?(lowerCaseHexadecimal text: String) {
        guard let bytes = [UInt8](lowerCaseHexadecimal: text) else { return nil }
        self.init(bytes)
    }
}
