import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

@Suite struct `Verification of a message` {
    let exchange: Exchange
    let sealed: SealedMessage

    init() throws {
        exchange = try Exchange()
        sealed = try exchange.sealed()
    }

    private func verify(
        _ message: SignedMessage, now: Timestamp? = nil, signer: @escaping SignerLookup
    ) throws -> VerifiedMessage {
        try message.verify(
            expecting: message.digest,
            in: VerificationContext(trust: exchange.trust, now: now ?? exchange.now, signer: signer))
    }

    @Test func `the twin of an ECDSA signature verifies and is refused by its digest`() throws {
        var tree = DERTree(sealed.message.signedData)
        tree.signature.value = try P256.twin(of: tree.signature.value)
        let twin = try SignedMessage(signedData: tree.bytes)
        let believed = try twin.verify(expecting: twin.digest, in: exchange.context)
        let original = try exchange.verified(sealed)
        try #require(believed.content == original.content, "the twin is a good signature")
        expectRefused(.digestMismatch) { try twin.verify(expecting: sealed.digest, in: exchange.context) }
    }

    @Test func `the same content sealed again is another message`() throws {
        let again = try exchange.sealed()
        #expect(again.digest != sealed.digest)
        expectRefused(.digestMismatch) { try again.message.verify(expecting: sealed.digest, in: exchange.context) }
    }

    @Test func `a signer that the directory does not know holds the message`() throws {
        expectRefused(.signerUnknown) { try verify(sealed.message) { _ in nil } }
        #expect(CMSErrorCode.signerUnknown.mayPass)
    }

    @Test func `a signer other than the one that is named is refused`() throws {
        let wrong = exchange.bystander.signing.certificate
        expectRefused(.signerCertificateMismatch) { try verify(sealed.message) { _ in wrong } }
    }

    @Test func `another certificate of the signer's own key is refused`() throws {
        // A certificate by another authority, or an older one, would give the signature another meaning.
        let pki = try ExamplePKI.fresh()
        let community = try Community.shared.get()
        let folder = try scratchFolder()
        let request = folder.appending(path: "request.csr")
        try KeyGeneration.certificateRequestPEM(
            privateKeyPEM: text(community.pki.credential(of: "sender-p256", for: .signing).key),
            organisation: "Other (test)", oin: exchange.bystander.oin, commonName: "other", use: .signing
        ).write(to: request, atomically: true, encoding: .utf8)
        let issued = folder.appending(path: "other.crt")
        try pki.sign(request: request, for: .signing, into: issued)
        let other = try Certificate(pem: text(issued))
        try #require(other.subjectKeyIdentifier == exchange.sender.signing.certificate.subjectKeyIdentifier)
        expectRefused(.signerCertificateMismatch) { try verify(sealed.message) { _ in other } }
    }

    @Test func `a forged signature is refused`() throws {
        var tree = DERTree(sealed.message.signedData)
        let other = try exchange.sealed(Array("another signal".utf8))
        tree.signature.value = DERTree(other.message.signedData).signature.value
        let forged = try SignedMessage(signedData: tree.bytes)
        expectRefused(.signatureInvalid) { try forged.verify(expecting: forged.digest, in: exchange.context) }
    }

    @Test func `content that the signature does not cover is refused`() throws {
        var tree = DERTree(sealed.message.signedData)
        tree[1, 0, 2, 1, 0].value = Array("another one".utf8)
        let forged = try SignedMessage(signedData: tree.bytes)
        expectRefused(.signatureInvalid) { try forged.verify(expecting: forged.digest, in: exchange.context) }
    }

    @Test func `a signing time in the future holds the message, beyond what clocks may differ`() throws {
        let certificate = exchange.sender.signing.certificate
        let second = Milliseconds.seconds(1)
        let signed = sealed.message
        _ = try verify(signed, now: exchange.now - CMSLimits.clockSkew + second) { _ in certificate }
        expectRefused(.signingTimeInFuture) {
            try verify(signed, now: exchange.now - CMSLimits.clockSkew - second) { _ in certificate }
        }
        #expect(CMSErrorCode.signingTimeInFuture.mayPass)
    }

    @Test func `a TLS certificate signs no message`() throws {
        let community = try Community.shared.get()
        let signer = try SigningIdentity(
            certificate: exchange.sender.tls,
            privateKeyPEM: text(community.pki.credential(of: "sender-p256", for: .tls).key))
        let sealed = try Sealer().seal(
            content: [1], messageID: exchange.messageID, signingTime: exchange.now, signer: signer, recipients: [],
            storageKey: exchange.storageKey)
        expectRefused(.signerUntrusted) { try verify(sealed.message) { _ in signer.certificate } }
    }

    @Test func `a stored message is the one of the ledger's digest, whatever became of its signer`() throws {
        let stored = try sealed.message.storedMessage(expecting: sealed.digest, by: exchange.sender.oin)
        #expect(stored.contentIdentifier == exchange.messageID)
        #expect(stored.signerOIN == exchange.sender.oin)
        let other = try exchange.sealed()
        expectRefused(.digestMismatch) {
            try other.message.storedMessage(expecting: sealed.digest, by: exchange.sender.oin)
        }
    }

    @Test func `receipts go to the signer and to nobody else`() throws {
        // A signer who asks for the receipts to go to another organisation.
        let forged = try SignedMessageForger(exchange).message(receiptsTo: exchange.bystander.oin)
        expectRefused(.attributesNotAllowed) { try forged.verify(expecting: forged.digest, in: exchange.context) }
    }
}

extension Timestamp {
    fileprivate static func - (left: Timestamp, right: Milliseconds) -> Timestamp {
        Timestamp(milliseconds: left.milliseconds - right.count)
    }
}

/// The order of P-256 and subtraction modulo it, as a forger needs them.
enum P256 {
    private static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]

    /// (r, n − s) for the DER of (r, s).
    static func twin(of signature: [UInt8]) throws -> [UInt8] {
        var tree = DERTree(signature)
        let s = tree.children[1].value.drop { $0 == 0 }
        let padded = [UInt8](repeating: 0, count: order.count - s.count) + s
        var difference = [UInt8](repeating: 0, count: order.count)
        var borrow = 0
        for index in order.indices.reversed() {
            let value = Int(order[index]) - Int(padded[index]) - borrow
            borrow = value < 0 ? 1 : 0
            difference[index] = UInt8(value & 0xFF)
        }
        var integer = Array(difference.drop { $0 == 0 })
        if let first = integer.first, first > 0x7F { integer.insert(0, at: 0) }
        tree.children[1].value = integer
        return tree.bytes
    }
}
