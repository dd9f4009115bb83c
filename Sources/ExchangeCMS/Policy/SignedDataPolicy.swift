internal import ExchangeCore
internal import SwiftASN1

/// What a SignedData may look like before OpenSSL touches it (RFC 5652 §5; `protocol.md` §4): one signer, named by key
/// identifier, with exactly the demanded signed attributes, and nothing that a signature does not cover.
enum SignedDataPolicy {
    /// Which SignedData is expected; the caller knows, the bytes do not decide.
    struct Profile: Sendable {
        let contentType: ASN1ObjectIdentifier
        /// Beyond those that all have.
        let additionalAttributes: [ASN1ObjectIdentifier]
        let bytesLimit: Int

        static let message = Profile(
            contentType: ExchangeArc.message, additionalAttributes: [.receiptRequest],
            bytesLimit: ProtocolLimits.signedDataMaximumBytes)
        static let receipt = Profile(
            contentType: .receipt, additionalAttributes: [.messageSignatureDigest],
            bytesLimit: CMSLimits.receiptBytes)
        static func statement(_ kind: StatementKind) -> Profile {
            Profile(
                contentType: kind.contentType, additionalAttributes: [],
                bytesLimit: kind.payloadBytesLimit + CMSLimits.signatureOverheadBytes)
        }
    }

    struct Inspection: Sendable {
        let content: [UInt8]
        let signerKeyIdentifier: [UInt8]
        let signatureAlgorithm: AlgorithmPolicy.Signature
        let signature: [UInt8]
        /// The signed attributes as they are signed: with the tag of a SET (RFC 5652 §5.4).
        let signedAttributes: [UInt8]
        let attributes: SignedAttributes
    }

    static func inspect(_ bytes: [UInt8], as profile: Profile) throws(CMSError) -> Inspection {
        let root = try StrictDER.parse(bytes, bytesLimit: profile.bytesLimit)
        var contentInfo = try DERElements(of: root, "ContentInfo")
        let type = try contentInfo.next("contentType").objectIdentifier("contentType")
        guard type == .signedData else {
            throw CMSError(.structureNotAllowed, "the structure is \(type) and not SignedData")
        }
        let inner = try contentInfo.next("content").inside(.context(0), "content")
        try contentInfo.end()

        var signedData = try DERElements(of: inner, "SignedData")
        try signedData.next("version").demandInteger(3, "the version of SignedData")
        var digests = try DERElements(of: signedData.next("digestAlgorithms"), .set, "digestAlgorithms")
        try AlgorithmPolicy.demandSHA256(digests.only(orElse: .algorithmNotAllowed), "the digest algorithm")
        let content = try content(of: signedData.next("encapContentInfo"), profile)
        guard signedData.next(ifTagged: .context(0)) == nil, signedData.next(ifTagged: .context(1)) == nil else {
            throw CMSError(
                .partNotAllowed,
                "certificates and revocation lists are not allowed inside; "
                    + "they come from the directory")
        }
        var signers = try DERElements(of: signedData.next("signerInfos"), .set, "signerInfos")
        let signer = try signers.only(orElse: .partNotAllowed)
        try signedData.end()
        return try inspect(signer: signer, content: content, profile)
    }

    private static func content(of node: ASN1Node, _ profile: Profile) throws(CMSError) -> [UInt8] {
        var info = try DERElements(of: node, "encapContentInfo")
        let type = try info.next("eContentType").objectIdentifier("eContentType")
        guard type == profile.contentType else {
            throw CMSError(.contentTypeMismatch, "the content type is \(type) and not \(profile.contentType)")
        }
        let content = try info.next("eContent").inside(.context(0), "eContent").primitive(.octetString, "eContent")
        try info.end()
        return Array(content)
    }

    private static func inspect(
        signer node: ASN1Node, content: [UInt8], _ profile: Profile
    ) throws(CMSError) -> Inspection {
        var signer = try DERElements(of: node, "SignerInfo")
        try signer.next("version").demandInteger(3, "the version of SignerInfo")
        let identifier = try RecipientInfo.keyIdentifier(
            signer.next("sid").primitive(.context(0), "subjectKeyIdentifier"))
        try AlgorithmPolicy.demandSHA256(signer.next("digestAlgorithm"), "the signer's digest algorithm")
        guard let attributes = signer.next(ifTagged: .context(0)) else {
            // Without them the signature is over the content alone, and content that is itself a set of attributes
            // could be passed off as the attributes of another message (RFC 5652 §11, security considerations).
            throw CMSError(.attributesNotAllowed, "the signed attributes are missing")
        }
        let algorithm = try AlgorithmPolicy.signature(signer.next("signatureAlgorithm"))
        let signature = try signer.next("signature").primitive(.octetString, "signature")
        try signer.end(orElse: .partNotAllowed)
        return Inspection(
            content: content, signerKeyIdentifier: identifier, signatureAlgorithm: algorithm,
            signature: Array(signature),
            signedAttributes: [0x31] + attributes.encodedBytes.dropFirst(),
            attributes: try SignedAttributes(attributes, profile))
    }
}
