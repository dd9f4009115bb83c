import ExchangeCMS
package import ExchangeCore
import Foundation

/// What an authority issued, put into a node's folder: each certificate beside the key that it was issued for, roots only
/// where they were named as such, what stands between, and revocation lists. All of it is judged before anything is
/// written.
package struct IssuedFiles: Sendable {
    /// What was put where.
    package struct Installed: Sendable {
        package let certificates: [(use: String, subject: String, notAfter: Timestamp)]
        package let roots: [String]
        package let intermediates: [String]
        package let lists: [String]
        /// What keeps a certificate from being judged, such as a list that is not here yet.
        package let remarks: [String]
    }

    private let folder: NodeFolder
    private let oin: OIN
    private var roots: [Certificate] = []
    private var intermediates: [Certificate] = []
    private var leaves: [(path: String, certificate: Certificate)] = []
    private var lists: [(path: String, list: RevocationList)] = []

    /// Reads the files, in PEM or DER.
    ///
    /// - Parameter rootPaths: files with the root of one's own authority: what is trusted is said on purpose.
    /// - Throws: ``NodeError`` `file-missing`, `file-unreadable`, `certificate-unusable`, naming the file.
    package init(
        _ paths: [String], roots rootPaths: [String], into folder: NodeFolder, of oin: OIN
    ) throws(NodeError) {
        self.folder = folder
        self.oin = oin
        for path in rootPaths {
            for certificate in try Self.contents(of: path).certificates {
                guard certificate.isAuthority, certificate.isSelfIssued else {
                    throw NodeError(
                        .certificateUnusable, "\(path) is no root: \(certificate.subject); give it without --root")
                }
                roots.append(certificate)
            }
        }
        for path in paths {
            let (certificates, lists) = try Self.contents(of: path)
            self.lists += lists.map { (path, $0) }
            for certificate in certificates where !roots.contains(certificate) {
                try take(certificate, from: path)
            }
        }
    }

    private mutating func take(_ certificate: Certificate, from path: String) throws(NodeError) {
        guard certificate.isAuthority else { return leaves.append((path, certificate)) }
        guard certificate.isSelfIssued else { return intermediates.append(certificate) }
        guard try AuthorityFiles(folder).unknownAnchors(among: [certificate]).isEmpty else {
            throw NodeError(
                .certificateUnusable,
                "\(path) has a root, \(certificate.subject); where it is that of your own authority, give it with --root"
            )
        }
    }

    /// Judges everything, then writes it.
    ///
    /// - Throws: ``NodeError`` `certificate-unusable`, naming the file and what is wrong. Nothing is written then.
    package func install(at now: Timestamp = .current) throws(NodeError) -> Installed {
        let files = AuthorityFiles(folder)
        let anchors = try files.anchors + roots
        let between = try files.intermediates + intermediates
        let trust: TrustStore
        do {
            trust = try TrustStore(
                anchors: anchors, intermediates: between, revocationLists: files.lists + lists.map(\.list))
        } catch {
            throw NodeError(
                .certificateUnusable, "no root is here; give that of your authority with --root", cause: "\(error)")
        }
        for (path, list) in lists where !(anchors + between).contains(where: { list.isSigned(by: $0) }) {
            throw NodeError(
                .certificateUnusable,
                "\(path) is a list of an authority that is not here; give that authority's certificate too, or leave it out"
            )
        }
        var remarks: [String] = []
        var places: [(place: Place, certificate: Certificate)] = []
        for (path, certificate) in leaves {
            let place = try place(of: certificate, from: path)
            guard !places.contains(where: { $0.place.name == place.name }) else {
                throw NodeError(
                    .certificateUnusable,
                    "\(path) is a second certificate for \(place.name); give one, and the other to `card export --also`"
                )
            }
            try judge(certificate, for: place, from: path, in: trust, at: now, &remarks)
            places.append((place, certificate))
        }
        try files.addAnchors(roots)
        try files.addIntermediates(intermediates)
        let newLists = try files.installNewer(lists.map(\.list), of: anchors + between)
        for (place, certificate) in places {
            try NodeFolder.write(Array(certificate.pem.utf8), to: place.path)
        }
        return Installed(
            certificates: places.map { ($0.place.name, $0.certificate.subject, $0.certificate.notAfter) },
            roots: roots.map(\.subject), intermediates: intermediates.map(\.subject), lists: newLists,
            remarks: remarks)
    }

    // MARK: Certificates and their keys

    /// Where a certificate belongs.
    private struct Place {
        let name: String
        let path: String
        let purpose: CertificatePurpose
    }

    private func judge(
        _ certificate: Certificate, for place: Place, from path: String, in trust: TrustStore, at now: Timestamp,
        _ remarks: inout [String]
    ) throws(NodeError) {
        guard place.purpose == .directory || certificate.oin == oin else {
            throw NodeError(
                .certificateUnusable,
                "\(path) is of \(certificate.oin?.text ?? "no OIN"), and this node of \(oin); ask your authority for one with "
                    + "the OIN in the subject's serialNumber")
        }
        switch trust.verdict(for: certificate, purpose: place.purpose, at: now, now: now) {
        case .trusted: break
        case .undecided(let reason) where reason.isOfRevocation: remarks.append("\(path): \(reason)")
        case .undecided(let reason):
            throw NodeError(
                .certificateUnusable, "\(path): \(reason); give its root with --root, and what stands between beside it"
            )
        case .untrusted(let reason):
            throw NodeError(
                .certificateUnusable,
                "\(path) does not hold for \(place.name): \(reason); have your authority issue one that does")
        }
    }

    private func place(of certificate: Certificate, from path: String) throws(NodeError) -> Place {
        var places = NodeFolder.KeyUse.allCases.map {
            (Place(name: $0.rawValue, path: folder.certificate($0), purpose: $0.purpose), folder.key($0))
        }
        places.append(
            (Place(name: "directory", path: folder.directoryCertificate, purpose: .directory), folder.directoryKey))
        for (place, key) in places where FileManager.default.fileExists(atPath: key) {
            let text = try folder.readText(key)
            do {
                _ = try DecryptionIdentity(certificate: certificate, privateKeyPEM: text)
                return place
            } catch  where error.code == .keyDoesNotMatchCertificate {
                continue
            } catch {
                throw NodeError(
                    .certificateUnusable, "\(path) and \(key) do not go together; ask your authority", cause: "\(error)"
                )
            }
        }
        throw NodeError(
            .certificateUnusable,
            "\(path) was issued for none of the keys in \(folder.keys), but for another's: \(certificate.subject); have the "
                + "requests in certificates/ signed")
    }

    // MARK: Files

    private static func contents(
        of path: String
    ) throws(NodeError) -> (certificates: [Certificate], lists: [RevocationList]) {
        let bytes = try BoundedFile.read(
            path, as: "a certificate or a revocation list", maximumBytes: TrustFiles.listFileMaximumBytes,
            orElse: .certificateUnusable)
        let text = String(decoding: bytes, as: UTF8.self)
        do {
            guard text.contains("-----BEGIN ") else {
                if let certificate = try? Certificate(der: bytes) { return ([certificate], []) }
                return ([], [try RevocationList(der: bytes)])
            }
            guard !text.contains("PRIVATE KEY") else {
                throw NodeError(
                    .certificateUnusable, "\(path) has a private key, and none is to be handed about; leave it out")
            }
            return text.contains("BEGIN X509 CRL")
                ? ([], try RevocationList.all(pem: text)) : (try Certificate.all(pem: text), [])
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(
                .certificateUnusable, "\(path) is neither a certificate nor a revocation list; leave it out",
                cause: "\(error)")
        }
    }
}

