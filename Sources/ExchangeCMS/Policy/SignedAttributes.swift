package import ExchangeCore
internal import SwiftASN1

/// The signed attributes of one signer, read. Which ones there must be is the profile's; each occurs once, with one
/// value (RFC 5652 §11).
struct SignedAttributes: Sendable {
    let messageDigest: Digest
    let signingTime: Timestamp
    /// SHA-256 of the signer's certificate (signingCertificateV2, RFC 5035 §5.4.1).
    let signerCertificateDigest: Digest
    /// Messages only.
    let receiptRequest: ReceiptRequest?
    /// Receipts only: the digest of the signed attributes of the message (RFC 2634 §2.4).
    let messageSignatureDigest: Digest?

    init(_ node: ASN1Node, _ profile: SignedDataPolicy.Profile) throws(CMSError) {
        let demanded: [ASN1ObjectIdentifier] =
            [.contentType, .messageDigest, .signingTime, .signingCertificateV2] + profile.additionalAttributes
        var set = try DERElements(of: node, .context(0), "signedAttrs")
        let attributes = try set.rest(limit: demanded.count)
        var values: [ASN1ObjectIdentifier: ASN1Node] = [:]
        for attribute in attributes {
            var parts = try DERElements(of: attribute, "an attribute")
            let type = try parts.next("attrType").objectIdentifier("attrType")
            guard demanded.contains(type), values[type] == nil else {
                throw CMSError(.attributesNotAllowed, "the signed attribute \(type) is foreign or doubled")
            }
            var attributeValues = try DERElements(of: parts.next("attrValues"), .set, "attrValues")
            values[type] = try attributeValues.only(orElse: .attributesNotAllowed)
            try parts.end()
        }
        func value(_ type: ASN1ObjectIdentifier, _ name: String) throws(CMSError) -> ASN1Node {
            guard let node = values[type] else {
                throw CMSError(.attributesNotAllowed, "the signed attribute \(name) is missing")
            }
            return node
        }
        let contentType = try value(.contentType, "contentType").objectIdentifier("contentType")
        // OpenSSL verifies a signature although the two differ: the type would be what the bytes outside say.
        guard contentType == profile.contentType else {
            throw CMSError(
                .contentTypeMismatch,
                "the signed content type is \(contentType), "
                    + "that of the structure is \(profile.contentType)")
        }
        messageDigest = try Self.digest(value(.messageDigest, "messageDigest"), "messageDigest")
        signingTime = try Self.time(value(.signingTime, "signingTime"))
        signerCertificateDigest = try Self.certificateDigest(value(.signingCertificateV2, "signingCertificateV2"))
        receiptRequest =
            profile.additionalAttributes.contains(.receiptRequest)
            ? try ReceiptRequest(value(.receiptRequest, "receiptRequest")) : nil
        messageSignatureDigest =
            profile.additionalAttributes.contains(.messageSignatureDigest)
            ? try Self.digest(value(.messageSignatureDigest, "msgSigDigest"), "msgSigDigest") : nil
        try Self.demandOrder(attributes)
    }

    /// The order of a SET OF in DER (X.690 §11.6). OpenSSL sorts before it verifies, so that another order would be
    /// the same signature over other bytes.
    private static func demandOrder(_ attributes: [ASN1Node]) throws(CMSError) {
        for (first, second) in zip(attributes, attributes.dropFirst())
        where !first.encodedBytes.lexicographicallyPrecedes(second.encodedBytes) {
            throw CMSError(.malformed, "the signed attributes are not in the order of DER")
        }
    }

    private static func digest(_ node: ASN1Node, _ name: String) throws(CMSError) -> Digest {
        guard let digest = Digest(try node.octets(name, count: Digest.byteCount)) else {
            throw CMSError(.malformed, "\(name) is not a SHA-256 value")
        }
        return digest
    }

