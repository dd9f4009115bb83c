package import ExchangeCMS
package import ExchangeCore
import Foundation

/// A signed directory whose signature and form hold, by the certificate that was given for its signer.
package struct DirectoryFile: Sendable {
    package let directory: Directory
    package let bytes: [UInt8]
    package let digest: Digest
    package let signer: Certificate
    package let signedAt: Timestamp

    /// - Parameter name: of the file, for the error.
    /// - Throws: ``NodeError`` `directory-invalid`.
    package static func verify(
        _ bytes: [UInt8], named name: String, by signer: Certificate, in trust: TrustStore, at now: Timestamp
    ) throws(NodeError) -> DirectoryFile {
        let statement: VerifiedStatement
        do {
            statement = try SignedStatement.verify(
                bytes, kind: .directory, in: VerificationContext(trust: trust, now: now, directorySigner: signer))
        } catch {
            let advice =
                error.code == .signerUndecided
                ? "cannot be judged now; fetch what is missing, and it will be"
                : "does not verify by the certificate of \(signer.subject); get it anew, or the certificate of who signed it"
            throw NodeError(.directoryInvalid, "\(name) \(advice)", cause: "\(error)")
        }
        return DirectoryFile(
            directory: try DirectoryDocument.decode(statement.payload), bytes: bytes, digest: statement.digest,
            signer: signer, signedAt: statement.signingTime)
    }

    /// What a file says, before anything of it is verified.
    package static func read(_ bytes: [UInt8], named name: String) throws(NodeError) -> Directory {
        do {
            return try DirectoryDocument.decode(SignedStatement.unverifiedPayload(bytes, kind: .directory))
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(.directoryInvalid, "\(name) is no signed directory; get it anew", cause: "\(error)")
        }
    }

    /// Reads a file, and no more of it than a directory may have.
    package static func bytes(at path: String) throws(NodeError) -> [UInt8] {
        try BoundedFile.read(
            path, as: "a signed directory", maximumBytes: ProtocolLimits.directoryMaximumBytes + 65_536,
            orElse: .directoryInvalid)
    }

    /// A certificate in a file of its own.
    package static func certificate(at path: String) throws(NodeError) -> Certificate {
        let text = try NodeFolder(".").readText(path)
        do {
            return try Certificate(pem: text)
        } catch {
            throw NodeError(
                .certificateUnusable, "\(path) is no certificate in PEM; name that of who signs the directory",
                cause: "\(error)")
        }
    }

    /// What an operator should know of a directory that is good by itself.
    package func remarks(
        for own: OIN, certificates: [NodeFolder.KeyUse: Certificate], in trust: TrustStore, at now: Timestamp
    )
        -> [String]
    {
        var remarks: [String] = []
        if let member = directory.member(own) {
            for (use, listed) in member.certificates.all {
                guard let certificate = certificates[use], !listed.contains(certificate) else { continue }
                remarks.append(
                    "certificates/\(use.rawValue).crt is not the one that the directory has for this organisation: export a "
                        + "new card, and have it added")
            }
        }
        for member in directory.members where member.oin != own {
            for (use, listed) in member.certificates.all {
                let verdicts = listed.map { trust.verdict(for: $0, purpose: use.purpose, at: now, now: now) }
                guard !verdicts.contains(where: \.isTrusted), let verdict = verdicts.first else { continue }
                remarks.append("\(member.name), \(member.oin), for \(use.rawValue): \(verdict.reason)")
            }
        }
        return remarks
    }
}

extension TrustVerdict {
    var isTrusted: Bool { if case .trusted = self { true } else { false } }

    /// Why it does not hold; empty where it does.
    var reason: String {
        switch self {
        case .trusted: ""
        case .undecided(let reason): "\(reason)"
        case .untrusted(let reason): "\(reason)"
        }
    }
}
