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

    /// What building a chain came to.
    enum Outcome {
        /// The certificate, its issuers and the anchor, in this order.
        case chain([Certificate])
        /// The path ends at a certificate whose issuer is not here; an operator may still install it.
        case issuerMissing(String)
        /// There is a path, or what stands for one, and it does not hold.
        case broken(String)
    }

    /// - Throws: `cryptographicLibrary` where OpenSSL failed in a way that says nothing about the certificate.
    func build(for certificate: Certificate) throws(CMSError) -> Outcome {
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
            let words =
                unsafe X509_verify_cert_error_string(Int(reason)).map { unsafe String(cString: $0) }
                ?? "the chain could not be verified"
            return try Self.outcome(of: reason, words)
        }
        // The chain belongs to the context, which Swift would let go of after its last mention.
        return .chain(
            try withExtendedLifetime(context) { context throws(CMSError) in
                unsafe try Self.certificates(X509_STORE_CTX_get0_chain(context.pointer))
            })
    }

    private static func outcome(of reason: Int32, _ words: String) throws(CMSError) -> Outcome {
        switch reason {
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            _ = ErrorQueue.drain()
            return .issuerMissing(words)
        case X509_V_OK, X509_V_ERR_UNSPECIFIED, X509_V_ERR_OUT_OF_MEM, X509_V_ERR_INVALID_CALL,
            X509_V_ERR_STORE_LOOKUP:
            throw CMSError(.cryptographicLibrary, "a chain could not be built: \(words)")
        default:
            _ = ErrorQueue.drain()
            return .broken(words)
        }
    }

    private static func certificates(_ stack: OpaquePointer?) throws(CMSError) -> [Certificate] {
        var certificates: [Certificate] = []
        for index in unsafe 0..<shim_X509_stack_count(stack) {
            let der = unsafe try encoded { unsafe i2d_X509(shim_X509_stack_at(stack, index), $0) }
            certificates.append(try Certificate(der: der))
        }
        return certificates
    }
}