    private static func certificateDigest(_ node: ASN1Node) throws(CMSError) -> Digest {
        var attribute = try DERElements(of: node, "signingCertificateV2")
        var certificates = try DERElements(of: attribute.next("certs"), "certs")
        try attribute.end(orElse: .attributesNotAllowed)
        var identifier = try DERElements(of: certificates.only(orElse: .attributesNotAllowed), "ESSCertIDv2")
        // A hash algorithm here would be another than the default, SHA-256.
        let digest = try digest(identifier.next("certHash"), "certHash")
        // Issuer and serial say less than the digest over the whole certificate, which is what is compared.
        _ = identifier.next(ifTagged: .sequence)
        try identifier.end(orElse: .attributesNotAllowed)
        return digest
    }

    /// UTCTime until 2049 and GeneralizedTime from 2050, in whole seconds and UTC (RFC 5652 §11.3).
    private static func time(_ node: ASN1Node) throws(CMSError) -> Timestamp {
        let isShort = node.identifier == .utcTime
        let text = Array(try node.primitive(isShort ? .utcTime : .generalizedTime, "signingTime"))
        let digits = isShort ? Array("20".utf8) + text : text
        let parts = String(decoding: digits, as: UTF8.self)
        guard digits.count == 15, digits.last == UInt8(ascii: "Z"), isShort == (parts < "2050") else {
            throw CMSError(.malformed, "signingTime is not in the form of RFC 5652 §11.3")
        }
        func slice(_ start: Int, _ count: Int) -> String {
            String(decoding: digits[start..<start + count], as: UTF8.self)
        }
        guard
            let time = Timestamp(
                slice(0, 4) + "-" + slice(4, 2) + "-" + slice(6, 2) + "T" + slice(8, 2) + ":" + slice(10, 2) + ":"
                    + slice(12, 2) + ".000Z")
        else { throw CMSError(.malformed, "signingTime is not a time") }
        return time
    }
}

/// The request for a receipt in a message's signature (RFC 2634 §2.7).
struct ReceiptRequest: Sendable, Hashable {
    /// signedContentIdentifier: the message id, so that it is inside the signature and inside every receipt.
    let messageID: MessageID
    /// receiptsTo: the sender's name in the community's name space.
    let receiptsTo: String

    init(messageID: MessageID, sender: OIN) {
        self.messageID = messageID
        receiptsTo = sender.nodeName
    }

    init(_ node: ASN1Node) throws(CMSError) {
        var request = try DERElements(of: node, "ReceiptRequest")
        let identifier = try request.next("signedContentIdentifier").octets("signedContentIdentifier", count: 16)
        guard let messageID = MessageID(bytes: identifier) else {
            throw CMSError(.malformed, "signedContentIdentifier is not a UUIDv7")
        }
        guard try Array(request.next("receiptsFrom").primitive(.context(0), "receiptsFrom")) == [0] else {
            throw CMSError(.attributesNotAllowed, "receiptsFrom must be allReceipts")
        }
        var groups = try DERElements(of: request.next("receiptsTo"), "receiptsTo")
        try request.end()
        var names = try DERElements(of: groups.only(orElse: .attributesNotAllowed), "receiptsTo")
        let name = try names.only(orElse: .attributesNotAllowed).primitive(.context(2), "the name in receiptsTo")
        self.messageID = messageID
        receiptsTo = String(decoding: name, as: UTF8.self)
    }

    /// The attribute's value.
    var der: [UInt8] {
        var serializer = DER.Serializer()
        serializer.appendConstructedNode(identifier: .sequence) { request in
            request.appendPrimitiveNode(identifier: .octetString) { $0.append(contentsOf: messageID.bytes) }
            request.appendPrimitiveNode(identifier: .context(0)) { $0.append(0) }
            request.appendConstructedNode(identifier: .sequence) { groups in
                groups.appendConstructedNode(identifier: .sequence) { names in
                    names.appendPrimitiveNode(identifier: .context(2)) { $0.append(contentsOf: receiptsTo.utf8) }
                }
            }
        }
        return serializer.serializedBytes
    }
}

extension OIN {
    /// The name of the organisation's node in certificates: it identifies, and is resolved by the directory only.
    package var nodeName: String { text + ".oin.exchange.internal" }
}
