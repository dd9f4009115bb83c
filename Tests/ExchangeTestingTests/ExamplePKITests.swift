import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

/// Judges the example PKI with `openssl verify`, which did not make it.
@Suite(.serialized) struct ExamplePKITests {
    private let scratch: ScratchFolder
    private let pki: ExamplePKI
    private let partner: OIN

    init() throws {
        partner = try #require(OIN("00000099000000008000"))
        scratch = try ScratchFolder()
        pki = try ExamplePKI.make(in: scratch.url.appending(path: "pki"))
    }

    @Test func `every certificate of the community is valid for its purpose and not revoked`() throws {
        let pki = try ExamplePKI.makeCommunity(in: scratch.url.appending(path: "community"))
        let members = try ExamplePKI.community()
        #expect(members.count == 7)
        for member in members {
            let name = "\(member.oin).oin.exchange.internal"
            #expect(member.oin.isTest)
            #expect(verify(pki, pki.credential(of: member.slug, for: .signing).certificate, "smimesign") == "OK")
            #expect(verify(pki, pki.credential(of: member.slug, for: .agreement).certificate, "any") == "OK")
            let tls = pki.credential(of: member.slug, for: .tls).certificate
            #expect(verify(pki, tls, "sslserver", ["-verify_hostname", name]) == "OK")
            #expect(verify(pki, tls, "sslclient") == "OK")
            #expect(subject(tls).contains("serialNumber=\(member.oin)"))
        }
        #expect(verify(pki, pki.directorySigner.certificate, "any") == "OK")
    }