/// Keys that an organisation has already, with the certificates that were issued for them.
package struct IssuedKeys: Sendable {
    struct Pair: Sendable {
        let key: [UInt8]
        let certificate: Certificate
    }

    let pairs: [NodeFolder.KeyUse: Pair]

    /// Reads `signing.key`, `signing.crt` and so on out of a folder.
    ///
    /// - Throws: ``NodeError`` `file-missing`, or `certificate-unusable` where a pair does not fit or is of another OIN.
    package init(in path: String, of oin: OIN) throws(NodeError) {
        let place = NodeFolder(path)
        var pairs: [NodeFolder.KeyUse: Pair] = [:]
        for use in NodeFolder.KeyUse.allCases {
            let (key, certificate) = (place.file("\(use.rawValue).key"), place.file("\(use.rawValue).crt"))
            let (keyBytes, text) = (try place.read(key), try place.readText(certificate))
            do {
                let issued = try Certificate(pem: text)
                _ = try DecryptionIdentity(
                    certificate: issued, privateKeyPEM: String(decoding: keyBytes, as: UTF8.self))
                guard issued.oin == oin else {
                    throw NodeError(
                        .certificateUnusable,
                        "\(certificate) is of \(issued.oin?.text ?? "no OIN"), and --oin says \(oin); nothing was made")
                }
                pairs[use] = Pair(key: keyBytes, certificate: issued)
            } catch let error as NodeError {
                throw error
            } catch {
                throw NodeError(
                    .certificateUnusable,
                    "\(certificate) and \(key) do not go together; put each certificate beside the key that it was issued "
                        + "for. Nothing was made", cause: "\(error)")
            }
        }
        self.pairs = pairs
    }
}
