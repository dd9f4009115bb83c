@testable import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

@Suite struct `Keys and certificates` {
    @Test(arguments: KeyGeneration.Algorithm.allCases)
    func `a generated key gets a certificate and signs`(algorithm: KeyGeneration.Algorithm) throws {
        let community = try Community.shared.get()
        let folder = try scratchFolder()
        let pki = try ExamplePKI.fresh()
        let oin = try #require(OIN("00000099000000007000"))
        let key = try KeyGeneration.privateKeyPEM(algorithm)
        let request = folder.appending(path: "request.csr")
        try KeyGeneration.certificateRequestPEM(
            privateKeyPEM: key, organisation: "GGD (test)", oin: oin, commonName: "GGD signing", use: .signing
        ).write(to: request, atomically: true, encoding: .utf8)
        let issued = folder.appending(path: "issued.crt")
        try pki.sign(request: request, for: .signing, into: issued)
        let certificate = try Certificate(pem: text(issued))
        #expect(certificate.oin == oin)
        #expect(
            certificate.keyKind
                == [.p256: .p256, .rsa3072: .rsa(bits: 3072), .rsa4096: .rsa(bits: 4096)][algorithm])
        let signer = try SigningIdentity(certificate: certificate, privateKeyPEM: key)
        let now = wallClock()
        let statement = try SignedStatement.sign([1, 2, 3], kind: .tally, by: signer, at: now)
        let trust = try pki.trust()
        let context = VerificationContext(trust: trust, now: now) { _ in certificate }
        #expect(try SignedStatement.verify(statement, kind: .tally, in: context).signerOIN == oin)
        // The same certificate means nothing to those who trust another authority of the same name.
        let foreign = VerificationContext(trust: community.trust, now: now) { _ in certificate }
        expectRefused(.signerUndecided) { try SignedStatement.verify(statement, kind: .tally, in: foreign) }
    }

    @Test func `a TLS request carries the name, and the certificate has it`() throws {
        let pki = try ExamplePKI.fresh()
        let oin = try #require(OIN("00000099000000007000"))
        let folder = try scratchFolder()
        let request = folder.appending(path: "request.csr")
        try KeyGeneration.certificateRequestPEM(
            privateKeyPEM: KeyGeneration.privateKeyPEM(.p256), organisation: "GGD (test)", oin: oin,
            commonName: "GGD tls", use: .tls(dnsName: oin.nodeName)
        ).write(to: request, atomically: true, encoding: .utf8)
        let issued = folder.appending(path: "issued.crt")
        try pki.sign(request: request, for: .tls, into: issued)
        #expect(try Certificate(pem: text(issued)).dnsNames == ["00000099000000007000.oin.exchange.internal"])
    }

    @Test func `a request with an empty or too long name is refused`() throws {
        let oin = try #require(OIN("00000099000000007000"))
        let key = try KeyGeneration.privateKeyPEM(.p256)
        for name in ["", String(repeating: "x", count: 65)] {
            expectRefused(.keyUnusable) {
                try KeyGeneration.certificateRequestPEM(
                    privateKeyPEM: key, organisation: name, oin: oin, commonName: "x", use: .signing)
            }
        }
    }

    @Test func `a private key of another certificate is refused`() throws {
        let exchange = try Exchange()
        let key = try text(
            Community.shared.get().pki.credential(of: "recipient-p256", for: .signing).key)
        expectRefused(.keyDoesNotMatchCertificate) {
            try SigningIdentity(certificate: exchange.sender.signing.certificate, privateKeyPEM: key)
        }
        expectRefused(.keyUnusable) {
            try SigningIdentity(certificate: exchange.sender.signing.certificate, privateKeyPEM: "no key")
        }
    }

    @Test func `what is not exactly one certificate is refused`() throws {
        let certificate = try Exchange().sender.tls
        for bytes in [[], [0x30], certificate.der + [0], Array(certificate.der.dropLast())] {
            expectRefused(.certificateUnusable) { try Certificate(der: bytes) }
        }
        expectRefused(.certificateUnusable) {
            try Certificate(der: [UInt8](repeating: 0x30, count: CMSLimits.certificateBytes + 1))
        }
        expectRefused(.certificateUnusable) { try Certificate(pem: certificate.pem + certificate.pem) }
        expectRefused(.certificateUnusable) { try Certificate(pem: "") }
        expectRefused(.certificateUnusable) {
            try Certificate(pem: certificate.pem.replacing("CERTIFICATE", with: "X509 CRL"))
        }
        #expect(try Certificate.all(pem: certificate.pem + certificate.pem) == [certificate, certificate])
        #expect(try Certificate(pem: certificate.pem).der == certificate.der)
    }

    @Test func `two serial numbers in a subject are no OIN`() throws {
        let folder = try scratchFolder()
        let key = folder.appending(path: "key").path
        for (subject, oin) in [
            ("/CN=x/serialNumber=00000099000000001000", "00000099000000001000"),
            ("/CN=x/serialNumber=00000099000000001000/serialNumber=00000099000000002000", nil),
            ("/CN=x/serialNumber=123", nil), ("/CN=x", nil),
        ] {
            let output = folder.appending(path: "certificate")
            try Command.run(
                "openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", key,
                    "-out", output.path, "-subj", subject,
                ])
            #expect(try Certificate(pem: text(output)).oin?.text == oin)
        }
    }

    @Test func `a storage key is wrapped by the archive key together with its name`() throws {
        let archive = try ArchiveKey(randomBytes(count: 32))
        let key = CaseStorageKey()
        let wrapped = try archive.wrap(key)
        #expect(wrapped.count == 56)
        #expect(try archive.unwrap(wrapped, identifier: key.identifier) == key)
        // Another archive key, another case's name, and any flipped bit.
        expectRefused(.storageKeyWrong) {
            try ArchiveKey(randomBytes(count: 32)).unwrap(wrapped, identifier: key.identifier)
        }
        expectRefused(.storageKeyWrong) { try archive.unwrap(wrapped, identifier: CaseStorageKey().identifier) }
        for index in wrapped.indices {
            var altered = wrapped
            altered[index] ^= 0x40
            expectRefused(.storageKeyWrong) { try archive.unwrap(altered, identifier: key.identifier) }
        }
        for bytes in [[], [1], Array(wrapped.dropLast()), Array(wrapped.dropLast(8))] {
            expectRefused(.storageKeyWrong) { try archive.unwrap(bytes, identifier: key.identifier) }
        }
        for count in [0, 16, 31, 33] {
            expectRefused(.keyUnusable) { try ArchiveKey([UInt8](repeating: 1, count: count)) }
        }
    }

    @Test func `secrets are never printed`() throws {
        let key = CaseStorageKey()
        let archive = try ArchiveKey(randomBytes(count: 32))
        var dumped = ""
        dump(key, to: &dumped)
        dump(archive, to: &dumped)
        #expect("\(key) \(String(reflecting: key)) \(archive)".contains(key.key.hexadecimal) == false)
        // One or two of its bytes may stand there by chance, as a part of another number.
        #expect(!key.key.prefix(16).allSatisfy { dumped.contains("\($0)\n") })
        #expect(Mirror(reflecting: key).children.count == 1)
        #expect(Mirror(reflecting: archive).children.isEmpty)
    }

    @Test func `SHA-256 has the values of FIPS 180-4`() {
        #expect(
            sha256(Array("abc".utf8)).description == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            sha256([]).description == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}
