import ExchangeCMS
import ExchangeCore
import ExchangeStore
import Logging

/// By what this node judged signatures, now and at every moment since it noted it first.
struct ValidationArchive: Sendable {
    private let ledger: any ExchangeLedger

    init(_ ledger: any ExchangeLedger) { self.ledger = ledger }

    /// All by which signatures are judged in a community.
    ///
    /// - Parameter own: the certificate that this node signs with, which the directory need not have.
    static func objects(of community: Community, and own: Certificate) throws(CMSError) -> [ValidationObject] {
        let signers = community.directory.members.flatMap(\.certificates.signing) + [own]
        var objects = community.trust.anchors.map { ValidationObject(.anchor, $0) }
        objects += community.trust.intermediates.map { ValidationObject(.intermediate, $0) }
        objects += signers.map { ValidationObject(.signer, $0) }
        for list in community.trust.revocationLists {
            let der = try list.der
            objects.append(ValidationObject(.revocationList, digest: sha256(der), der: der))
        }
        return objects
    }

    /// A signer's certificate, by its digest; `nil` where none of this digest was ever in use.
    func signer(_ digest: Digest) async throws -> Certificate? {
        try await ledger.validationObjects([digest])[digest].map { der throws(CMSError) in try Certificate(der: der) }
    }

    /// Names the authorities and lists of a moment; empty for one before they were noted.
    func authorities(at moment: Timestamp) async throws -> [Digest: ValidationObject.Kind] {
        try await ledger.validationData(at: moment).filter { $0.value != .signer }
    }

    /// - Parameter kinds: of ``authorities(at:)``.
    /// - Throws: `CMSError` where there is no anchor among them.
    func trust(_ kinds: [Digest: ValidationObject.Kind]) async throws -> TrustStore {
        let objects = try await ledger.validationObjects(Set(kinds.keys))
        func all<Value>(_ kind: ValidationObject.Kind, _ read: ([UInt8]) throws -> Value) rethrows -> [Value] {
            try kinds.filter { $0.value == kind }.keys.sorted().compactMap { objects[$0] }.map(read)
        }
        return try TrustStore(
            anchors: try all(.anchor) { try Certificate(der: $0) },
            intermediates: try all(.intermediate) { try Certificate(der: $0) },
            revocationLists: try all(.revocationList) { try RevocationList(der: $0) })
    }
}

extension EarlierUse {
    /// The lists of the run before. One that this version cannot use any more is left out: it must not keep the node from
    /// starting.
    func usableLists(_ logger: Logger) -> [RevocationList] {
        revocationLists.compactMap { der in
            do {
                return try RevocationList(der: der)
            } catch {
                logger.error(
                    "a revocation list of before cannot be used any more",
                    metadata: ["sha256": "\(sha256(der))", "cause": "\(error)"])
                return nil
            }
        }
    }
}

extension ValidationObject {
    fileprivate init(_ kind: Kind, _ certificate: Certificate) {
        self.init(kind, digest: certificate.sha256Fingerprint, der: certificate.der)
    }
}
