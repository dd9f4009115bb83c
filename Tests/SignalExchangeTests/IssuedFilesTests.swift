import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

@testable import SignalExchange

/// What an authority issued goes where it belongs, and nothing that does not fit.
@Suite struct IssuedFilesTests {
    /// A folder as `init` left it, and the files that the authority sent, beside it.
    private func withIssued(
        _ body: (PairingOrganisation, _ issued: [String], _ root: String) async throws -> Void
    ) async throws {
        let place = try TemporaryFolder(prefix: "xi")
        defer { try? place.remove() }
        let nidos = try await PairingOrganisation(
            PairingOrganisation.nidos, name: "Nidos (test)", role: .guardian, in: place.url, isComplete: false)
        var issued: [String] = []
        for use in NodeFolder.KeyUse.allCases {
            let target = place.url.appending(path: "issued-\(use.rawValue).crt").path
            try FileManager.default.moveItem(atPath: nidos.folder.certificate(use), toPath: target)
            issued.append(target)
        }
        issued += [
            nidos.pki.issuing.certificate.path, nidos.pki.issuingRevocationList.path, nidos.pki.rootRevocationList.path,
        ]
        try await body(nidos, issued, nidos.pki.root.certificate.path)
    }

    private func install(_ paths: [String], roots: [String] = [], at organisation: PairingOrganisation) throws
        -> IssuedFiles.Installed
    {
        try IssuedFiles(paths, roots: roots, into: organisation.folder, of: organisation.oin).install()
    }

    @Test func `all that an authority sent is put in place, in any order and form`() async throws {
        try await withIssued { nidos, issued, root in
            let der = nidos.folder.path + "-tls.der"
            try Data(Certificate(pem: String(contentsOfFile: issued[2], encoding: .utf8)).der).write(
                to: URL(filePath: der))
            let command = try await nidos.command(
                "certificates", "install", issued[4], issued[0], issued[3], issued[5], issued[1], der, "--root", root)
            #expect(command.exitStatus == 0, "\(command.said)")
            #expect(!command.said.contains("LOOK AT"), "\(command.said)")
            _ = try NodeKeys.load(from: nidos.folder)
            _ = try TLSMaterial.load(from: nidos.folder)
            _ = try await nidos.card()
        }
    }

    @Test func `a root is trusted only where it is named as one`() async throws {
        try await withIssued { nidos, issued, root in
            try expectRefused(.certificateUnusable, saying: "--root", at: nidos) {
                _ = try install(issued + [root], at: nidos)
            }
            try expectRefused(.certificateUnusable, saying: "--root", at: nidos) {
                _ = try install(issued, at: nidos)
            }
            try expectRefused(.certificateUnusable, saying: "is no root", at: nidos) {
                _ = try install(issued, roots: [nidos.pki.issuing.certificate.path], at: nidos)
            }
        }
    }

    @Test func `where a root issues by itself nothing stands between, and the file is there and empty`() async throws {
        try await withIssued { nidos, issued, root in
            _ = try install([], roots: [root], at: nidos)
            #expect(try nidos.folder.read(nidos.folder.intermediates) == [])
            for (use, path) in zip(NodeFolder.KeyUse.allCases, issued) {
                try FileManager.default.copyItem(atPath: path, toPath: nidos.folder.certificate(use))
            }
            _ = try TLSMaterial.load(from: nidos.folder)
            #expect(try TrustFiles(nidos.folder, at: .current).trust.intermediates == [])
        }
    }

    @Test func `a certificate of another key, OIN or use, or of no authority here, is refused by name`() async throws {
        try await withIssued { nidos, issued, root in
            let other = try #require(OIN(PairingOrganisation.avim))
            try nidos.pki.addOrganisation(slug: "avim", oin: other, name: "AVIM (test)")
            let foreign = nidos.pki.credential(of: "avim", for: .signing).certificate.path
            try expectRefused(.certificateUnusable, saying: "none of the keys", at: nidos) {
                _ = try install(issued + [foreign], roots: [root], at: nidos)
            }
            // Issued for the signing key, under another OIN.
            let csr = try await openssl(
                "req", "-new", "-key", nidos.folder.key(.signing), "-subj",
                "/C=NL/O=AVIM (test)/serialNumber=\(other)/CN=x", "-out", nidos.folder.path + "-x.csr")
            try #require(csr.succeeded, "\(csr.said)")
            let named = URL(filePath: nidos.folder.path + "-x.crt")
            try nidos.pki.sign(request: URL(filePath: nidos.folder.path + "-x.csr"), for: .signing, into: named)
            try expectRefused(.certificateUnusable, saying: "is of \(other)", at: nidos) {
                _ = try install([named.path] + issued[1...], roots: [root], at: nidos)
            }
            // For the key of another use.
            try nidos.pki.sign(
                request: URL(filePath: nidos.folder.certificateRequest(.agreement)), for: .signing, into: named)
            try expectRefused(.certificateUnusable, saying: "does not hold for agreement", at: nidos) {
                _ = try install([named.path] + issued[3...], roots: [root], at: nidos)
            }
            let unknown = try ExamplePKI.make(in: URL(filePath: nidos.folder.path + "-other-pki"))
            try expectRefused(.certificateUnusable, saying: "issued-signing.crt", at: nidos) {
                _ = try install([issued[0]], roots: [unknown.root.certificate.path], at: nidos)
            }
            try expectRefused(.certificateUnusable, saying: "authority that is not here", at: nidos) {
                _ = try install(issued + [unknown.issuingRevocationList.path], roots: [root], at: nidos)
            }
        }
    }

    @Test func `a private key, or what is no certificate, is refused by name`() async throws {
        try await withIssued { nidos, issued, root in
            for (path, words) in [
                (nidos.folder.key(.tls), "private key"), (nidos.folder.configuration, "neither"),
                (nidos.folder.certificateRequest(.tls), "neither"),
            ] {
                try expectRefused(.certificateUnusable, saying: words, at: nidos) {
                    _ = try install(issued + [path], roots: [root], at: nidos)
                }
            }
        }
    }

    @Test func `init takes keys that an organisation has, where each certificate is its key's`() async throws {
        try await withIssued { nidos, _, _ in
            try nidos.pki.addOrganisation(slug: "own", oin: nidos.oin, name: "Nidos (test)")
            let keys = nidos.pki.folder.appending(path: "organisations/own").path
            let target = NodeFolder(nidos.folder.path + "-taken")
            func make(_ oin: String = PairingOrganisation.nidos) async throws -> Command {
                try await Command.run(
                    NodeProcess.builtExecutable.path,
                    ["init", "--folder", target.path, "--oin", oin, "--name", "Nidos (test)", "--certificates", keys])
            }
            let other = try await make(PairingOrganisation.avim)
            #expect(other.exitStatus == 2 && other.said.contains("--oin says"), "\(other.said)")
            let made = try await make()
            #expect(made.exitStatus == 0, "\(made.said)")
            #expect(!FileManager.default.fileExists(atPath: target.certificateRequest(.signing)))
            _ = try NodeKeys.load(from: target)
            try FileManager.default.removeItem(atPath: target.path)
            try FileManager.default.removeItem(atPath: keys + "/tls.crt")
            try FileManager.default.copyItem(atPath: keys + "/signing.crt", toPath: keys + "/tls.crt")
            let mixed = try await make()
            #expect(mixed.exitStatus == 2 && mixed.said.contains("do not go together"), "\(mixed.said)")
            #expect(!FileManager.default.fileExists(atPath: target.path))
        }
    }

    private func openssl(_ arguments: String...) async throws -> Command {
        try await Command.run("openssl", arguments)
    }
}
