internal import ExchangeCore
internal import SwiftASN1

/// The content of a signed receipt (RFC 2634 §2.8): which message, and which signature of it.
struct ReceiptContent {
    let contentType: ASN1ObjectIdentifier
    let messageID: MessageID
    let originatorSignature: [UInt8]

    init(for message: SignedMessage, _ request: ReceiptRequest) {
        contentType = ExchangeArc.message
        messageID = request.messageID
        originatorSignature = message.inspection.signature
    }

    init(der: [UInt8]) throws(CMSError) {
        var receipt = try DERElements(of: StrictDER.parse(der, bytesLimit: CMSLimits.receiptBytes), "Receipt")
        try receipt.next("version").demandInteger(1, "the version of Receipt")
        contentType = try receipt.next("contentType").objectIdentifier("contentType")
        let identifier = try receipt.next("signedContentIdentifier").octets("signedContentIdentifier", count: 16)
        guard let messageID = MessageID(bytes: identifier) else {
            throw CMSError(.malformed, "signedContentIdentifier is not a UUIDv7")
        }
        self.messageID = messageID
        originatorSignature = Array(
            try receipt.next("originatorSignatureValue").primitive(.octetString, "originatorSignatureValue"))
        try receipt.end()
    }

    var der: [UInt8] {
        get throws(CMSError) {
            var serializer = DER.Serializer()
            do {
                try serializer.appendConstructedNode(identifier: .sequence) { receipt in
                    receipt.appendPrimitiveNode(identifier: .integer) { $0.append(1) }
                    try receipt.serialize(contentType)
                    receipt.appendPrimitiveNode(identifier: .octetString) { $0.append(contentsOf: messageID.bytes) }
                    receipt.appendPrimitiveNode(identifier: .octetString) { $0.append(contentsOf: originatorSignature) }
                }
            } catch { throw CMSError(.malformed, "the receipt could not be written: \(error)") }
            return serializer.serializedBytes
        }
    }
}
