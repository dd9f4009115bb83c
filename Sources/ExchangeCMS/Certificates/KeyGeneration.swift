internal import COpenSSL
package import ExchangeCore

/// New keys and the certificate requests (PKCS #10, RFC 2986) for them.
package enum KeyGeneration {
    package enum Algorithm: String, CaseIterable, Sendable {
        case p256
        case rsa3072
        case rsa4096
    }

    /// What the certificate is to be used for; the authority decides in the end.
    package enum Use: Sendable {
        case signing
        case keyAgreement
        /// - Parameter dnsName: the name that clients verify, derived from the OIN.
        case tls(dnsName: String)
    }

    /// A fresh private key as PKCS #8 PEM, not encrypted: the file's permissions protect it.
    package static func privateKeyPEM(_ algorithm: Algorithm) throws(CMSError) -> String {
        let pointer =
            switch algorithm {
            case .p256: unsafe shim_EVP_EC_gen_P256()
            case .rsa3072: unsafe shim_EVP_RSA_gen(3072)
            case .rsa4096: unsafe shim_EVP_RSA_gen(4096)
            }
        let key = unsafe try Owned<KeyObject>(pointer, .cryptographicLibrary, "no key could be made")
        let sink = try Owned<BIOObject>.sink()
        guard unsafe PEM_write_bio_PKCS8PrivateKey(sink.pointer, key.pointer, nil, nil, 0, nil, nil) == 1 else {
            throw CMSError(.cryptographicLibrary, "the new key could not be written")
        }
        return sink.text
    }

    /// A certificate request signed by the key, as PEM.
    ///
    /// - Parameters:
    ///   - organisation: the legal name, 1 to 64 characters (X.520 ub-organization-name).
    ///   - commonName: what the authority's operator sees, 1 to 64 characters.
    package static func certificateRequestPEM(
        privateKeyPEM: String, organisation: String, oin: OIN, commonName: String, use: Use
    ) throws(CMSError) -> String {
        let source = try Owned<BIOObject>.source(Array(privateKeyPEM.utf8))
        let key = unsafe try Owned<KeyObject>(
            PEM_read_bio_PrivateKey(source.pointer, nil, { _, _, _, _ in 0 }, nil), .keyUnusable,
            "the file holds no unencrypted PEM private key")
        let request = unsafe try Owned<CertificateRequestObject>(
            X509_REQ_new(), .cryptographicLibrary, "no memory for a certificate request")
        let name = unsafe X509_REQ_get_subject_name(request.pointer)
        for (field, value) in [("C", "NL"), ("O", organisation), ("serialNumber", oin.text), ("CN", commonName)] {
            let text = Array(value.utf8)
            guard unsafe X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, text, Int32(text.count), -1, 0) == 1
            else { throw CMSError(.keyUnusable, "\(field) must have 1 to 64 characters") }
        }
        for (identifier, value) in extensions(use) {
            guard unsafe shim_X509_REQ_add_extension(request.pointer, identifier, value) == 1 else {
                throw CMSError(.keyUnusable, "the extension \(value) cannot be put into a certificate request")
            }
        }
        guard unsafe X509_REQ_set_pubkey(request.pointer, key.pointer) == 1,
            unsafe X509_REQ_sign(request.pointer, key.pointer, EVP_sha256()) > 0
        else { throw CMSError(.keyUnusable, "the certificate request could not be signed") }
        let sink = try Owned<BIOObject>.sink()
        guard unsafe PEM_write_bio_X509_REQ(sink.pointer, request.pointer) == 1 else {
            throw CMSError(.cryptographicLibrary, "the certificate request could not be written")
        }
        return sink.text
    }

    private static func extensions(_ use: Use) -> [(Int32, String)] {
        switch use {
        case .signing, .keyAgreement: []
        case .tls(let dnsName): [(NID_subject_alt_name, "DNS:\(dnsName)")]
        }
    }
}
