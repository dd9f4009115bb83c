internal import SwiftASN1

/// One recipient of an envelope, after the check that it is of an allowed kind with allowed algorithms
/// (RFC 5652 §6.2, RFC 5753, RFC 4055).
struct RecipientInfo {
    enum Kind {
        /// ECDH on P-256.
        case keyAgreement
        /// RSAES-OAEP.
        case keyTransport
        /// A symmetric key that is known beforehand.
        case storageKey
    }

    let kind: Kind
    /// subjectKeyIdentifier, or the id of the storage key.
    let keyIdentifier: [UInt8]
    /// As it stands in the envelope.
    let encodedBytes: ArraySlice<UInt8>

    /// A content key of 32 bytes and the 8 bytes that RFC 3394 adds.
    static let wrappedKeyBytes = 40
    static let storageKeyIdentifierBytes = 16
    /// SHA-1 gives 20; RFC 7093 allows others.
    static let keyIdentifierBytes = 8...64

    init(_ node: ASN1Node) throws(CMSError) {
        encodedBytes = node.encodedBytes
        switch node.identifier {
        case .sequence:
            kind = .keyTransport
            keyIdentifier = try Self.keyTransport(node)
        case .context(1):
            kind = .keyAgreement
            keyIdentifier = try Self.keyAgreement(node)
        case .context(2):
            kind = .storageKey
            keyIdentifier = try Self.storageKey(node)
        default:
            throw CMSError(.algorithmNotAllowed, "password and other recipients are not allowed")
        }
    }

    private static func keyTransport(_ node: ASN1Node) throws(CMSError) -> [UInt8] {
        var info = try DERElements(of: node, "KeyTransRecipientInfo")
        try info.next("version").demandInteger(2, "the version of KeyTransRecipientInfo")
        let identifier = try keyIdentifier(info.next("rid").primitive(.context(0), "subjectKeyIdentifier"))
        try AlgorithmPolicy.demandKeyTransport(info.next("keyEncryptionAlgorithm"))
        let wrapped = try info.next("encryptedKey").primitive(.octetString, "encryptedKey")
        guard CMSLimits.rsaBits.contains(wrapped.count * 8) else {
            throw CMSError(.algorithmNotAllowed, "the RSA modulus would have \(wrapped.count * 8) bits")
        }
        try info.end()
        return identifier
    }

    private static func keyAgreement(_ node: ASN1Node) throws(CMSError) -> [UInt8] {
        var info = try DERElements(of: node, .context(1), "KeyAgreeRecipientInfo")
        try info.next("version").demandInteger(3, "the version of KeyAgreeRecipientInfo")
        try checkEphemeralKey(
            info.next("originator").inside(.context(0), "originator"))
        guard info.next(ifTagged: .context(1)) == nil else {
            throw CMSError(.partNotAllowed, "user keying material is not part of the profile")
        }
        try AlgorithmPolicy.demandKeyAgreement(info.next("keyEncryptionAlgorithm"))
        var keys = try DERElements(of: info.next("recipientEncryptedKeys"), "recipientEncryptedKeys")
        try info.end()
        // One each, so that trimming leaves one partner and not a group.
        var key = try DERElements(of: keys.only(orElse: .partNotAllowed), "RecipientEncryptedKey")
        var holder = try DERElements(of: key.next("rid"), .context(0), "RecipientKeyIdentifier")
        let identifier = try keyIdentifier(
            holder.next("subjectKeyIdentifier").primitive(.octetString, "subjectKeyIdentifier"))
        try holder.end(orElse: .partNotAllowed)
        _ = try key.next("encryptedKey").octets("encryptedKey", count: wrappedKeyBytes)
        try key.end()
        return identifier
    }

    /// An uncompressed point on P-256; the curve is that of the recipient's certificate, so that it is not repeated.
    private static func checkEphemeralKey(_ node: ASN1Node) throws(CMSError) {
        var key = try DERElements(of: node, .context(1), "originatorKey")
        var algorithm = try DERElements(of: key.next("algorithm"), "the originator's key algorithm")
        guard try algorithm.next("algorithm").objectIdentifier("the originator's key algorithm") == .ecPublicKey else {
            throw CMSError(.algorithmNotAllowed, "the originator's key is not on an elliptic curve")
        }
        try algorithm.end(orElse: .algorithmNotAllowed)
        let point = try key.next("publicKey").primitive(.bitString, "publicKey")
        guard point.count == 66, point.starts(with: [0x00, 0x04]) else {
            throw CMSError(.algorithmNotAllowed, "the originator's key is not an uncompressed point on P-256")
        }
        try key.end()
    }

    private static func storageKey(_ node: ASN1Node) throws(CMSError) -> [UInt8] {
        var info = try DERElements(of: node, .context(2), "KEKRecipientInfo")
        try info.next("version").demandInteger(4, "the version of KEKRecipientInfo")
        var holder = try DERElements(of: info.next("kekid"), "KEKIdentifier")
        let identifier = try holder.next("keyIdentifier").octets("keyIdentifier", count: storageKeyIdentifierBytes)
        try holder.end(orElse: .partNotAllowed)
        try AlgorithmPolicy.demandKeyWrap(info.next("keyEncryptionAlgorithm"))
        _ = try info.next("encryptedKey").octets("encryptedKey", count: wrappedKeyBytes)
        try info.end()
        return identifier
    }

    static func keyIdentifier(_ bytes: ArraySlice<UInt8>) throws(CMSError) -> [UInt8] {
        guard keyIdentifierBytes.contains(bytes.count) else {
            throw CMSError(.malformed, "a key identifier has \(bytes.count) bytes")
        }
        return Array(bytes)
    }
}
