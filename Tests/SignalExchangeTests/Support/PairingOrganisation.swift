import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
@testable import SignalExchange
import Testing

/// An organisation under an authority of its own, with a node's folder, and nothing that it shares with another.
struct PairingOrganisation {
    let oin: OIN
    let name: String
    let role: Role
    let phone: String
    let pki: ExamplePKI
    let folder: NodeFolder
    let holder: PortHolder

    static let nidos = "00000099000000001000"
    static let avim = "00000099000000002000"

    /// Makes the folder as `init` does, and puts into it what its authority issued.
    init(
        _ oin: String, name: String, role: Role, in place: URL, isComplete: Bool = true, pki: ExamplePKI? = nil
    ) async throws {
        let slug = role.rawValue
        self.oin = try #require(OIN(oin))
        self.name = name
        self.role = role
        phone = "+3170" + oin.suffix(7)
        holder = try PortHolder()
        self.pki = try pki ?? ExamplePKI.make(in: place.appending(path: "\(slug)-pki"))
        folder = NodeFolder(place.appending(path: slug).path)
        let plan = try FolderMaker.Plan(
            oin: oin, name: name, host: PortHolder.host, port: holder.port, usesRSA: false)
        try await FolderMaker(folder: folder, plan: plan).make()
        for (use, purpose) in Self.uses {
            try self.pki.sign(
                request: URL(filePath: folder.certificateRequest(use)), for: purpose,
                into: URL(filePath: folder.certificate(use)))
        }
        guard isComplete else { return }
        try installTrust()
    }

    static let uses: [(NodeFolder.KeyUse, ExamplePKI.Purpose)] = [
        (.signing, .signing), (.agreement, .agreement), (.tls, .tls),
    ]

    func installTrust() throws {
        try NodeFolder.write(Array(Data(contentsOf: pki.root.certificate)), to: folder.anchors)
        try NodeFolder.write(Array(Data(contentsOf: pki.issuing.certificate)), to: folder.intermediates)
        try installLists()
    }

    func installLists() throws {
        try NodeFolder.write(
            Array(Data(contentsOf: pki.rootRevocationList)), to: folder.revocationLists + "/root.crl")
        try NodeFolder.write(
            Array(Data(contentsOf: pki.issuingRevocationList)), to: folder.revocationLists + "/issuing.crl")
    }

    /// A list of the issuing authority that was made a week ago.
    func olderList() throws -> String {
        try pki.refreshRevocationLists(stale: true)
        return try String(contentsOf: pki.issuingRevocationList, encoding: .utf8)
    }

    /// A new certificate for the key that is there.
    func certify(_ use: NodeFolder.KeyUse, flaw: ExamplePKI.Flaw? = nil, by pki: ExamplePKI? = nil) throws {
        let purpose = try #require(Self.uses.first { $0.0 == use }).1
        try (pki ?? self.pki).sign(
            request: URL(filePath: folder.certificateRequest(use)), for: purpose,
            into: URL(filePath: folder.certificate(use)), flaw: flaw)
    }

    /// A TLS certificate with another name, which the example authority by itself does not issue.
    func issueTLS(name: String) async throws -> Certificate {
        let (extensions, target) = (folder.path + "-tls.ext", folder.path + "-tls.crt")
        let text = """
            basicConstraints = critical, CA:FALSE
            keyUsage = critical, digitalSignature
            extendedKeyUsage = serverAuth, clientAuth
            subjectAltName = DNS:\(name)
            subjectKeyIdentifier = hash
            authorityKeyIdentifier = keyid:always

            """
        try Data(text.utf8).write(to: URL(filePath: extensions))
        let issued = try await Command.run(
            "openssl",
            [
                "x509", "-req", "-in", folder.certificateRequest(.tls), "-CA", pki.issuing.certificate.path, "-CAkey",
                pki.issuing.key.path, "-days", "9", "-extfile", extensions, "-out", target,
            ])
        try #require(issued.succeeded, "\(issued.said)")
        return try Certificate(pem: String(contentsOfFile: target, encoding: .utf8))
    }

