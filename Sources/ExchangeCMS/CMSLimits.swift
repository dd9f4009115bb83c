package import ExchangeCore

/// The limits of the cryptographic layer. Every one is checked before anything is parsed or decrypted.
package enum CMSLimits {
    /// The content of a message: one JSON object and its padding.
    package static let contentBytes = ProtocolLimits.contentMaximumBytes
    /// The payload of a directory.
    package static let directoryBytes = ProtocolLimits.directoryMaximumBytes
    /// The payload of a card, which brings revocation lists with it.
    package static let cardBytes = ProtocolLimits.cardMaximumBytes
    /// The payload of a report of a pair.
    package static let reconciliationBytes = ProtocolLimits.reconciliationMaximumBytes
    /// The payload of a manifest of a whole batch, a tally or a refusal.
    package static let statementPayloadBytes = ProtocolLimits.statementMaximumBytes - signatureOverheadBytes
    /// What the signature adds around content or payload, RSA-4096 and the signer's issuer name included.
    package static let signatureOverheadBytes = 4_096
    /// Recipients of one envelope as it is stored by its sender; on the wire it has one.
    package static let recipients = ProtocolLimits.messageMaximumRecipients
    /// An envelope with all its recipients.
    package static let envelopeBytes = ProtocolLimits.envelopeMaximumBytes
    /// A receipt has no content of its own but the receipt.
    package static let receiptBytes = 8_192
    /// The deepest path that the profile has is 18 levels, to the issuer's name in a signing certificate attribute.
    package static let derLevels = ProtocolLimits.derMaximumDepth
    /// Nodes of one structure; 32 recipients with all their parts are under 1,000.
    package static let derNodes = 4_096
    /// A certificate, also one with many names.
    package static let certificateBytes = 16_384
    package static let revocationListBytes = 16_777_216
    /// Certificates between the signer's and the anchor.
    package static let chainDepth = 4
    /// Remembered chains; more than the certificates of any community.
    package static let rememberedChains = 4_096
    /// RSA keys below are too weak until 2030 and beyond, those above cost more than they are worth.
    package static let rsaBits = 3_072...4_096
    /// How far a partner's clock may be ahead of ours.
    package static let clockSkew = ProtocolLimits.clockSkewMaximum
}
