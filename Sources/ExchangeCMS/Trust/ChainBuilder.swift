internal import COpenSSL

/// Builds and verifies certification paths (RFC 5280 §6) with OpenSSL: names, signatures, basic constraints, path
/// lengths, name constraints, critical extensions and the strength of keys and digests.
///
/// What it leaves to `TrustStore`: times and revocation, because they are asked for two moments (use and now) where
/// OpenSSL knows one, and the purpose, because OpenSSL's S/MIME purpose refuses keyAgreement keys and passes
/// certificates without extended key usage.
///
/// `@unchecked Sendable`: the one owner of an `X509_STORE`, which locks itself, and of a stack that nothing changes.
final class ChainBuilder: @unchecked Sendable {
    private let store: Owned<StoreObject>
    private let untrusted: Owned<CertificateStackObject>
    /// Keeps alive what `untrusted` points to.
    private let intermediates: [Certificate]

    init(anchors: [Certificate], intermediates: [Certificate]) throws(CMSError) {
        // Without a time to choose by, OpenSSL takes the first certificate that fits: the longest valid goes first.
        self.intermediates = intermediates.sorted { $0.notAfter > $1.notAfter }
        store = unsafe try Owned(X509_STORE_new(), .cryptographicLibrary, "no memory for the trusted authorities")
        untrusted = unsafe try Owned(shim_X509_stack_new(), .cryptographicLibrary, "no memory for authorities")
        for anchor in anchors {
            guard unsafe X509_STORE_add_cert(store.pointer, anchor.handle.pointer) == 1 else {
                throw CMSError(.cryptographicLibrary, "\(anchor.subject) could not be added to the authorities")
            }
        }
        for intermediate in self.intermediates {
            guard unsafe shim_X509_stack_push(untrusted.pointer, intermediate.handle.pointer) > 0 else {
                throw CMSError(.cryptographicLibrary, "no memory for \(intermediate.subject)")
            }
        }
    }

    /// The certificate, its issuers and the anchor, in this order.
    func chain(of certificate: Certificate) throws(CMSError) -> [Certificate] {
        let context = unsafe try Owned<StoreContextObject>(
            X509_STORE_CTX_new(), .cryptographicLibrary, "no memory to build a chain")
        guard
            unsafe X509_STORE_CTX_init(
                context.pointer, store.pointer, certificate.handle.pointer, untrusted.pointer) == 1
        else { throw CMSError(.cryptographicLibrary, "no chain can be built") }
        let parameters = unsafe X509_STORE_CTX_get0_param(context.pointer)
        unsafe X509_VERIFY_PARAM_set_flags(parameters, shim_X509_verify_without_time())
        unsafe X509_VERIFY_PARAM_set_depth(parameters, Int32(CMSLimits.chainDepth))
        // Level 2 asks for 112 bits of security: no SHA-1, no RSA below 2048 bits anywhere in the chain.
        unsafe X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        guard unsafe X509_verify_cert(context.pointer) == 1 else {
            let reason = unsafe X509_STORE_CTX_get_error(context.pointer)
            let words = unsafe X509_verify_cert_error_string(Int(reason)).map { unsafe String(cString: $0) }
            throw CMSError(.signerUntrusted, words ?? "the chain could not be verified")
        }
        let found = unsafe X509_STORE_CTX_get0_chain(context.pointer)
        var chain: [Certificate] = []
        for index in unsafe 0..<shim_X509_stack_count(found) {
            let der = unsafe try encoded { unsafe i2d_X509(shim_X509_stack_at(found, index), $0) }
            chain.append(try Certificate(der: der))
        }
        return chain
    }
}
