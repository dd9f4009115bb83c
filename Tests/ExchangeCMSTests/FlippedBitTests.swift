import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Testing

@Suite struct `A flipped bit` {
    @Test(arguments: ExamplePKI.Algorithm.allCases)
    func `anywhere in an envelope is refused`(algorithm: ExamplePKI.Algorithm) throws {
        let exchange = try Exchange(.p256, algorithm)
        let sealed = try exchange.sealed()
        let envelope = try exchange.travelling(sealed)
        // RSA is slow: each byte once; P-256 thrice, with the bit that makes a tag constructed among them.
        let bits: [UInt8] = algorithm == .p256 ? [0x01, 0x20, 0x80] : [0x01]
        for index in envelope.indices {
            for bit in bits {
                var altered = envelope
                altered[index] ^= bit
                #expect(throws: CMSError.self, "byte \(index), bit \(bit)") {
                    let message = try exchange.opened(altered)
                    _ = try message.verify(expecting: sealed.digest, in: exchange.context)
                }
            }
        }
    }

    @Test func `anywhere in a signed message is refused, also by somebody who can encrypt it again`() throws {
        let exchange = try Exchange()
        let sealed = try exchange.sealed()
        for index in sealed.message.signedData.indices {
            for bit: UInt8 in [0x01, 0x20, 0x80] {
                var altered = sealed.message.signedData
                altered[index] ^= bit
                #expect(throws: CMSError.self, "byte \(index), bit \(bit)") {
                    let message = try SignedMessage(signedData: altered)
                    // The forger may choose the manifest, too: only the signature is left to stop this.
                    _ = try message.verify(expecting: message.digest, in: exchange.context)
                }
            }
        }
    }

    @Test func `anywhere in a receipt is refused`() throws {
        let exchange = try Exchange()
        let message = try exchange.verified(exchange.sealed())
        let receipt = try SignedReceipt.sign(for: message, by: exchange.recipient.signing, at: exchange.now)
        for index in receipt.indices {
            for bit: UInt8 in [0x01, 0x20, 0x80] {
                var altered = receipt
                altered[index] ^= bit
                #expect(throws: CMSError.self, "byte \(index), bit \(bit)") {
                    try SignedReceipt.verify(
                        altered, for: message, from: exchange.recipient.oin, in: exchange.context)
                }
            }
        }
    }
}
