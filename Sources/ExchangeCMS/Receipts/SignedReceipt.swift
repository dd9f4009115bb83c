package import ExchangeCore

/// Signed receipts (RFC 2634 §2), the proof that a recipient's node verified a message and holds it. They verify with
/// `openssl cms -verify_receipt`.
package enum SignedReceipt {
    /// Signs a receipt. `CMS_sign_receipt` would sign for a message that nobody verified, so that only a
    /// `VerifiedMessage` is taken here; that it is durable is the caller's to see to first.
    ///
    /// - Returns: the DER of a ContentInfo with the SignedData.
    package static func sign(
        for message: VerifiedMessage, by signer: SigningIdentity, at time: Timestamp
    ) throws(CMSError) -> [UInt8] {
        let signed = message.signedMessage
        guard let request = signed.inspection.attributes.receiptRequest else {
            throw CMSError(.attributesNotAllowed, "the message asks for no receipt")
        }
        let writer = SignedDataWriter(
            contentType: .receipt, attributes: [.messageSignatureDigest(signed.signatureDigest)])
        return try writer.sign(ReceiptContent(for: signed, request).der, by: signer, at: time)
    }

    /// Verifies a receipt for one delivery.
    ///
    /// `CMS_verify_receipt` is not enough: it accepts a receipt by any organisation under the same authority, and
    /// takes the stored message on trust. Here the message comes verified, and the signer must be the recipient.
    ///
    /// - Parameters:
    ///   - original: the message, verified again from the stored copy (its own signature, with the stored digest).
    ///   - recipient: to whom the delivery went.
    /// - Throws: `receiptMismatch` for another message's receipt, `receiptByAnotherOrganisation`, and as
    ///   `SignedMessage.verify`.
    package static func verify(
        _ der: [UInt8], for original: VerifiedMessage, from recipient: OIN, in context: VerificationContext
    ) throws(CMSError) -> VerifiedReceipt {
        let inspection = try SignedDataPolicy.inspect(der, as: .receipt)
        let receipt = try ReceiptContent(der: inspection.content)
        let signed = original.signedMessage
        guard receipt.contentType == ExchangeArc.message, receipt.messageID == original.contentIdentifier,
            receipt.originatorSignature == signed.inspection.signature,
            inspection.attributes.messageSignatureDigest == signed.signatureDigest
        else {
            throw CMSError(.receiptMismatch, "the receipt is for another message than \(original.contentIdentifier)")
        }
        let certificate = try context.verify(der, inspection, for: .signing)
        guard certificate.oin == recipient else {
            throw CMSError(
                .receiptByAnotherOrganisation,
                "the receipt is signed by "
                    + "\(certificate.oin?.text ?? certificate.subject) and the message went to \(recipient)")
        }
        return VerifiedReceipt(
            messageID: receipt.messageID, messageDigest: original.digest, signerOIN: recipient,
            signingTime: inspection.attributes.signingTime, digest: sha256(der))
    }
}

/// A receipt that was verified for one message and one recipient. Only `SignedReceipt.verify` makes one.
package struct VerifiedReceipt: Sendable, Hashable {
    package let messageID: MessageID
    /// The digest of the message that it proves.
    package let messageDigest: Digest
    package let signerOIN: OIN
    package let signingTime: Timestamp
    /// SHA-256 over the receipt.
    package let digest: Digest

    fileprivate init(
        messageID: MessageID, messageDigest: Digest, signerOIN: OIN, signingTime: Timestamp, digest: Digest
    ) {
        self.messageID = messageID
        self.messageDigest = messageDigest
        self.signerOIN = signerOIN
        self.signingTime = signingTime
        self.digest = digest
    }
}

extension SignedMessage {
    /// The digest that a receipt carries as msgSigDigest: over the signed attributes as they were signed
    /// (RFC 2634 §2.4).
    var signatureDigest: Digest { sha256(inspection.signedAttributes) }
}
