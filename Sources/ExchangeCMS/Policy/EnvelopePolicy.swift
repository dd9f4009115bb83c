internal import SwiftASN1

/// What an envelope may look like before OpenSSL touches it (RFC 5083, RFC 5652 §6; `protocol.md` §4).
///
/// `CMS_decrypt` decrypts whatever it recognises: EnvelopedData without any authentication, short tags, weak wraps.
/// This walk demands the one form that the profile has, so that the decision is made here and not there.
package enum EnvelopePolicy {
    /// Where an envelope stands decides which recipients it may have.
    package enum Place: Sendable {
        /// Between nodes: one recipient, a partner's key. More would tell everyone on the way who else is told.
        case wire
        /// In the node's own store: partners' keys and one storage key.
        case store
    }

    struct Inspection {
        let recipients: [RecipientInfo]
        /// EncryptedContentInfo and tag as they stand, so that trimming copies and never re-encodes them.
        let encryptedContentInfo: ArraySlice<UInt8>
        let tag: ArraySlice<UInt8>
    }

    /// - Throws: a `CMSError` that names the first part that the profile does not allow.
    static func inspect(_ bytes: [UInt8], at place: Place) throws(CMSError) -> Inspection {
        let root = try StrictDER.parse(bytes, bytesLimit: CMSLimits.envelopeBytes)
        var contentInfo = try DERElements(of: root, "ContentInfo")
        let type = try contentInfo.next("contentType").objectIdentifier("contentType")
        guard type == .authEnvelopedData else {
            throw CMSError(.structureNotAllowed, "the structure is \(type) and not AuthEnvelopedData")
        }
        let content = try contentInfo.next("content").inside(.context(0), "content")
        try contentInfo.end()

        var envelope = try DERElements(of: content, "AuthEnvelopedData")
        try envelope.next("version").demandInteger(0, "the version of AuthEnvelopedData")
        guard envelope.next(ifTagged: .context(0)) == nil else {
            throw CMSError(.partNotAllowed, "originatorInfo is not allowed: certificates come from the directory")
        }
        var set = try DERElements(of: envelope.next("recipientInfos"), .set, "recipientInfos")
        var recipients: [RecipientInfo] = []
        for node in try set.rest(limit: CMSLimits.recipients + 1) { recipients.append(try RecipientInfo(node)) }
        try demand(recipients, at: place)

        let encryptedContentInfo = try envelope.next("encryptedContentInfo")
        try check(encryptedContentInfo)
        guard envelope.next(ifTagged: .context(1)) == nil else {
            throw CMSError(.partNotAllowed, "authenticated attributes are not part of the profile")
        }
        let tag = try envelope.next("mac")
        let tagBytes = try tag.primitive(.octetString, "mac")
        guard tagBytes.count == 16 else {
            throw CMSError(.tagTooShort, "the tag has \(tagBytes.count) bytes instead of 16")
        }
        // What is left could only be unauthAttrs, which nothing protects.
        try envelope.end(orElse: .partNotAllowed)
        return Inspection(
            recipients: recipients, encryptedContentInfo: encryptedContentInfo.encodedBytes, tag: tag.encodedBytes)
    }

    private static func demand(_ recipients: [RecipientInfo], at place: Place) throws(CMSError) {
        let storageKeys = recipients.filter { $0.kind == .storageKey }
        switch place {
        case .wire:
            guard recipients.count == 1, storageKeys.isEmpty else {
                throw CMSError(
                    .partNotAllowed,
                    "an envelope travels with exactly one recipient, a partner's key; "
                        + "it has \(recipients.count), \(storageKeys.count) of them storage keys")
            }
        case .store:
            guard storageKeys.count == 1 else {
                throw CMSError(.partNotAllowed, "a stored envelope has exactly one storage key")
            }
        }
    }

    private static func check(_ node: ASN1Node) throws(CMSError) {
        var info = try DERElements(of: node, "encryptedContentInfo")
        let type = try info.next("contentType").objectIdentifier("contentType")
        // The tag does not cover it, so that only one value can be allowed.
        guard type == .contentInfo else {
            throw CMSError(.contentTypeMismatch, "the encrypted content is \(type) and not id-ct-contentInfo")
        }
        try AlgorithmPolicy.demandContentEncryption(info.next("contentEncryptionAlgorithm"))
        let ciphertext = try info.next("encryptedContent").primitive(.context(0), "encryptedContent")
        guard !ciphertext.isEmpty, ciphertext.count <= CMSLimits.contentBytes + CMSLimits.signatureOverheadBytes else {
            throw CMSError(.tooLarge, "the encrypted content has \(ciphertext.count) bytes")
        }
        try info.end()
    }
}
