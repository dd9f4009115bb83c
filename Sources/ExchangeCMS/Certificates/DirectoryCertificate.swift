internal import COpenSSL
package import ExchangeCore
internal import SwiftASN1

/// The certificate of a directory's signer that vouches for itself (RFC 5280 §4), for organisations that have no
/// authority that issues one. Whoever believes it has compared it.
package enum DirectoryCertificate {
    /// Three years: long enough to be compared seldom, and not for ever.
    package static let validity = Milliseconds.hours(24 * 365 * 3)

    /// - Parameters:
    ///   - name: whose directory it signs, 1 to 64 characters.
    ///   - now: it is valid from some minutes before, since clocks differ.
    /// - Returns: the certificate as PEM.
    package static func pem(privateKeyPEM: String, name: String, at now: Timestamp) throws(CMSError) -> String {
        let source = try Owned<BIOObject>.source(Array(privateKeyPEM.utf8))
        let key = unsafe try Owned<KeyObject>(
            PEM_read_bio_PrivateKey(source.pointer, nil, { _, _, _, _ in 0 }, nil), .keyUnusable,
            "the file holds no unencrypted PEM private key")
        let certificate = unsafe try Owned<X509Object>(
            X509_new(), .cryptographicLibrary, "no memory for a certificate")
        let pointer = unsafe certificate.pointer
        let subject = unsafe X509_get_subject_name(pointer)
        for (field, value) in [("C", "NL"), ("O", name), ("CN", String("Directory of \(name)".prefix(64)))] {
            let text = Array(value.utf8)
            guard unsafe X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, text, Int32(text.count), -1, 0) == 1
            else { throw CMSError(.keyUnusable, "\(field) must have 1 to 64 characters") }
        }
        let from = (now.milliseconds - CMSLimits.clockSkew.count) / 1000
        let until = (now + validity).milliseconds / 1000
        guard unsafe X509_set_version(pointer, 2) == 1,
            unsafe ASN1_INTEGER_set_uint64(X509_get_serialNumber(pointer), .random(in: 1 ... .max)) == 1,
            unsafe ASN1_TIME_set(X509_getm_notBefore(pointer), Int(from)) != nil,
            unsafe ASN1_TIME_set(X509_getm_notAfter(pointer), Int(until)) != nil,
            unsafe X509_set_issuer_name(pointer, subject) == 1,
            unsafe X509_set_pubkey(pointer, key.pointer) == 1
        else { throw CMSError(.cryptographicLibrary, "the directory's certificate could not be made") }
        for (identifier, value) in [
            (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, ExchangeArc.directorySigner.description), (NID_subject_key_identifier, "hash"),
        ] {
            guard unsafe shim_X509_add_extension(pointer, identifier, value) == 1 else {
                throw CMSError(.cryptographicLibrary, "the extension \(value) cannot be put into a certificate")
            }
        }
        guard unsafe X509_sign(pointer, key.pointer, EVP_sha256()) > 0 else {
            throw CMSError(.keyUnusable, "the directory's certificate could not be signed")
        }
        return PEM.text(unsafe try encoded { unsafe i2d_X509(pointer, $0) }, label: Certificate.pemLabel)
    }
}
