import ExchangeCMS
import ExchangeCore
import ExchangeStore

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

    /// The last certificate that was in use for a key; `nil` where none ever was.
    func signer(_ keyIdentifier: [UInt8]) async throws -> Certificate? {
        try await ledger.signers(named: keyIdentifier).first.map { try Certificate(der: $0.der) }
    }

    /// The authorities and lists of a moment; `nil` for one before they were noted.
    func trust(at moment: Timestamp) async throws -> TrustStore? {
        let objects = try await ledger.validationData(at: moment)
        func certificates(_ kind: ValidationObject.Kind) throws -> [Certificate] {
            try objects.filter { $0.kind == kind }.map { try Certificate(der: $0.der) }
        }
        let anchors = try certificates(.anchor)
        guard !anchors.isEmpty else { return nil }
        return try TrustStore(
            anchors: anchors, intermediates: try certificates(.intermediate), revocationLists: try objects.revocationLists())
    }
}

extension EarlierUse {
    /// - Throws: `CMSError` for one that this node could not have kept.
    func revocationLists() throws -> [RevocationList] { try validationData.revocationLists() }
}

extension [ValidationObject] {
    fileprivate func revocationLists() throws -> [RevocationList] {
        try filter { $0.kind == .revocationList }.map { try RevocationList(der: $0.der) }
    }
}

extension ValidationObject {
    fileprivate init(_ kind: Kind, _ certificate: Certificate) {
        self.init(
            kind, digest: certificate.sha256Fingerprint, keyIdentifier: certificate.subjectKeyIdentifier,
            der: certificate.der)
    }
}
