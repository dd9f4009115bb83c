package import ExchangeCore

/// Signs and encrypts: `AuthEnvelopedData(AES-256-GCM){ SignedData{ content } }`, once per message for all recipients.
package struct Sealer: Sendable {
    package init() {}

    /// Signs the content, encrypts it to every recipient and to the case's storage key.
    ///
    /// - Parameters:
    ///   - content: at most `CMSLimits.contentBytes`.
    ///   - signingTime: kept in whole seconds, as CMS does.
    ///   - recipients: made from certificates by `RecipientCertificate`, at most `CMSLimits.recipients`.
    /// - Throws: `tooLarge`, or `keyUnusable` where the signer's key fails.
    package func seal(
        content: [UInt8], messageID: MessageID, signingTime: Timestamp, signer: SigningIdentity,
        recipients: [RecipientCertificate], storageKey: CaseStorageKey
    ) throws(CMSError) -> SealedMessage {
        guard content.count <= CMSLimits.contentBytes else {
            throw CMSError(
                .tooLarge,
                "the content has \(content.count) bytes; "
                    + "the limit is \(CMSLimits.contentBytes)")
        }
        let request = ReceiptRequest(messageID: messageID, sender: signer.oin)
        let writer = SignedDataWriter(
            contentType: ExchangeArc.message, attributes: [.receiptRequest(request)])
        let signed = try SignedMessage(signedData: writer.sign(content, by: signer, at: signingTime))
        return SealedMessage(
            message: signed, envelope: try encrypt(signed, to: recipients, storageKey: storageKey))
    }

    /// Encrypts a message that is signed already, for the store or again for recipients whose keys are new. Its
    /// digest does not change.
    ///
    /// - Returns: an envelope with each recipient and the storage key; with no recipients, the form at rest.
    package func encrypt(
        _ message: SignedMessage, to recipients: [RecipientCertificate] = [], storageKey: CaseStorageKey
    ) throws(CMSError) -> [UInt8] {
        guard recipients.count <= CMSLimits.recipients else {
            throw CMSError(
                .tooLarge,
                "the message has \(recipients.count) recipients; "
                    + "the limit is \(CMSLimits.recipients)")
        }
        return try EnvelopeWriter.encrypt(
            message.signedData, to: recipients.map(\.certificate), storageKey: storageKey)
    }
}

/// A message as its sender keeps it.
package struct SealedMessage: Sendable {
    package let message: SignedMessage
    /// With every recipient and the storage key; `UnverifiedEnvelope.trimmed` makes of it what each partner is sent.
    package let envelope: [UInt8]

    package var digest: Digest { message.digest }
}
