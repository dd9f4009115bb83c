internal import SwiftASN1

/// The allow-list of algorithms, by exact identifier and exact parameters (`protocol.md` §4). What OpenSSL could do
/// beyond it does not matter: nothing else reaches it.
enum AlgorithmPolicy {
    /// SHA-256; parameters absent or NULL (RFC 5754 §2: both must be accepted).
    static func demandSHA256(_ node: ASN1Node, _ name: String) throws(CMSError) {
        try demand(.sha256, node, name)
    }

    /// AES-256-GCM with a 12-byte nonce and a 16-byte tag (RFC 5084 §3.2). The tag length has a default of 12, and
    /// OpenSSL takes tags down to 1 byte before 3.0.22 and 4 since: a tag of 4 bytes is guessed in 2³² tries.
    static func demandContentEncryption(_ node: ASN1Node) throws(CMSError) {
        var algorithm = try DERElements(of: node, "contentEncryptionAlgorithm")
        try demandIdentifier(.aes256GCM, algorithm.next("algorithm"), "contentEncryptionAlgorithm")
        var parameters = try DERElements(of: algorithm.next("parameters"), "GCMParameters")
        try algorithm.end()
        let nonce = try parameters.next("nonce").primitive(.octetString, "the nonce")
        guard nonce.count == 12 else {
            throw CMSError(.algorithmNotAllowed, "the nonce has \(nonce.count) bytes instead of 12")
        }
        guard let tagLength = parameters.next(ifTagged: .integer) else {
            throw CMSError(.tagTooShort, "the tag length is absent, which means 12; it must be 16")
        }
        try tagLength.demandInteger(16, "the tag length", orElse: .tagTooShort)
        try parameters.end()
    }

    /// ECDH with the SHA-256 derivation and AES-256 key wrap (RFC 5753 §7.1.4, RFC 3565).
    static func demandKeyAgreement(_ node: ASN1Node) throws(CMSError) {
        var algorithm = try DERElements(of: node, "the key agreement algorithm")
        try demandIdentifier(.ecdhSHA256KDF, algorithm.next("algorithm"), "the key agreement algorithm")
        try demandKeyWrap(algorithm.next("the wrap algorithm"))
        try algorithm.end()
    }

    static func demandKeyWrap(_ node: ASN1Node) throws(CMSError) {
        var algorithm = try DERElements(of: node, "the key wrap algorithm")
        try demandIdentifier(.aes256Wrap, algorithm.next("algorithm"), "the key wrap algorithm")
        try algorithm.end()
    }

    /// RSAES-OAEP with SHA-256 twice and no label (RFC 4055 §4.1). A label of odd form is CVE-2026-28390.
    static func demandKeyTransport(_ node: ASN1Node) throws(CMSError) {
        var algorithm = try DERElements(of: node, "the key transport algorithm")
        try demandIdentifier(.rsaOAEP, algorithm.next("algorithm"), "the key transport algorithm")
        var parameters = try DERElements(of: algorithm.next("parameters"), "RSAES-OAEP-params")
        try algorithm.end()
        try demandDigestAndMask(&parameters, "RSAES-OAEP-params")
        try parameters.end(orElse: .algorithmNotAllowed)
    }

    enum Signature: Hashable, Sendable {
        case ecdsa
        case rsaPSS
    }

    /// ECDSA with SHA-256 (RFC 5754 §3.3) or RSASSA-PSS with SHA-256 twice and a salt of 32 bytes (RFC 4056).
    static func signature(_ node: ASN1Node) throws(CMSError) -> Signature {
        var algorithm = try DERElements(of: node, "the signature algorithm")
        switch try algorithm.next("algorithm").objectIdentifier("the signature algorithm") {
        case .ecdsaWithSHA256:
            try algorithm.end(orElse: .algorithmNotAllowed)
            return .ecdsa
        case .rsaPSS:
            var parameters = try DERElements(of: algorithm.next("parameters"), "RSASSA-PSS-params")
            try algorithm.end()
            try demandDigestAndMask(&parameters, "RSASSA-PSS-params")
            try parameters.next("the salt length").inside(.context(2), "the salt length")
                .demandInteger(32, "the salt length", orElse: .algorithmNotAllowed)
            try parameters.end(orElse: .algorithmNotAllowed)
            return .rsaPSS
        case let other:
            throw CMSError(.algorithmNotAllowed, "the signature algorithm \(other) is not allowed")
        }
    }

    /// Both algorithms spelled out: their default is SHA-1.
    private static func demandDigestAndMask(_ parameters: inout DERElements, _ name: String) throws(CMSError) {
        guard let digest = parameters.next(ifTagged: .context(0)), let mask = parameters.next(ifTagged: .context(1))
        else { throw CMSError(.algorithmNotAllowed, "\(name) leaves a digest at its default, SHA-1") }
        try demandSHA256(digest.inside(.context(0), "the digest"), "the digest of \(name)")
        var generator = try DERElements(of: mask.inside(.context(1), "the mask"), "the mask generation")
        try demandIdentifier(.mgf1, generator.next("algorithm"), "the mask generation")
        try demandSHA256(generator.next("parameters"), "the mask generation's digest")
        try generator.end()
    }

    private static func demand(
        _ identifier: ASN1ObjectIdentifier, _ node: ASN1Node, _ name: String
    ) throws(CMSError) {
        var algorithm = try DERElements(of: node, name)
        try demandIdentifier(identifier, algorithm.next("algorithm"), name)
        if let null = algorithm.next(ifTagged: .null) { try null.demandNull(name) }
        try algorithm.end(orElse: .algorithmNotAllowed)
    }

    private static func demandIdentifier(
        _ identifier: ASN1ObjectIdentifier, _ node: ASN1Node, _ name: String
    ) throws(CMSError) {
        let found = try node.objectIdentifier(name)
        guard found == identifier else {
            throw CMSError(.algorithmNotAllowed, "\(name) is \(found); \(identifier) is the only one allowed")
        }
    }
}
