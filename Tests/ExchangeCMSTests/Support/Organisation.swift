import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Synchronization

/// An organisation with all that it holds itself.
struct Organisation: Sendable {
    let signing: SigningIdentity
    let agreement: DecryptionIdentity
    let tls: Certificate

    var oin: OIN { signing.oin }

    init(_ slug: String, in pki: ExamplePKI) throws {
        func certificate(_ purpose: ExamplePKI.Purpose) throws -> Certificate {
            try Certificate(pem: text(pki.credential(of: slug, for: purpose).certificate))
        }
        func key(_ purpose: ExamplePKI.Purpose) throws -> String {
            try text(pki.credential(of: slug, for: purpose).key)
        }
        signing = try SigningIdentity(certificate: certificate(.signing), privateKeyPEM: key(.signing))
        agreement = try DecryptionIdentity(certificate: certificate(.agreement), privateKeyPEM: key(.agreement))
        tls = try certificate(.tls)
    }
}

func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }

extension ExamplePKI {
    /// A PKI of the test's own, for those that revoke and replace.
    static func fresh() throws -> ExamplePKI { try make(in: scratchFolder().appending(path: "pki")) }

    /// Makes an organisation and loads it.
    func organisation(
        _ slug: String, _ number: Int, _ algorithm: Algorithm = .p256, flaw: Flaw? = nil, replacing: Bool = false
    ) throws -> Organisation {
        guard let oin = OIN("00000099" + String(repeating: "0", count: 6) + String(100_000 + number)) else {
            preconditionFailure("test numbers have at most five digits")
        }
        try addOrganisation(
            slug: slug, oin: oin, name: "\(slug) (test)", algorithm: algorithm, flaw: flaw, replacing: replacing)
        return try Organisation(slug, in: self)
    }

    func trust() throws -> TrustStore {
        try TrustStore(
            anchors: [Certificate(pem: text(root.certificate))],
            intermediates: [Certificate(pem: text(issuing.certificate))],
            revocationLists: [
                RevocationList(pem: text(rootRevocationList)), RevocationList(pem: text(issuingRevocationList)),
            ])
    }
}

/// A PKI and organisations that all tests read and none changes. An organisation is made when a test first asks for
/// it: RSA keys take seconds, and most tests need none.
final class Community: Sendable {
    let pki: ExamplePKI
    let trust: TrustStore
    private let members = Mutex<[String: Organisation]>([:])

    static let shared = Result { try Community() }

    private init() throws {
        pki = try ExamplePKI.fresh()
        trust = try pki.trust()
    }

    /// - Parameter name: `sender`, `recipient` or `bystander`.
    func member(_ name: String, _ algorithm: ExamplePKI.Algorithm) throws -> Organisation {
        let slug = "\(name)-\(algorithm.rawValue)"
        return try members.withLock { members in
            if let member = members[slug] { return member }
            let member = try pki.organisation(slug, members.count + 1, algorithm)
            members[slug] = member
            return member
        }
    }
}