    @Test func `private keys are readable by their owner only`() throws {
        try pki.addOrganisation(slug: "partner", oin: partner, name: "Partner (test)")
        for key in [pki.root.key, pki.issuing.key, pki.directorySigner.key]
            + ExamplePKI.Purpose.allCases.map({ pki.credential(of: "partner", for: $0).key })
        {
            let attributes = try FileManager.default.attributesOfItem(atPath: key.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func `the agreement certificate of an RSA key enciphers keys`() throws {
        try pki.addOrganisation(slug: "partner", oin: partner, name: "Partner (test)", algorithm: .rsa3072)
        #expect(verify(pki, pki.credential(of: "partner", for: .agreement).certificate, "smimeencrypt") == "OK")
        #expect(verify(pki, pki.credential(of: "partner", for: .signing).certificate, "smimesign") == "OK")
    }

    @Test(arguments: [
        (ExamplePKI.Flaw.expired, "certificate has expired"),
        (.notYetValid, "certificate is not yet valid"),
        (.wrongExtendedKeyUsage, "unsuitable certificate purpose"),
    ])
    func `a certificate with a flaw is refused for that flaw`(flaw: ExamplePKI.Flaw, reason: String) throws {
        try pki.addOrganisation(slug: "flawed", oin: partner, name: "Flawed (test)", flaw: flaw)
        #expect(verify(pki, pki.credential(of: "flawed", for: .signing).certificate, "smimesign").contains(reason))
        #expect(verify(pki, pki.credential(of: "flawed", for: .tls).certificate, "sslclient").contains(reason))
    }

    @Test func `a revoked certificate is on the list with its reason`() throws {
        try pki.addOrganisation(slug: "partner", oin: partner, name: "Partner (test)")
        let signing = pki.credential(of: "partner", for: .signing).certificate
        try pki.revoke(signing, reason: .keyCompromise)
        #expect(verify(pki, signing, "smimesign").contains("certificate revoked"))
        #expect(openssl(["crl", "-in", pki.issuingRevocationList.path, "-noout", "-text"]).contains("Key Compromise"))
        #expect(verify(pki, pki.credential(of: "partner", for: .tls).certificate, "sslclient") == "OK")
    }

    @Test func `a revoked issuing authority takes its certificates along`() throws {
        try pki.addOrganisation(slug: "partner", oin: partner, name: "Partner (test)")
        try pki.revoke(pki.issuing.certificate, reason: .authorityCompromise)
        let signing = pki.credential(of: "partner", for: .signing).certificate
        #expect(verify(pki, signing, "smimesign").contains("certificate revoked"))
    }

    @Test func `a stale revocation list is past its next update until it is refreshed`() throws {
        try pki.refreshRevocationLists(stale: true)
        #expect(verify(pki, pki.directorySigner.certificate, "any").contains("CRL has expired"))
        try pki.refreshRevocationLists()
        #expect(verify(pki, pki.directorySigner.certificate, "any") == "OK")
    }

    @Test func `a rogue authority has the same names and is not believed`() throws {
        let rogue = try ExamplePKI.make(in: scratch.url.appending(path: "rogue"))
        #expect(subject(rogue.issuing.certificate) == subject(pki.issuing.certificate))
        #expect(verify(pki, rogue.directorySigner.certificate, "any") != "OK")
        #expect(throws: ExamplePKI.Failure.self) { try pki.revoke(rogue.directorySigner.certificate) }
    }

    @Test func `a slug that is taken keeps its keys unless they are to be replaced`() throws {
        try pki.addOrganisation(slug: "partner", oin: partner, name: "Partner (test)")
        let key = pki.credential(of: "partner", for: .signing).key
        let first = try Data(contentsOf: key)
        #expect(throws: ExamplePKI.Failure.self) {
            try pki.addOrganisation(slug: "partner", oin: partner, name: "Partner (test)")
        }
        #expect(try Data(contentsOf: key) == first)
        try pki.addOrganisation(slug: "partner", oin: partner, name: "Partner (test)", replacing: true)
        #expect(try Data(contentsOf: key) != first)
    }

    @Test func `a request gets a certificate with the DNS name of its OIN`() throws {
        let request = try makeRequest("/C=NL/O=New (test)/serialNumber=\(partner)/CN=new")
        let issued = scratch.url.appending(path: "issued.crt")
        try pki.sign(request: request, for: .tls, into: issued)
        let name = "\(partner).oin.exchange.internal"
        #expect(verify(pki, issued, "sslserver", ["-verify_hostname", name]) == "OK")
    }

    @Test(arguments: [
        ("/C=NL/O=New (test)/CN=no OIN", "", "is not an OIN"),
        ("/C=NL/O=New (test)/serialNumber=0000009900000000800/CN=19 positions", "", "is not an OIN"),
        ("/C=NL/O=New/serialNumber=00000099000000008000/serialNumber=00000099000000001000/CN=two", "", "is not an OIN"),
        ("/C=NL/O=New/O=Other/serialNumber=00000099000000008000/CN=two names", "", "one organisation"),
        ("/C=NL/O=New/serialNumber=00000099000000008000/CN=other name", "DNS:other.example", "asks for the name"),
        ("/C=DE/O=New/serialNumber=00000099000000008000/CN=country", "", "countryName"),
    ])
    func `a request that claims too much is refused`(subject: String, name: String, reason: String) throws {
        let request = try makeRequest(subject, name: name)
        let issued = scratch.url.appending(path: "issued.crt")
        let failure = #expect(throws: ExamplePKI.Failure.self) {
            try pki.sign(request: request, for: .tls, into: issued)
        }
        #expect(failure?.reason.contains(reason) == true)
        #expect(!FileManager.default.fileExists(atPath: issued.path))
    }

    /// `OK`, or what `openssl verify` has against the certificate, revocation of the whole chain included.
    private func verify(
        _ pki: ExamplePKI, _ certificate: URL, _ purpose: String, _ options: [String] = []
    ) -> String {
        let said = openssl(
            ["verify", "-x509_strict", "-purpose", purpose, "-crl_check_all"]
                + ["-CRLfile", pki.rootRevocationList.path, "-CRLfile", pki.issuingRevocationList.path]
                + ["-CAfile", pki.root.certificate.path, "-untrusted", pki.issuing.certificate.path]
                + options + [certificate.path])
        return said.hasSuffix(": OK\n") ? "OK" : said
    }

    private func subject(_ certificate: URL) -> String {
        openssl(["x509", "-in", certificate.path, "-noout", "-subject", "-nameopt", "RFC2253"])
    }

    private func makeRequest(_ subject: String, name: String = "") throws -> URL {
        let request = scratch.url.appending(path: "request.csr")
        let key = scratch.url.appending(path: "request.key")
        let said = openssl(
            ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj", subject]
                + (name.isEmpty ? [] : ["-addext", "subjectAltName=\(name)"])
                + ["-keyout", key.path, "-out", request.path])
        try #require(FileManager.default.fileExists(atPath: request.path), "\(said)")
        return request
    }

    /// What the command says, on either channel.
    private func openssl(_ arguments: [String]) -> String {
        let command = Process()
        let said = Pipe()
        command.executableURL = URL(filePath: "/usr/bin/env")
        command.arguments = ["openssl"] + arguments
        command.standardOutput = said
        command.standardError = said
        do {
            try command.run()
            let data = try said.fileHandleForReading.readToEnd() ?? Data()
            command.waitUntilExit()
            return String(decoding: data, as: UTF8.self)
        } catch {
            return "openssl could not be run: \(error)"
        }
    }
}

/// A folder that goes when the test is done.
private final class ScratchFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "example-pki-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}
