import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

@Suite struct `Opening an envelope` {
    let exchange: Exchange
    let sealed: SealedMessage

    init() throws {
        exchange = try Exchange()
        sealed = try exchange.sealed()
    }

    @Test func `each recipient opens what was trimmed to it, and no other recipient is named in it`() throws {
        let rsa = try Exchange(.p256, .rsa3072).recipient
        let partners = [exchange.recipient, exchange.bystander, rsa]
        let stored = try Sealer().encrypt(
            sealed.message,
            to: partners.map {
                try RecipientCertificate($0.agreement.certificate, trust: exchange.trust, now: exchange.now)
            }, storageKey: exchange.storageKey)
        for partner in partners {
            let identifier = partner.agreement.certificate.subjectKeyIdentifier
            let bytes = try UnverifiedEnvelope.trimmed(stored, to: identifier)
            let envelope = try UnverifiedEnvelope(bytes, at: .wire)
            #expect(envelope.recipientKeyIdentifiers == [identifier])
            #expect(try Opener().open(envelope, with: [partner.agreement]).digest == sealed.digest)
            for other in partners where other.oin != partner.oin {
                #expect(!bytes.contains(other.agreement.certificate.subjectKeyIdentifier))
                expectRefused(.recipientKeyUnknown) { try Opener().open(envelope, with: [other.agreement]) }
            }
            #expect(!bytes.contains(exchange.storageKey.identifier))
        }
        expectRefused(.recipientKeyUnknown) {
            try UnverifiedEnvelope.trimmed(stored, to: exchange.sender.agreement.certificate.subjectKeyIdentifier)
        }
        #expect(CMSErrorCode.recipientKeyUnknown.mayPass)
    }

    @Test func `retired keys are tried`() throws {
        let envelope = try UnverifiedEnvelope(exchange.travelling(sealed), at: .wire)
        let keys = [exchange.bystander.agreement, exchange.sender.agreement, exchange.recipient.agreement]
        #expect(try Opener().open(envelope, with: keys).digest == sealed.digest)
        expectRefused(.recipientKeyUnknown) { try Opener().open(envelope, with: []) }
    }

    @Test func `two keys under one identifier are both tried`() throws {
        // A certificate can claim any key identifier; another's must not keep the right key from being tried.
        let pki = try ExamplePKI.fresh()
        let impostor = try Impostor(
            keyIdentifier: exchange.recipient.agreement.certificate.subjectKeyIdentifier, in: pki.folder)
        let envelope = try UnverifiedEnvelope(exchange.travelling(sealed), at: .wire)
        expectRefused(.decryptionFailed) { try Opener().open(envelope, with: [impostor.identity]) }
        let opened = try Opener().open(envelope, with: [impostor.identity, exchange.recipient.agreement])
        #expect(opened.digest == sealed.digest)
    }

    @Test func `the sender's own copy opens under the storage key, for as long as the key is there`() throws {
        let envelope = try UnverifiedEnvelope(sealed.envelope, at: .store)
        #expect(envelope.storageKeyIdentifier == exchange.storageKey.identifier)
        #expect(try Opener().openStored(envelope, with: exchange.storageKey).digest == sealed.digest)
        expectRefused(.storageKeyWrong) { try Opener().openStored(envelope, with: CaseStorageKey()) }
    }

    @Test func `a damaged stored envelope is an error and no content`() throws {
        var tree = DERTree(sealed.envelope)
        tree.tag.value[0] ^= 1
        expectRefused(.decryptionFailed) {
            try Opener().openStored(UnverifiedEnvelope(tree.bytes, at: .store), with: exchange.storageKey)
        }
    }

    @Test func `a forged tag fails although OpenSSL reports nothing`() throws {
        var tree = DERTree(try exchange.travelling(sealed))
        tree.tag.value = [UInt8](repeating: 0, count: 16)
        let error = #expect(throws: CMSError.self) { try exchange.opened(tree.bytes) }
        #expect(error?.code == .decryptionFailed)
    }

    @Test func `sealing again keeps the digest, and sealing never repeats an envelope`() throws {
        let message = try exchange.opened(exchange.travelling(sealed))
        let key = CaseStorageKey()
        let envelopes = try (0..<2).map { _ in
            try Sealer().encrypt(message, to: exchange.recipients(), storageKey: key)
        }
        #expect(envelopes[0] != envelopes[1])
        for envelope in envelopes {
            let again = try exchange.opened(
                UnverifiedEnvelope.trimmed(envelope, to: exchange.recipient.agreement.certificate.subjectKeyIdentifier))
            #expect(again.digest == sealed.digest)
        }
    }

    @Test func `an error takes the queue of OpenSSL with it`() throws {
        var tree = DERTree(try exchange.travelling(sealed))
        tree.tag.value[3] ^= 0x10
        let first = #expect(throws: CMSError.self) { try exchange.opened(tree.bytes) }
        #expect(first?.code == .decryptionFailed)
        let garbled = #expect(throws: CMSError.self) { try Certificate(der: [0x30, 0x03, 0x02, 0x01, 0x00]) }
        #expect(garbled?.cause?.contains("asn1") == true)
        // Nothing of either failure is left for the next one to report.
        let local = #expect(throws: CMSError.self) { try ArchiveKey([1, 2, 3]) }
        #expect(local?.cause == nil)
    }
}

/// A certificate with a chosen key identifier, by nobody's authority.
private struct Impostor {
    let identity: DecryptionIdentity

    init(keyIdentifier: [UInt8], in folder: URL) throws {
        let key = folder.appending(path: "impostor.key").path
        let certificate = folder.appending(path: "impostor.crt").path
        try Command.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", key,
                "-out", certificate, "-subj", "/CN=impostor", "-addext",
                "subjectKeyIdentifier=\(keyIdentifier.hexadecimal)",
            ])
        identity = try DecryptionIdentity(
            certificate: Certificate(pem: text(URL(filePath: certificate))),
            privateKeyPEM: text(URL(filePath: key)))
    }
}

extension Array<UInt8> {
    fileprivate func contains(_ part: [UInt8]) -> Bool {
        indices.contains { self[$0...].starts(with: part) }
    }
}
