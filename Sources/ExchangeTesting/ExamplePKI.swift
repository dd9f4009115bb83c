package import ExchangeCore
package import Foundation

/// An example PKI in a folder: authorities, revocation lists, and the certificates of organisations.
///
/// Everything in it is made by `certs-example/make-pki.sh`, which its README describes; this type runs that script and
/// names the files. One command takes between 20 ms and 1 s with P-256 keys, many times that with RSA, and blocks the
/// calling thread. Commands on one folder take turns; several folders are independent.
package struct ExamplePKI: Sendable {
    /// The folder that holds the PKI.
    package let folder: URL

    /// The keys that a command makes.
    package enum Algorithm: String, CaseIterable, Sendable {
        case p256, rsa3072
    }

    /// What a certificate of an organisation is for.
    package enum Purpose: String, CaseIterable, Sendable {
        /// Signs messages, manifests, receipts and tallies.
        case signing
        /// Messages are sealed to it.
        case agreement
        /// Connections, as server and as client.
        case tls
    }

    /// What is wrong with a certificate that a test wants refused.
    package enum Flaw: String, CaseIterable, Sendable {
        /// Valid from 60 days ago until yesterday.
        case expired
        /// Valid from tomorrow.
        case notYetValid = "not-yet-valid"
        /// An extended key usage of another purpose.
        case wrongExtendedKeyUsage = "wrong-eku"
    }

    /// Why a certificate is revoked (RFC 5280 §5.3.1).
    package enum RevocationReason: String, CaseIterable, Sendable {
        case unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation
        case authorityCompromise = "CACompromise"
    }

    /// A certificate in PEM, and the private key of it.
    package struct Credential: Sendable, Hashable {
        package let certificate: URL
        package let key: URL
    }

    /// An organisation of the example community (`certs-example/community.tsv`).
    package struct Member: Sendable, Hashable {
        /// The short name that its folder has: lower-case letters, digits and hyphens.
        package let slug: String
        package let oin: OIN
        package let role: Role
        /// The name as it stands in its certificates.
        package let name: String

        package init(slug: String, oin: OIN, role: Role, name: String) {
            self.slug = slug
            self.oin = oin
            self.role = role
            self.name = name
        }

        /// The organisation in its role.
        package var party: Party { Party(oin: oin, role: role) }
    }

    /// The script could not be run, or refused.
    package struct Failure: Error, CustomStringConvertible {
        /// The arguments that the script was run with.
        package let arguments: [String]
        /// 1 for a refusal, 2 for wrong arguments, 127 and above where the script did not run.
        package let exitStatus: Int32
        /// What the script said on standard error; it names the reason.
        package let reason: String

        package var description: String {
            "make-pki.sh \(arguments.joined(separator: " ")) ended with status \(exitStatus): \(reason)"
        }
    }

    /// Names a PKI that is already in the folder.
    package init(existing folder: URL) { self.folder = folder }

    /// Makes the authorities, their revocation lists and the signer of the directory.
    ///
    /// A second call with another folder makes a rogue authority: the same names, other keys.
    /// - Throws: ``Failure`` where the folder already holds a PKI.
    package static func make(in folder: URL, algorithm: Algorithm = .p256) throws -> ExamplePKI {
        try run(["init", folder.path, "--algorithm", algorithm.rawValue])
        return ExamplePKI(existing: folder)
    }

    /// Makes a PKI with the organisations of ``community()``; what is there already is kept.
    package static func makeCommunity(in folder: URL, algorithm: Algorithm = .p256) throws -> ExamplePKI {
        try run(["community", folder.path, "--algorithm", algorithm.rawValue])
        return ExamplePKI(existing: folder)
    }

    /// The seven organisations of the example community, in the order of its list.
    package static func community() throws -> [Member] {
        let list = try String(contentsOf: scriptFolder.appending(path: "community.tsv"), encoding: .utf8)
        return try list.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let fields = line.split(separator: "\t")
            guard fields.count == 4, let oin = OIN(fields[1]), let role = Role(rawValue: String(fields[2])) else {
                throw Failure(arguments: [], exitStatus: 1, reason: "community.tsv has a line that is wrong: \(line)")
            }
            return Member(slug: String(fields[0]), oin: oin, role: role, name: String(fields[3]))
        }
    }

    /// The most organisations that ``members(_:)`` gives.
    package static let maximumMembers = 16

    /// The first organisations of the example community, and beyond its seven ones that are made up: `org-8` and so on,
    /// with test OINs that follow on and roles that nobody else has, as long as there are any; then lawyers.
    ///
    /// - Parameter count: 1 to ``maximumMembers``.
    package static func members(_ count: Int) throws -> [Member] {
        precondition((1...maximumMembers).contains(count), "there are 1 to \(maximumMembers) members")
        let community = try community()
        guard count > community.count else { return Array(community.prefix(count)) }
        let roles: [Role] = [.refugeeCouncil, .prosecutor, .commission]
        return try community
            + ((community.count + 1)...count).map { number in
                let digits = String(number * 1000)
                guard let oin = OIN("00000099" + String(repeating: "0", count: 12 - digits.count) + digits) else {
                    throw Failure(arguments: [], exitStatus: 1, reason: "no OIN can be made of \(number)")
                }
                let place = number - community.count - 1
                return Member(
                    slug: "org-\(number)", oin: oin, role: place < roles.count ? roles[place] : .lawyer,
                    name: "Organisation \(number) (test)")
            }
    }

    /// The root authority; relying parties trust this certificate.
    package var root: Credential { credential("ca/root") }
    /// The issuing authority, which signs the certificates of organisations.
    package var issuing: Credential { credential("ca/issuing") }
    /// The certificates of both authorities in one file, the issuing one first.
    package var chain: URL { folder.appending(path: "ca/chain.pem") }
    /// The list of certificates that the root authority revoked.
    package var rootRevocationList: URL { folder.appending(path: "crl/root.crl") }
    /// The list of certificates that the issuing authority revoked.
    package var issuingRevocationList: URL { folder.appending(path: "crl/issuing.crl") }
    /// The signer of the directory.
    package var directorySigner: Credential { credential("directory/directory") }

    /// The credential of an organisation that ``addOrganisation(slug:oin:name:algorithm:flaw:replacing:)`` or
    /// ``makeCommunity(in:algorithm:)`` made.
    package func credential(of slug: String, for purpose: Purpose) -> Credential {
        credential("organisations/\(slug)/\(purpose.rawValue)")
    }

    /// Makes the three credentials of an organisation.
    /// - Parameters:
    ///   - name: 1 to 50 bytes.
    ///   - replacing: Whether new keys may take the place of those that the slug has.
    /// - Throws: ``Failure`` for a slug or name of another form, or a slug that is taken.
    package func addOrganisation(
        slug: String, oin: OIN, name: String, algorithm: Algorithm = .p256, flaw: Flaw? = nil, replacing: Bool = false
    ) throws {
        try Self.run(
            ["organisation", folder.path, slug, oin.text, name, "--algorithm", algorithm.rawValue]
                + options(of: flaw) + (replacing ? ["--replace"] : []))
    }

    /// Issues a certificate for a request (PKCS #10, PEM) and writes it to a file.
    /// - Throws: ``Failure`` where the subject has no valid OIN, the DNS name is not that of the OIN, or the key is
    ///   neither P-256 nor RSA of at least 3072 bits.
    package func sign(request: URL, for purpose: Purpose, into certificate: URL, flaw: Flaw? = nil) throws {
        try Self.run(
            ["sign-csr", folder.path, request.path, purpose.rawValue, certificate.path] + options(of: flaw))
    }

    /// Revokes a certificate that one of the authorities issued, and refreshes both revocation lists.
    /// - Throws: ``Failure`` for a certificate of another authority, or one that is revoked already.
    package func revoke(_ certificate: URL, reason: RevocationReason = .unspecified) throws {
        try Self.run(["revoke", folder.path, certificate.path, reason.rawValue])
    }

    /// Makes both revocation lists anew, good for 7 days.
    /// - Parameters:
    ///   - stale: Whether the next update shall have been due yesterday.
    ///   - daysAhead: The day on which they begin, from today: for nodes whose clock is ahead. 0 to 3650.
    package func refreshRevocationLists(stale: Bool = false, daysAhead: Int = 0) throws {
        try Self.run(["crl", folder.path, "--days-ahead", "\(daysAhead)"] + (stale ? ["--stale"] : []))
    }

    private func credential(_ path: String) -> Credential {
        Credential(certificate: folder.appending(path: path + ".crt"), key: folder.appending(path: path + ".key"))
    }

    private func options(of flaw: Flaw?) -> [String] { flaw.map { ["--" + $0.rawValue] } ?? [] }

    /// The package that this file was compiled from.
    package static var packageFolder: URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    }

    private static var scriptFolder: URL { packageFolder.appending(path: "certs-example") }

    private static func run(_ arguments: [String]) throws {
        let script = Process()
        let complaints = Pipe()
        script.executableURL = scriptFolder.appending(path: "make-pki.sh")
        script.arguments = arguments
        script.standardInput = FileHandle.nullDevice
        script.standardOutput = FileHandle.nullDevice
        script.standardError = complaints
        do {
            try script.run()
        } catch {
            throw Failure(arguments: arguments, exitStatus: 127, reason: "the script could not be started: \(error)")
        }
        // Reading ends when the script does; waiting first could block on a full pipe.
        let said = try complaints.fileHandleForReading.readToEnd() ?? Data()
        script.waitUntilExit()
        guard script.terminationReason == .exit, script.terminationStatus == 0 else {
            throw Failure(
                arguments: arguments, exitStatus: script.terminationStatus,
                reason: String(decoding: said, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }
}
