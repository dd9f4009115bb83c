import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Testing

@Suite struct `A trip of a message` {
    @Test(arguments: ExamplePKI.Algorithm.allCases, ExamplePKI.Algorithm.allCases)
    func `goes from seal to receipt with every mix of keys`(
        sender: ExamplePKI.Algorithm, recipient: ExamplePKI.Algorithm
    ) throws {
        let exchange = try Exchange(sender, recipient)
        let content = Array("the others must be told".utf8)
        let sealed = try exchange.sealed(content)

        let signed = try exchange.opened(exchange.travelling(sealed))
        #expect(signed.digest == sealed.digest)
        let message = try signed.verify(expecting: sealed.digest, in: exchange.context)
        #expect(message.content == content)
        #expect(message.signerOIN == exchange.sender.oin)
        #expect(message.contentIdentifier == exchange.messageID)
        #expect(message.signingTime.milliseconds == exchange.now.milliseconds / 1000 * 1000)

        let receipt = try SignedReceipt.sign(for: message, by: exchange.recipient.signing, at: exchange.now)
        let proof = try SignedReceipt.verify(
            receipt, for: exchange.verified(sealed), from: exchange.recipient.oin, in: exchange.context)
        #expect(proof.messageDigest == sealed.digest)
        #expect(proof.messageID == exchange.messageID)
        #expect(proof.signerOIN == exchange.recipient.oin)
    }

    @Test func `ends under the storage key of the case, with the same digest`() throws {
        let exchange = try Exchange()
        let sealed = try exchange.sealed()
        let received = try exchange.opened(exchange.travelling(sealed))
        let key = CaseStorageKey()
        let stored = try Sealer().encrypt(received, storageKey: key)
        let envelope = try UnverifiedEnvelope(stored, at: .store)
        #expect(envelope.recipientKeyIdentifiers.isEmpty)
        #expect(try Opener().openStored(envelope, with: key).digest == sealed.digest)
        expectRefused(.storageKeyWrong) { try Opener().openStored(envelope, with: CaseStorageKey()) }
    }

    @Test(arguments: StatementKind.allCases) func `has signed statements beside it`(kind: StatementKind) throws {
        let exchange = try Exchange()
        guard kind != .directory else { return }
        let payload = Array("numbers 1 to 32".utf8)
        let statement = try SignedStatement.sign(payload, kind: kind, by: exchange.sender.signing, at: exchange.now)
        let verified = try SignedStatement.verify(statement, kind: kind, in: exchange.context)
        #expect(verified.payload == payload)
        #expect(verified.signerOIN == exchange.sender.oin)
        for other in StatementKind.allCases where other != kind {
            expectRefused(.contentTypeMismatch) {
                try SignedStatement.verify(statement, kind: other, in: exchange.context)
            }
        }
    }
}
