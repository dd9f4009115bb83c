internal import COpenSSL
internal import SwiftASN1

/// Asks the installed OpenSSL, at start, whether it accepts forged envelopes (CVE-2026-34182). The policy keeps such
/// envelopes from it in any case; a library that accepts them is out of date in everything else as well.
package enum LibraryProbe {
    package struct Report: Sendable {
        /// Such as `OpenSSL 3.0.22 25 Aug 2026`.
        package let version: String
        /// What the operator should know although the node may run.
        package let warnings: [String]
    }

    /// The first release of each line that is not known to accept forgeries; 3.0.22 is what this node asks for.
    private static let oldestSafe: [(line: String, number: UInt)] = [
        ("3.0", 0x3000_0160), ("3.4", 0x3040_0060), ("3.5", 0x3050_0070), ("3.6", 0x3060_0030), ("4.0", 0x4000_0010),
    ]

    /// - Throws: `libraryUnsafe` where a probe is accepted: install the newest libssl3 of the system's security
    ///   updates and start again.
    package static func run() throws(CMSError) -> Report {
        let version = unsafe String(cString: OpenSSL_version(OPENSSL_VERSION))
        for forgery in Forgery.allCases where try accepts(forgery) {
            throw CMSError(
                .libraryUnsafe,
                "\(version) accepts a forged envelope (\(forgery.rawValue)); "
                    + "install the system's security updates of libssl3 and start again")
        }
        return Report(version: version, warnings: warnings(version: version, number: OpenSSL_version_num()))
    }

    static func warnings(version: String, number: UInt) -> [String] {
        let line = number >> 20
        guard let oldest = oldestSafe.first(where: { $0.number >> 20 == line }) else {
            return ["\(version) is of a line that this node was not tested with"]
        }
        guard number < oldest.number else { return [] }
        let patch = oldest.number >> 4 & 0xFFFF
        return ["\(version) is older than \(oldest.line).\(patch); install the system's security updates of libssl3"]
    }

    enum Forgery: String, CaseIterable {
        /// The tag cut to one byte, which is guessed in 256 tries.
        case shortTag = "tag of one byte"
        /// The cipher replaced by one without authentication, so that no tag is looked at.
        case unauthenticatedCipher = "cipher without authentication"
    }

    static func accepts(_ forgery: Forgery) throws(CMSError) -> Bool {
        switch forgery {
        case .shortTag:
            try accepts { (inspection) throws(CMSError) in try Self.cut(inspection, tagBytes: 1) }
        case .unauthenticatedCipher:
            try accepts(Self.withOFB)
        }
    }

    /// Whether `CMS_decrypt` takes an envelope of its own after the change.
    static func accepts(
        _ change: (EnvelopePolicy.Inspection) throws(CMSError) -> AuthEnvelopedData
    ) throws(CMSError) -> Bool {
        let key = CaseStorageKey()
        let envelope = try EnvelopeWriter.encrypt(Array("probe".utf8), to: [], storageKey: key)
        let forged = try change(EnvelopePolicy.inspect(envelope, at: .store)).der
        do {
            _ = try Opener.plaintext(of: forged, with: key)
            return true
        } catch {
            return false
        }
    }

    static func cut(_ inspection: EnvelopePolicy.Inspection, tagBytes: Int) throws(CMSError) -> AuthEnvelopedData {
        // The last byte of GCMParameters is the tag's length; the tag is an OCTET STRING of 2 + 16 bytes.
        var info = Array(inspection.encryptedContentInfo)
        guard let length = Self.offset(of: [0x02, 0x01, 0x10], in: info) else {
            throw CMSError(.malformed, "the probe finds no tag length")
        }
        info[length + 2] = UInt8(tagBytes)
        let tag = [0x04, UInt8(tagBytes)] + inspection.tag.dropFirst(2).prefix(tagBytes)
        return AuthEnvelopedData(
            recipients: inspection.recipients.map(\.encodedBytes), encryptedContentInfo: info[...], tag: tag[...])
    }

    private static func withOFB(_ inspection: EnvelopePolicy.Inspection) throws(CMSError) -> AuthEnvelopedData {
        var serializer = DER.Serializer()
        do {
            try serializer.appendConstructedNode(identifier: .sequence) { info in
                try info.serialize(ASN1ObjectIdentifier.contentInfo)
                try info.appendConstructedNode(identifier: .sequence) { algorithm in
                    try algorithm.serialize([2, 16, 840, 1, 101, 3, 4, 1, 43] as ASN1ObjectIdentifier)
                    algorithm.appendPrimitiveNode(identifier: .octetString) {
                        $0.append(contentsOf: [UInt8](repeating: 0, count: 16))
                    }
                }
                info.appendPrimitiveNode(identifier: .context(0)) { $0.append(contentsOf: "forged".utf8) }
            }
        } catch { throw CMSError(.malformed, "the probe could not be written: \(error)") }
        return AuthEnvelopedData(
            recipients: inspection.recipients.map(\.encodedBytes),
            encryptedContentInfo: serializer.serializedBytes[...], tag: inspection.tag)
    }

    private static func offset(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
        bytes.indices.dropLast(pattern.count - 1).first { bytes[$0...].starts(with: pattern) }
    }
}
