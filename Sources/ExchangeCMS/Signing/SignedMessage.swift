package import ExchangeCore

/// A message's SignedData, of the form that the profile demands and not verified: nothing in it may be believed.
package struct SignedMessage: Sendable {
    /// The DER of a ContentInfo with the SignedData: what an envelope encrypts, byte for byte.
    package let signedData: [UInt8]
    /// SHA-256 over `signedData`: the message's identity beside its id, whatever envelope it travels in.
    package let digest: Digest
    let inspection: SignedDataPolicy.Inspection

    /// - Throws: the policy's `CMSError` for anything but one message of the profile.
    package init(signedData: [UInt8]) throws(CMSError) {
        inspection = try SignedDataPolicy.inspect(signedData, as: .message)
        self.signedData = signedData
        digest = sha256(signedData)
    }

    /// Verifies the message against the digest that the sender's manifest commits to.
    ///
    /// The digest is not a formality: an ECDSA signature (r, s) has a twin (r, n−s) that verifies over the same
    /// content, so that "verifies" names no single message, and "as manifested" does.
    ///
    /// - Parameter expected: from the manifest, or from the store for an own copy.
    /// - Throws: `digestMismatch`; `signerUnknown`, `signerUndecided` and others for which `mayPass` is true and the
    ///   answer is `later`; `signerUntrusted`, `signatureInvalid` and others that are final.
    package func verify(
        expecting expected: Digest, in context: VerificationContext
    ) throws(CMSError) -> VerifiedMessage {
        guard digest == expected else {
            throw CMSError(.digestMismatch, "the message has the digest \(digest) and not \(expected)")
        }
        let certificate = try context.verify(signedData, inspection, for: .signing)
        guard let request = inspection.attributes.receiptRequest else {
            throw CMSError(.attributesNotAllowed, "the receipt request is missing")
        }
        guard let oin = certificate.oin, request.receiptsTo == oin.nodeName else {
            throw CMSError(
                .attributesNotAllowed, "the receipt request names another than the signer to send receipts to")
        }
        return VerifiedMessage(self, signerOIN: oin, messageID: request.messageID)
    }

    /// A message out of the node's own store, which was verified before it was kept.
    ///
    /// The ledger's digest is what makes it the same message. Its signer is not judged again: a certificate that has
    /// expired since, or left the directory, takes nothing back of what was verified while it held.
    ///
    /// - Parameters:
    ///   - expected: the digest that the ledger keeps for it.
    ///   - signer: the sender that the ledger keeps for it.
    /// - Throws: `digestMismatch` where the stored copy is not the message any more: the store is damaged.
    package func storedMessage(expecting expected: Digest, by signer: OIN) throws(CMSError) -> VerifiedMessage {
        guard digest == expected, let request = inspection.attributes.receiptRequest else {
            throw CMSError(.digestMismatch, "the stored message has the digest \(digest) and not \(expected)")
        }
        return VerifiedMessage(self, signerOIN: signer, messageID: request.messageID)
    }
}

/// A message whose signature, signer and digest were verified, now or before it was kept. Only
/// `SignedMessage.verify` and, for the node's own store, `SignedMessage.storedMessage` make one.
package struct VerifiedMessage: Sendable {
    package let content: [UInt8]
    package let digest: Digest
    /// Of the certificate that verified, and so the only sender to believe.
    package let signerOIN: OIN
    package let signingTime: Timestamp
    /// The id inside the signature (ESS content identifier). An id from anywhere else is hearsay.
    package let contentIdentifier: MessageID
    package let signedMessage: SignedMessage

    package var signedData: [UInt8] { signedMessage.signedData }

    fileprivate init(_ message: SignedMessage, signerOIN: OIN, messageID: MessageID) {
        content = message.inspection.content
        digest = message.digest
        self.signerOIN = signerOIN
        signingTime = message.inspection.attributes.signingTime
        contentIdentifier = messageID
        signedMessage = message
    }
}
