internal import COpenSSL
internal import ExchangeCore
internal import SwiftASN1

/// Makes a SignedData of the profile: key identifier, no certificates, demanded attributes (`protocol.md` §4).
struct SignedDataWriter {
    /// An attribute beyond those that every signature has.
    struct Attribute {
        let identifier: Int32
        /// The universal tag of the value.
        let type: Int32
        /// The content bytes of a simple value; the whole encoding of a SEQUENCE.
        let value: [UInt8]

        static func receiptRequest(_ request: ReceiptRequest) -> Attribute {
            Attribute(identifier: NID_id_smime_aa_receiptRequest, type: V_ASN1_SEQUENCE, value: request.der)
        }

        static func messageSignatureDigest(_ digest: Digest) -> Attribute {
            Attribute(identifier: NID_id_smime_aa_msgSigDigest, type: V_ASN1_OCTET_STRING, value: digest.bytes)
        }
    }

    let contentType: ASN1ObjectIdentifier
    let attributes: [Attribute]

    /// - Returns: the DER of a ContentInfo with the SignedData.
    func sign(_ content: [UInt8], by signer: some Signer, at time: Timestamp) throws(CMSError) -> [UInt8] {
        let flags = UInt32(CMS_PARTIAL | CMS_BINARY | CMS_NOCERTS)
        let cms = unsafe try Owned<CMSObject>(
            CMS_sign(nil, nil, nil, nil, flags), .cryptographicLibrary, "no memory for a signature")
        let type = try Owned<ASN1ObjectObject>.object(contentType)
        guard unsafe CMS_set1_eContentType(cms.pointer, type.pointer) == 1 else {
            throw CMSError(.cryptographicLibrary, "the content type could not be set")
        }
        // CMS_CADES adds signingCertificateV2; CMS_KEY_PARAM keeps the key's context open for the RSA padding.
        let signerFlags = flags | UInt32(CMS_USE_KEYID | CMS_NOSMIMECAP | CMS_CADES | CMS_KEY_PARAM)
        guard
            let info = unsafe CMS_add1_signer(
                cms.pointer, signer.certificate.handle.pointer, signer.key.handle.pointer, EVP_sha256(), signerFlags)
        else { throw CMSError(.keyUnusable, "the signing key of \(signer.certificate.subject) could not be used") }
        if case .rsa = signer.certificate.keyKind {
            let context = unsafe CMS_SignerInfo_get0_pkey_ctx(info)
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1
            else { throw CMSError(.cryptographicLibrary, "RSASSA-PSS could not be chosen") }
        }
        for attribute in attributes + [Self.signingTime(time)] {
            guard
                unsafe CMS_signed_add1_attr_by_NID(
                    info, attribute.identifier, attribute.type, attribute.value, Int32(attribute.value.count)) == 1
            else { throw CMSError(.cryptographicLibrary, "a signed attribute could not be added") }
        }
        let source = try Owned<BIOObject>.source(content)
        guard unsafe CMS_final(cms.pointer, source.pointer, nil, UInt32(CMS_BINARY)) == 1 else {
            throw CMSError(.keyUnusable, "the signature of \(signer.certificate.subject) could not be made")
        }
        return unsafe try encoded { unsafe i2d_CMS_ContentInfo(cms.pointer, $0) }
    }

    /// Set here, because OpenSSL would ask the machine's clock: the caller's time is the one that tests can choose.
    private static func signingTime(_ time: Timestamp) -> Attribute {
        let digits = time.description.prefix(19).filter { $0.isNumber } + "Z"
        let isShort = digits < "2050"
        return Attribute(
            identifier: NID_pkcs9_signingTime, type: isShort ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME,
            value: Array((isShort ? digits.dropFirst(2) : digits[...]).utf8))
    }
}