    var wishes: CardExport.Wishes {
        var wishes = CardExport.Wishes()
        wishes.roles = [role.rawValue]
        wishes.endpoint = "\(PortHolder.host):\(holder.port)"
        wishes.contactName = "duty desk of \(name)"
        wishes.contactPhone = phone
        return wishes
    }

    func card(
        at moment: Timestamp = .current, _ change: (inout CardExport.Wishes) -> Void = { _ in }
    ) async throws -> VerifiedCard {
        var wishes = wishes
        change(&wishes)
        return try CardExport(folder, try await NodeConfiguration.load(from: folder)).make(wishes, at: moment)
    }

    @discardableResult
    func take(
        _ card: VerifiedCard, spoken: SpokenFingerprint? = nil, acceptsAuthority: Bool = true,
        at now: Timestamp = .current
    ) throws -> CardImport.Taken {
        try take(card.bytes, spoken: spoken ?? card.fingerprint, acceptsAuthority: acceptsAuthority, at: now)
    }

    @discardableResult
    func take(
        _ bytes: [UInt8], spoken: SpokenFingerprint? = nil, acceptsAuthority: Bool = true, at now: Timestamp = .current
    ) throws -> CardImport.Taken {
        try CardImport(into: folder, of: oin).take(
            bytes, spoken: spoken ?? SpokenFingerprint(of: bytes), acceptsAuthority: acceptsAuthority, at: now)
    }

    /// A card that this organisation signs, whatever it says and whether or not it holds.
    func sign(_ card: Card, at now: Timestamp = .current) throws -> [UInt8] {
        let signer = try SigningIdentity(
            certificate: Certificate(pem: folder.readText(folder.certificate(.signing))),
            privateKeyPEM: folder.readText(folder.key(.signing)))
        return try SignedStatement.sign(CardDocument.encode(card), kind: .card, by: signer, at: now)
    }

    /// Every file of the folder with its bytes, but for the store: what an import may have changed.
    func files() throws -> [String: Data] {
        let paths = try #require(FileManager.default.enumerator(atPath: folder.path)).compactMap { $0 as? String }
        var files: [String: Data] = [:]
        for path in paths where !path.hasPrefix("store") {
            if let data = FileManager.default.contents(atPath: folder.file(path)) { files[path] = data }
        }
        return files
    }

    /// A command of `exchange-node` on this folder.
    func command(_ arguments: String...) async throws -> Command {
        try await Command.run(
            "timeout",
            ["--foreground", "60", NodeProcess.builtExecutable.path] + arguments + ["--folder", folder.path])
    }
}

/// Two organisations that share no file.
struct Pair {
    let place: URL
    let nidos: PairingOrganisation
    let avim: PairingOrganisation

    static func make<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: (Pair) async throws -> Value
    ) async throws -> Value {
        let folder = try TemporaryFolder(prefix: "xp")
        let result: Result<Value, any Error>
        do {
            let pair = Pair(
                place: folder.url,
                nidos: try await PairingOrganisation(
                    PairingOrganisation.nidos, name: "Nidos (test)", role: .guardian, in: folder.url),
                avim: try await PairingOrganisation(
                    PairingOrganisation.avim, name: "AVIM (test)", role: .police, in: folder.url))
            result = .success(try await body(pair))
        } catch {
            result = .failure(error)
        }
        try? folder.remove()
        return try result.get()
    }
}

/// Expects a refusal with a code, words that tell what is wrong, and a folder in which nothing changed.
func expectRefused(
    _ code: NodeErrorCode, saying words: String = "", at organisation: PairingOrganisation,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws {
    let before = try organisation.files()
    #expect(sourceLocation: sourceLocation) {
        try body()
    } throws: { error in
        (error as? NodeError)?.code == code && (words.isEmpty || "\(error)".contains(words))
    }
    #expect(try organisation.files() == before, sourceLocation: sourceLocation)
}
