internal import SwiftASN1

/// An envelope put together from parts that are encoded already (RFC 5083 §2.1).
struct AuthEnvelopedData {
    let recipients: [ArraySlice<UInt8>]
    /// EncryptedContentInfo, whole.
    let encryptedContentInfo: ArraySlice<UInt8>
    /// The tag as an OCTET STRING, whole.
    let tag: ArraySlice<UInt8>

    /// The DER of a ContentInfo.
    var der: [UInt8] {
        get throws(CMSError) {
            var serializer = DER.Serializer()
            do {
                try serializer.appendConstructedNode(identifier: .sequence) { contentInfo in
                    try contentInfo.serialize(ASN1ObjectIdentifier.authEnvelopedData)
                    contentInfo.appendConstructedNode(identifier: .context(0)) { content in
                        content.appendConstructedNode(identifier: .sequence) { envelope in
                            envelope.appendPrimitiveNode(identifier: .integer) { $0.append(0) }
                            envelope.appendConstructedNode(identifier: .set) { set in
                                for recipient in recipients { set.serializeRawBytes(recipient) }
                            }
                            envelope.serializeRawBytes(encryptedContentInfo)
                            envelope.serializeRawBytes(tag)
                        }
                    }
                }
            } catch { throw CMSError(.malformed, "the envelope could not be written: \(error)") }
            return serializer.serializedBytes
        }
    }
}
