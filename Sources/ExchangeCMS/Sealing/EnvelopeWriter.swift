internal import COpenSSL
internal import SwiftASN1

/// Encrypts bytes into an AuthEnvelopedData of the profile (RFC 5083, RFC 5084; `protocol.md` §4).
enum EnvelopeWriter {
    /// - Parameter recipients: judged by the caller; OpenSSL encrypts to any certificate.
    static func encrypt(
        _ plaintext: [UInt8], to recipients: [Certificate], storageKey: CaseStorageKey
    ) throws(CMSError) -> [UInt8] {
        let cms = unsafe try Owned<CMSObject>(
            CMS_AuthEnvelopedData_create(EVP_aes_256_gcm()), .cryptographicLibrary, "no memory for an envelope")
        let type = try Owned<ASN1ObjectObject>.object(.contentInfo)
        guard unsafe CMS_set1_eContentType(cms.pointer, type.pointer) == 1,
            unsafe CMS_set_detached(cms.pointer, 0) == 1
        else {
            throw CMSError(.cryptographicLibrary, "the content type could not be set")
        }
        for recipient in recipients { try add(recipient, to: cms) }
        try add(storageKey, to: cms)
        let source = try Owned<BIOObject>.source(plaintext)
        guard unsafe CMS_final(cms.pointer, source.pointer, nil, UInt32(CMS_BINARY)) == 1 else {
            throw CMSError(.cryptographicLibrary, "the message could not be encrypted")
        }
        return unsafe try encoded { unsafe i2d_CMS_ContentInfo(cms.pointer, $0) }
    }

    private static func add(_ certificate: Certificate, to cms: borrowing Owned<CMSObject>) throws(CMSError) {
        let flags = UInt32(CMS_USE_KEYID | CMS_KEY_PARAM)
        guard let info = unsafe CMS_add1_recipient_cert(cms.pointer, certificate.handle.pointer, flags) else {
            throw CMSError(.recipientUntrusted, "nothing can be sealed to the key of \(certificate.subject)")
        }
        let context = unsafe CMS_RecipientInfo_get0_pkey_ctx(info)
        let isSet: Bool
        switch certificate.keyKind {
        case .p256:
            // Left alone, OpenSSL derives the wrapping key with SHA-1.
            isSet = unsafe EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) == 1
        case .rsa:
            // Left alone, OpenSSL uses PKCS #1 v1.5.
            isSet =
                unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1
                && EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1
        case .other:
            isSet = false
        }
        guard isSet else {
            throw CMSError(.recipientUntrusted, "nothing can be sealed to the key of \(certificate.subject)")
        }
    }

    private static func add(_ storageKey: CaseStorageKey, to cms: borrowing Owned<CMSObject>) throws(CMSError) {
        // OpenSSL takes ownership of key and name where it succeeds, and frees them as its own: they must be copies
        // from its own allocator.
        let key = unsafe CRYPTO_memdup(storageKey.key, storageKey.key.count, #fileID, #line)
        let name = unsafe CRYPTO_memdup(storageKey.identifier, storageKey.identifier.count, #fileID, #line)
        guard let key = unsafe key, let name = unsafe name,
            unsafe CMS_add0_recipient_key(
                cms.pointer, NID_id_aes256_wrap, key.assumingMemoryBound(to: UInt8.self), storageKey.key.count,
                name.assumingMemoryBound(to: UInt8.self), storageKey.identifier.count, nil, nil, nil) != nil
        else {
            unsafe CRYPTO_clear_free(key, storageKey.key.count, #fileID, #line)
            unsafe CRYPTO_free(name, #fileID, #line)
            throw CMSError(.cryptographicLibrary, "the storage key could not be applied")
        }
    }
}
