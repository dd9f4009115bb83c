import ExchangeCatalogue
import ExchangeCore
import Testing

extension SignedContent {
    /// A signal notice from the police to guardian and immigration service, with one attachment.
    static func signal() throws -> SignedContent {
        guard case .object(let document) = try Example("SIG-01").document, case .object(let body)? = document["body"]
        else { throw ContentError(.contentMalformed, at: .document, "the example has no body") }
        return SignedContent(
            id: Community.messageID(1), type: try #require(MessageType(code: "SIG-01")),
            sender: try Community.party(.police),
            recipients: [
                Recipient(try Community.party(.guardian), previous: Community.messageID(0)),
                Recipient(try Community.party(.immigration)),
            ], caseRef: Community.caseRef, conversation: Community.messageID(1), created: Community.created,
            priority: .asap, purpose: try #require(PurposeURI("https://register.avim.example/processing/signals")),
            legalBasis: ["wpg:8", "A6-1-e"], handling: .amber, body: body,
            attachments: [try attachment()])
    }

    /// The same, long enough that at least eight zeros of padding follow.
    static func paddedSignal() throws -> SignedContent {
        var content = try signal()
        var bytes: [UInt8] = []
        while !bytes.suffix(10).elementsEqual(Array("00000000\"}".utf8)) {
            content.purpose = try #require(PurposeURI(content.purpose.text + "x"))
            bytes = try ContentCodec.encode(content)
        }
        return content
    }

    static func attachment() throws -> AttachmentDescriptor {
        AttachmentDescriptor(
            name: "foto 1.jpg", mediaType: "image/jpeg", byteCount: 2_345_678, chunkByteCount: 1_048_576,
            sha256: try #require(Digest([UInt8](repeating: 0xAB, count: 32))),
            key: try #require(AttachmentKey([UInt8](repeating: 0x5C, count: 32))))
    }

    /// The document that is signed, to be broken by tests.
    var document: JSONValue { get throws { try JSONParser.parse(ContentCodec.encode(self)) } }
}

extension JSONValue {
    /// Makes the padding right again after a test has changed something, so that only the change is refused.
    func padded() throws -> [UInt8] {
        let bare = try replacing(["padding"], with: nil).replacing(["padding"], with: "").bytes
        let zeros = String(repeating: "0", count: Padme.size(atLeast: bare.count) - bare.count)
        return try replacing(["padding"], with: nil).replacing(["padding"], with: .string(zeros)).bytes
    }
}
