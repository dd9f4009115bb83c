internal import COpenSSL
internal import ExchangeCore

/// Decrypts envelopes that have passed the policy. What comes out is authenticated by the tag against accidents and
/// strangers, not against those who know the key: `SignedMessage.verify` is what makes a message of it.
package struct Opener: Sendable {
    package init() {}

    /// Opens an envelope that came from a partner.
    ///
    /// - Parameter identities: the present key and the retired ones, which are kept while any held envelope needs
    ///   them.
    /// - Throws: `recipientKeyUnknown` where none of the keys is named (the sender's directory may be older or newer
    ///   than ours: answer `later`), `decryptionFailed` where the named key does not open it.
    package func open(
        _ envelope: UnverifiedEnvelope, with identities: [DecryptionIdentity]
    ) throws(CMSError) -> SignedMessage {
        let candidates = identities.filter {
            envelope.recipientKeyIdentifiers.contains($0.certificate.subjectKeyIdentifier)
        }
        guard !candidates.isEmpty else {
            throw CMSError(
                .recipientKeyUnknown,
                "none of this node's \(identities.count) keys is that of the "
                    + "envelope, \(envelope.recipientKeyIdentifiers.map(\.hexadecimal).joined(separator: ", "))")
        }
        var failure: CMSError?
        for identity in candidates {
            do { return try open(envelope, with: identity) } catch { failure = failure ?? error }
        }
        throw failure ?? CMSError(.decryptionFailed, "no key opened the envelope")
    }

    /// Opens an envelope from the node's own store.
    ///
    /// - Throws: `storageKeyWrong` where the key is another case's, `decryptionFailed` where the envelope is damaged.
    package func openStored(
        _ envelope: UnverifiedEnvelope, with storageKey: CaseStorageKey
    ) throws(CMSError) -> SignedMessage {
        guard envelope.storageKeyIdentifier == storageKey.identifier else {
            throw CMSError(.storageKeyWrong, "the envelope does not lie under \(storageKey)")
        }
        return try SignedMessage(signedData: Self.plaintext(of: envelope.bytes, with: storageKey))
    }

    private func open(
        _ envelope: UnverifiedEnvelope, with identity: DecryptionIdentity
    ) throws(CMSError) -> SignedMessage {
        try SignedMessage(signedData: Self.decrypt(Owned<CMSObject>.decoding(envelope.bytes), identity))
    }

    /// What the policy is not asked about: for `LibraryProbe`, which shows OpenSSL what the policy would refuse.
    static func plaintext(of envelope: [UInt8], with storageKey: CaseStorageKey) throws(CMSError) -> [UInt8] {
        let cms = try Owned<CMSObject>.decoding(envelope)
        var key = storageKey.key
        var name = storageKey.identifier
        guard unsafe CMS_decrypt_set1_key(cms.pointer, &key, key.count, &name, name.count) == 1 else {
            throw CMSError(.decryptionFailed, "\(storageKey) does not open the envelope")
        }
        return try decrypt(cms, nil)
    }

    private static func decrypt(
        _ cms: borrowing Owned<CMSObject>, _ identity: DecryptionIdentity?
    ) throws(CMSError) -> [UInt8] {
        let sink = try Owned<BIOObject>.sink()
        let done = unsafe CMS_decrypt(
            cms.pointer, identity?.key.handle.pointer, identity?.certificate.handle.pointer, nil, sink.pointer,
            UInt32(CMS_BINARY))
        // The plaintext is in the sink before the tag is verified: it is looked at only after success.
        guard done == 1 else {
            throw CMSError(.decryptionFailed, "the envelope does not open: it was altered, or its key is damaged")
        }
        return sink.bytes
    }
}
