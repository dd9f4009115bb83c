package import ExchangeCore
internal import SwiftASN1

/// What a signed statement says. Each kind has a content type of its own, so that a signature over one can never be
/// shown as another.
package enum StatementKind: CaseIterable, Hashable, Sendable {
    case manifest, tally, refusal, directory, custody, card, reconciliation

    var contentType: ASN1ObjectIdentifier {
        switch self {
        case .manifest: ExchangeArc.manifest
        case .tally: ExchangeArc.tally
        case .refusal: ExchangeArc.refusal
        case .directory: ExchangeArc.directory
        case .custody: ExchangeArc.custodyReceipt
        case .card: ExchangeArc.card
        case .reconciliation: ExchangeArc.reconciliation
        }
    }

    var payloadBytesLimit: Int {
        switch self {
        case .directory: CMSLimits.directoryBytes
        case .card: CMSLimits.cardBytes
        case .reconciliation: CMSLimits.reconciliationBytes
        case .manifest, .tally, .refusal, .custody: CMSLimits.statementPayloadBytes
        }
    }

    /// The certificates that may sign it.
    package var purpose: CertificatePurpose { self == .directory ? .directory : .signing }
}

/// A payload under a signature: manifests, tallies, refusals, directories, custody receipts, cards and reports of a pair.
package enum SignedStatement {
    /// - Returns: the DER of a ContentInfo with the SignedData.
    /// - Throws: `tooLarge` beyond the limit of its kind, `keyUnusable` where signing fails.
    package static func sign(
        _ payload: [UInt8], kind: StatementKind, by signer: SigningIdentity, at time: Timestamp
    ) throws(CMSError) -> [UInt8] {
        try sign(payload, kind, signer, time)
    }

    /// Signs a directory; no organisation's key can.
    package static func sign(
        _ payload: [UInt8], directoryBy signer: DirectorySigner, at time: Timestamp
    ) throws(CMSError) -> [UInt8] {
        try sign(payload, .directory, signer, time)
    }

    private static func sign(
        _ payload: [UInt8], _ kind: StatementKind, _ signer: some Signer, _ time: Timestamp
    ) throws(CMSError) -> [UInt8] {
        guard payload.count <= kind.payloadBytesLimit else {
            throw CMSError(
                .tooLarge, "the statement has \(payload.count) bytes; the limit is \(kind.payloadBytesLimit)")
        }
        return try SignedDataWriter(contentType: kind.contentType, attributes: [])
            .sign(payload, by: signer, at: time)
    }

    /// The signer's key identifier and the payload, before anything is verified: enough to look up who it claims to
    /// be from, and nothing to act upon.
    package static func unverifiedPayload(_ der: [UInt8], kind: StatementKind) throws(CMSError) -> [UInt8] {
        try SignedDataPolicy.inspect(der, as: .statement(kind)).content
    }

    /// - Throws: as `SignedMessage.verify`, without the digest.
    package static func verify(
        _ der: [UInt8], kind: StatementKind, in context: VerificationContext
    ) throws(CMSError) -> VerifiedStatement {
        let inspection = try SignedDataPolicy.inspect(der, as: .statement(kind))
        let certificate = try context.verify(der, inspection, for: kind.purpose)
        return VerifiedStatement(
            kind: kind, payload: inspection.content, signer: certificate,
            signingTime: inspection.attributes.signingTime, digest: sha256(der))
    }
}

/// A statement whose signature and signer were verified. Only `SignedStatement.verify` makes one.
package struct VerifiedStatement: Sendable {
    package let kind: StatementKind
    package let payload: [UInt8]
    package let signer: Certificate
    package let signingTime: Timestamp
    /// SHA-256 over the whole signed statement.
    package let digest: Digest

    /// The organisation that signed; `nil` only for the directory, whose signer is not an organisation.
    package var signerOIN: OIN? { signer.oin }

    fileprivate init(
        kind: StatementKind, payload: [UInt8], signer: Certificate, signingTime: Timestamp, digest: Digest
    ) {
        self.kind = kind
        self.payload = payload
        self.signer = signer
        self.signingTime = signingTime
        self.digest = digest
    }
}
