import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

@Suite struct `A receipt` {
    let exchange: Exchange
    let message: VerifiedMessage

    init() throws {
        exchange = try Exchange()
        message = try exchange.verified(exchange.sealed())
    }

    private func verify(_ receipt: [UInt8], for message: VerifiedMessage) throws -> VerifiedReceipt {
        try SignedReceipt.verify(receipt, for: message, from: exchange.recipient.oin, in: exchange.context)
    }

    @Test func `by another organisation of the same authority is refused`() throws {
        let receipt = try SignedReceipt.sign(for: message, by: exchange.bystander.signing, at: exchange.now)
        // OpenSSL accepts it: same authority, right message.
        let folder = try scratchFolder()
        let openssl = OpenSSLCommand(folder)
        let community = try Community.shared.get()
        try Command.run(
            "openssl",
            [
                "cms", "-verify_receipt", openssl.file("receipt", receipt), "-rctform", "DER", "-inform", "DER",
                "-in", openssl.file("original", message.signedData), "-CAfile", community.pki.chain.path, "-certfile",
                openssl.file("signer", Array(exchange.bystander.signing.certificate.pem.utf8)),
            ])
        expectRefused(.receiptByAnotherOrganisation) { try verify(receipt, for: message) }
    }

    @Test func `for another message is refused, even of the same id and content`() throws {
        let receipt = try SignedReceipt.sign(for: message, by: exchange.recipient.signing, at: exchange.now)
        let twin = try exchange.verified(exchange.sealed())
        #expect(twin.contentIdentifier == message.contentIdentifier)
        #expect(twin.content == message.content)
        expectRefused(.receiptMismatch) { try verify(receipt, for: twin) }
        #expect(try verify(receipt, for: message).messageDigest == message.digest)
    }

    @Test func `with a forged digest of the message's signature is refused`() throws {
        let receipt = try SignedReceipt.sign(for: message, by: exchange.recipient.signing, at: exchange.now)
        let digest = sha256([0x31] + Array(DERTree(message.signedData).signedAttributes.bytes.dropFirst())).bytes
        let start = try #require(
            receipt.indices.first { receipt[$0...].starts(with: digest) }, "msgSigDigest is in the receipt")
        var forged = receipt
        forged[start] ^= 1
        expectRefused(.receiptMismatch) { try verify(forged, for: message) }
    }

    @Test func `made by a key that was compromised is refused`() throws {
        let pki = try ExamplePKI.fresh()
        let recipient = try pki.organisation("recipient", 1)
        let receipt = try SignedReceipt.sign(for: message, by: recipient.signing, at: exchange.now)
        let context = { (trust: TrustStore) in
            VerificationContext(trust: trust, now: exchange.now) { identifier in
                recipient.signing.certificate.subjectKeyIdentifier == identifier ? recipient.signing.certificate : nil
            }
        }
        let trusted = try pki.trust()
        #expect(
            try SignedReceipt.verify(receipt, for: message, from: recipient.oin, in: context(trusted)).signerOIN
                == recipient.oin)
        try pki.revoke(pki.credential(of: "recipient", for: .signing).certificate, reason: .keyCompromise)
        let revoked = try pki.trust()
        expectRefused(.signerUntrusted) {
            try SignedReceipt.verify(receipt, for: message, from: recipient.oin, in: context(revoked))
        }
    }

    @Test func `is not a statement, and a statement is not a receipt`() throws {
        let receipt = try SignedReceipt.sign(for: message, by: exchange.recipient.signing, at: exchange.now)
        let tally = try SignedStatement.sign(
            Array("numbers".utf8), kind: .tally, by: exchange.recipient.signing, at: exchange.now)
        expectRefused(.contentTypeMismatch) {
            try SignedStatement.verify(receipt, kind: .tally, in: exchange.context)
        }
        expectRefused(.contentTypeMismatch) { try verify(tally, for: message) }
        expectRefused(.contentTypeMismatch) { try SignedMessage(signedData: receipt) }
    }

    @Test func `of an RSA signer for a message of an RSA signer is good`() throws {
        let exchange = try Exchange(.rsa3072, .rsa3072)
        let message = try exchange.verified(exchange.sealed())
        let receipt = try SignedReceipt.sign(for: message, by: exchange.recipient.signing, at: exchange.now)
        let proof = try SignedReceipt.verify(
            receipt, for: message, from: exchange.recipient.oin, in: exchange.context)
        #expect(proof.signerOIN == exchange.recipient.oin)
    }
}
