import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

/// A third party has the `openssl` command and the certificates, and nothing of ours.
@Suite struct `The openssl command` {
    /// Files of one trip, named as a third party would be handed them.
    private struct Evidence {
        let exchange: Exchange
        let content = Array("the others must be told\r\n\0 bytes as they are".utf8)
        let sealed: SealedMessage
        let envelope: [UInt8]
        let receipt: [UInt8]
        let folder: URL
        let openssl: OpenSSLCommand
        let pki: ExamplePKI

        init(_ sender: ExamplePKI.Algorithm, _ recipient: ExamplePKI.Algorithm) throws {
            exchange = try Exchange(sender, recipient)
            sealed = try exchange.sealed(content)
            envelope = try exchange.travelling(sealed)
            receipt = try SignedReceipt.sign(
                for: exchange.verified(sealed), by: exchange.recipient.signing, at: exchange.now)
            folder = try scratchFolder()
            openssl = OpenSSLCommand(folder)
            pki = try Community.shared.get().pki
        }

        /// Chain and revocation lists of the whole chain, with the S/MIME signing purpose. The command takes the lists
        /// from the file of the authorities.
        private func trust() throws -> [String] {
            let all = try text(pki.chain) + text(pki.rootRevocationList) + text(pki.issuingRevocationList)
            return try [
                "-CAfile", openssl.file("authorities.pem", Array(all.utf8)), "-crl_check_all", "-purpose", "smimesign",
            ]
        }

        func verify(_ signed: [UInt8]) throws -> Command.Outcome {
            try Command.outcome(
                "openssl",
                [
                    "cms", "-verify", "-binary", "-inform", "DER", "-in", openssl.file("signed.der", signed),
                    "-certfile",
                    openssl.file("sender.pem", Array(exchange.sender.signing.certificate.pem.utf8)),
                ] + trust())
        }

        func verify(receipt: [UInt8], for original: [UInt8]) throws -> Command.Outcome {
            try Command.outcome(
                "openssl",
                [
                    "cms", "-verify_receipt", openssl.file("receipt.der", receipt), "-rctform", "DER", "-inform", "DER",
                    "-in", openssl.file("original.der", original), "-certfile",
                    openssl.file("recipient.pem", Array(exchange.recipient.signing.certificate.pem.utf8)),
                ] + trust())
        }

        func decrypt(_ envelope: [UInt8], with slug: String) throws -> Command.Outcome {
            let credential = pki.credential(of: slug, for: .agreement)
            return try Command.outcome(
                "openssl",
                [
                    "cms", "-decrypt", "-binary", "-inform", "DER", "-in", openssl.file("envelope.der", envelope),
                    "-recip", credential.certificate.path, "-inkey", credential.key.path,
                ])
        }
    }

    @Test(arguments: ExamplePKI.Algorithm.allCases, ExamplePKI.Algorithm.allCases)
    func `decrypts and verifies our messages`(
        sender: ExamplePKI.Algorithm, recipient: ExamplePKI.Algorithm
    ) throws {
        let evidence = try Evidence(sender, recipient)
        let decrypted = try evidence.decrypt(evidence.envelope, with: "recipient-\(recipient.rawValue)")
        #expect(decrypted.status == 0, "\(decrypted.errors)")
        #expect(decrypted.output == evidence.sealed.message.signedData)
        let verified = try evidence.verify(decrypted.output)
        #expect(verified.status == 0, "\(verified.errors)")
        #expect(verified.output == evidence.content)
        // The digest that manifests carry is that of the decrypted file.
        let digest = try Command.run(
            "openssl", ["dgst", "-sha256", "-r", evidence.openssl.file("signed.der", decrypted.output)])
        #expect(String(decoding: digest.prefix(64), as: UTF8.self) == evidence.sealed.digest.description)
    }

    @Test func `refuses our message where one byte is flipped`() throws {
        let evidence = try Evidence(.p256, .p256)
        var signed = evidence.sealed.message.signedData
        let place = try #require(signed.indices.first { signed[$0...].starts(with: evidence.content) })
        signed[place] ^= 1
        #expect(try evidence.verify(signed).errors.contains("Verification failure"))
        var envelope = evidence.envelope
        envelope[envelope.count - 1] ^= 1
        #expect(try evidence.decrypt(envelope, with: "recipient-p256").status != 0)
    }

    @Test(arguments: ExamplePKI.Algorithm.allCases, ExamplePKI.Algorithm.allCases)
    func `verifies our receipts`(sender: ExamplePKI.Algorithm, recipient: ExamplePKI.Algorithm) throws {
        let evidence = try Evidence(sender, recipient)
        let original = evidence.sealed.message.signedData
        let outcome = try evidence.verify(receipt: evidence.receipt, for: original)
        #expect(outcome.status == 0, "\(outcome.errors)")
        // One flipped bit in the last byte, which is in the signature; and in the middle, which is in the attributes.
        for place in [evidence.receipt.count - 1, evidence.receipt.count / 2] {
            var altered = evidence.receipt
            altered[place] ^= 1
            let outcome = try evidence.verify(receipt: altered, for: original)
            #expect(outcome.status != 0, "\(outcome.errors)")
        }
        // Another message is not the one that was received.
        let other = try evidence.exchange.sealed(evidence.content).message.signedData
        #expect(try evidence.verify(receipt: evidence.receipt, for: other).status != 0)
    }

    @Test func `opens the stored form with the case's key alone`() throws {
        let evidence = try Evidence(.p256, .p256)
        let archive = try ArchiveKey([UInt8](repeating: 7, count: 32))
        // The key itself is not for callers: it is taken from its wrapped form, as a recovery by hand would.
        let wrapped = try archive.wrap(evidence.exchange.storageKey)
        let unwrapped = try Command.run(
            "openssl",
            [
                "enc", "-d", "-id-aes256-wrap", "-K", String(repeating: "07", count: 32), "-iv", "A6A6A6A6A6A6A6A6",
                "-in", evidence.openssl.file("wrapped", wrapped),
            ])
        #expect(unwrapped.count == 48)
        let signed = try Command.run(
            "openssl",
            [
                "cms", "-decrypt", "-binary", "-inform", "DER", "-in",
                evidence.openssl.file("stored.der", evidence.sealed.envelope), "-secretkey",
                unwrapped.suffix(32).hexadecimal, "-secretkeyid", unwrapped.prefix(16).hexadecimal,
            ])
        #expect(signed == evidence.sealed.message.signedData)
    }

    @Test func `verifies a statement`() throws {
        let evidence = try Evidence(.p256, .p256)
        let payload = Array("numbers 1 to 32".utf8)
        let statement = try SignedStatement.sign(
            payload, kind: .tally, by: evidence.exchange.sender.signing, at: evidence.exchange.now)
        #expect(try evidence.verify(statement).output == payload)
    }
}
