package import ExchangeCore

/// The limits of the cryptographic layer. Every one is checked before anything is parsed or decrypted.
package enum CMSLimits {
    /// The content of a message: one JSON object and its padding.
    package static let contentBytes = 65_536
    /// The payload of a signed statement: a manifest of a whole batch, or a directory.
    package static let statementPayloadBytes = 1_048_576
    /// What the signature adds around content or payload, RSA-4096 and the signer's issuer name included.
    package static let signatureOverheadBytes = 4_096
    /// Recipients of one envelope as it is stored by its sender; on the wire it has one.
    package static let recipients = 64
    /// One RecipientInfo, RSA-4096.
    package static let recipientInfoBytes = 1_024
    /// An envelope with all its recipients.
    package static let envelopeBytes =
        contentBytes + signatureOverheadBytes + recipients * recipientInfoBytes + recipientInfoBytes
    /// A receipt has no content of its own but the receipt.
    package static let receiptBytes = 8_192
    /// The deepest path that the profile has is 18 levels, to the issuer's name in a signing certificate attribute.
    package static let derLevels = 20
    /// Nodes of one structure; 64 recipients with all their parts are under 2,000.
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
    package static let clockSkew = Milliseconds.minutes(5)
}
