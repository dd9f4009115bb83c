import ExchangeCMS
import ExchangeCore
import Foundation

/// What the files say of whom this node believes: its own certificates, the revocation lists, the directory.
struct CommunityCheck {
    let folder: NodeFolder
    let configuration: NodeConfiguration
    /// The version that the running node uses; `nil` where none runs.
    let inUse: Int64?

    /// - Returns: also the directory, where it can be used.
    func findings(at now: Timestamp) -> (findings: [Finding], directory: Directory?) {
        let files: TrustFiles
        do {
            files = try TrustFiles(folder, at: now)
        } catch {
            return ([Finding("trust", error)], nil)
        }
        var findings = files.problems.map { Finding("trust", $0) }
        var directory: Directory?
        do {
            let file = try DirectoryFile.verify(
                DirectoryFile.bytes(at: folder.directory), named: folder.directory,
                by: try DirectoryFile.certificate(at: folder.directorySigner), in: files.trust, at: now)
            directory = file.directory
            findings += describe(file, in: files.trust, at: now)
        } catch {
            findings.append(
                error.code == .fileMissing
                    ? Finding(
                        "directory", .wrong,
                        "\(error.message); pair with a partner first (docs/pairing.md), or install your community's "
                            + "directory")
                    : Finding("directory", error))
        }
        findings = certificates(in: files.trust, at: now) + lists(of: directory, in: files.trust, at: now) + findings
        return (findings, directory)
    }

    // MARK: Certificates

    private func certificates(in trust: TrustStore, at now: Timestamp) -> [Finding] {
        var files = NodeFolder.KeyUse.allCases.map { ($0.rawValue, folder.certificate($0), $0.purpose) }
        if FileManager.default.fileExists(atPath: folder.directoryCertificate) {
            files.append(("directory", folder.directoryCertificate, .directory))
        }
        return files.map { name, path, purpose in
            let item = "certificate \(name)"
            do throws(NodeError) {
                let certificate = try DirectoryFile.certificate(at: path)
                let left = certificate.daysLeft(at: now)
                let verdict = trust.verdict(for: certificate, purpose: purpose, at: now, now: now)
                // One that vouches for itself is judged where it is used: when a directory is signed.
                let vouchesForItself = purpose == .directory && certificate.isSelfIssued && certificate.notAfter > now
                guard verdict.isTrusted || vouchesForItself else {
                    return Finding(
                        item, .wrong,
                        "\(path) does not hold: \(verdict.reason); have a new one issued, or fetch the list")
                }
                guard certificate.notAfter - now > OwnCertificates.expiryWarning else {
                    return Finding(
                        item, .warning,
                        "\(left) days left, until \(certificate.notAfter); have a new one issued, and hand out a new card"
                    )
                }
                return Finding(item, .ok, "\(left) days left, until \(certificate.notAfter)")
            } catch {
                return Finding(item, error)
            }
        }
    }

    // MARK: Revocation lists

    /// Of every authority that a certificate of the own organisation or of a member rests on.
    private func lists(of directory: Directory?, in trust: TrustStore, at now: Timestamp) -> [Finding] {
        var certificates = NodeFolder.KeyUse.allCases.compactMap {
            try? DirectoryFile.certificate(at: folder.certificate($0))
        }
        certificates += (directory?.members ?? []).flatMap { $0.certificates.all.flatMap(\.certificates) }
        var authorities: [Certificate] = []
        for certificate in certificates {
            let above = (try? trust.authorities(above: certificate)) ?? []
            authorities += above.filter { !authorities.contains($0) }
        }
        return authorities.map { authority in
            Self.describe(
                trust.newestList(of: authority, at: now), of: Self.name(of: authority, among: authorities), at: now)
        }
    }

    /// Two authorities may have one name: then their keys tell them apart.
    static func name(of authority: Certificate, among authorities: [Certificate]) -> String {
        guard authorities.contains(where: { $0 != authority && $0.subject == authority.subject }) else {
            return authority.subject
        }
        return "\(authority.subject) (key \(authority.subjectKeyIdentifier.prefix(4).hexadecimal))"
    }

    /// - Parameter authority: its name.
    static func describe(_ list: RevocationList?, of authority: String, at now: Timestamp) -> Finding {
        guard let list else {
            return Finding(
                "CRL", .wrong,
                "no revocation list of \(authority) is in crl/: nothing that it issued can be judged; fetch it")
        }
        let age = "of \(authority), \(inWords(now - list.thisUpdate)) old"
        guard now <= list.nextUpdate else {
            return Finding(
                "CRL", .wrong,
                "the list \(age), was to be replaced at \(list.nextUpdate): what it covers waits; fetch the new one")
        }
        let left = list.nextUpdate - now
        // A fifth of its life: for a list of a week a day and a half, for one of a day five hours.
        guard left.count > (list.nextUpdate - list.thisUpdate).count / 5 else {
            return Finding(
                "CRL", .warning,
                "the list \(age), is to be replaced within \(inWords(left)); does anything fetch the next?")
        }
        return Finding("CRL", .ok, "the list \(age), the next is due in \(inWords(left))")
    }

    // MARK: The directory

    private func describe(_ file: DirectoryFile, in trust: TrustStore, at now: Timestamp) -> [Finding] {
        let directory = file.directory
        guard let own = directory.member(configuration.oin) else {
            return [
                Finding(
                    "directory", .wrong,
                    "version \(directory.version) does not have this organisation, \(configuration.oin): no partner takes "
                        + "anything from it; have its card added")
            ]
        }
        var findings = [
            Finding(
                "directory", .ok,
                "version \(directory.version), issued \(directory.issued), \(directory.members.count) members; partners call "
                    + "this organisation at \(own.endpoint.host):\(own.endpoint.port)")
        ]
        if let inUse, inUse != directory.version {
            findings.append(
                Finding(
                    "directory", .wrong,
                    "the running node uses version \(inUse), and version \(directory.version) lies in the folder; see "
                        + "`exchange-node status`, filesProblem"))
        }
        if directory.members.count == 1 {
            findings.append(Finding("directory", .warning, "it has no partner; import a card, and sign it again"))
        }
        var certificates: [NodeFolder.KeyUse: Certificate] = [:]
        for use in NodeFolder.KeyUse.allCases {
            certificates[use] = try? DirectoryFile.certificate(at: folder.certificate(use))
        }
        for remark in file.remarks(for: configuration.oin, certificates: certificates, in: trust, at: now) {
            findings.append(Finding("directory", .wrong, remark))
        }
        return findings
    }
}
