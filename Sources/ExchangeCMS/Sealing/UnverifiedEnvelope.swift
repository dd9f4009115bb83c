internal import ExchangeCore

/// An envelope that has the form of the profile. Neither its tag nor anything in it is verified.
package struct UnverifiedEnvelope: Sendable {
    package let bytes: [UInt8]
    /// The recipients' keys, in the order in which they stand; storage keys are not among them.
    package let recipientKeyIdentifiers: [[UInt8]]
    /// The name of the storage key that opens it; envelopes between nodes have none.
    package let storageKeyIdentifier: [UInt8]?

    /// Walks the whole structure before anything of it reaches OpenSSL.
    ///
    /// - Throws: the policy's `CMSError`; nothing was decrypted then.
    package init(_ bytes: [UInt8], at place: EnvelopePolicy.Place) throws(CMSError) {
        let inspection = try EnvelopePolicy.inspect(bytes, at: place)
        self.bytes = bytes
        recipientKeyIdentifiers = inspection.recipients.filter { $0.kind != .storageKey }.map(\.keyIdentifier)
        storageKeyIdentifier = inspection.recipients.first { $0.kind == .storageKey }?.keyIdentifier
    }

    /// The same ciphertext and tag with only one partner's RecipientInfo: what that partner is sent. The others'
    /// RecipientInfos would tell everyone on the way who else is told, and the tag does not cover them.
    ///
    /// - Parameters:
    ///   - stored: the envelope as its sender keeps it.
    ///   - keyIdentifier: the subjectKeyIdentifier of the partner's certificate.
    /// - Throws: `recipientKeyUnknown` where the envelope was not sealed to that key.
    package static func trimmed(_ stored: [UInt8], to keyIdentifier: [UInt8]) throws(CMSError) -> [UInt8] {
        let inspection = try EnvelopePolicy.inspect(stored, at: .store)
        guard
            let recipient = inspection.recipients.first(where: {
                $0.kind != .storageKey && $0.keyIdentifier == keyIdentifier
            })
        else {
            throw CMSError(
                .recipientKeyUnknown,
                "the envelope was not sealed to the key "
                    + "\(keyIdentifier.hexadecimal); seal the message again to the partner's present key")
        }
        return try AuthEnvelopedData(
            recipients: [recipient.encodedBytes], encryptedContentInfo: inspection.encryptedContentInfo,
            tag: inspection.tag
        ).der
    }
}
