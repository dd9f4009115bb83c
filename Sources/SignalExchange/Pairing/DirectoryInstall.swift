package import ExchangeCMS
package import ExchangeCore
import Foundation

/// Puts a signed directory into a node's folder, once all of it was looked at.
package struct DirectoryInstall: Sendable {
    package enum Outcome: Hashable, Sendable {
        case installed(replacing: Int64?)
        /// The very directory is here already.
        case unchanged
    }

    /// By whose certificate a directory is to be verified.
    package enum Signer: Sendable {
        /// By `trust/directory.crt`, as it is there.
        case known
        /// By a new one, which people compared; `nil` where they did not.
        case given(Certificate, spoken: SpokenFingerprint?)
        /// By that of this folder's own directory key.
        case own(Certificate)
    }

    private let folder: NodeFolder
    private let own: OIN

    package init(into folder: NodeFolder, of own: OIN) {
        self.folder = folder
        self.own = own
    }

    /// Verifies a directory, and that this organisation is in it.
    ///
    /// - Throws: ``NodeError`` `directory-invalid`, `not-in-directory`; `fingerprint-missing` and `fingerprint-differs` for
    ///   a signer's certificate that is not the one that is here.
    package func verify(
        _ bytes: [UInt8], named name: String, by signer: Signer, at now: Timestamp = .current
    ) throws(NodeError) -> DirectoryFile {
        let file = try DirectoryFile.verify(
            bytes, named: name, by: try certificate(of: signer), in: try TrustFiles(folder, at: now).trust, at: now)
        guard file.directory.member(own) != nil else {
            throw NodeError(
                .notInDirectory,
                "version \(file.directory.version) of the directory does not have this organisation, \(own); have its card "
                    + "added")
        }
        return file
    }

    /// Compares with what is installed.
    ///
    /// - Throws: ``NodeError`` `directory-older`, or `directory-invalid` for another directory under the same version.
    package func outcome(of file: DirectoryFile) throws(NodeError) -> Outcome {
        guard FileManager.default.fileExists(atPath: folder.directory) else { return .installed(replacing: nil) }
        let present = try DirectoryFile.bytes(at: folder.directory)
        let version = try DirectoryFile.read(present, named: folder.directory).version
        if present == file.bytes { return .unchanged }
        guard file.directory.version > version else {
            guard file.directory.version == version else {
                throw NodeError(
                    .directoryOlder,
                    "version \(file.directory.version) of the directory is older than \(version), which is installed; get "
                        + "the newest")
            }
            throw NodeError(
                .directoryInvalid,
                "this is another directory under the version \(version) than the one that is installed; ask the body that "
                    + "signs it")
        }
        return .installed(replacing: version)
    }

    /// Writes a directory that was verified, and the certificate of who signed it.
    package func write(_ file: DirectoryFile) throws(NodeError) {
        let signer = Array(file.signer.pem.utf8)
        if (try? folder.read(folder.directorySigner)) != signer {
            try NodeFolder.write(signer, to: folder.directorySigner)
        }
        try NodeFolder.write(file.bytes, to: folder.directory)
    }

    private func certificate(of signer: Signer) throws(NodeError) -> Certificate {
        let present =
            FileManager.default.fileExists(atPath: folder.directorySigner)
            ? try DirectoryFile.certificate(at: folder.directorySigner) : nil
        switch signer {
        case .known:
            guard let present else {
                throw NodeError(
                    .fileMissing,
                    "\(folder.directorySigner) is missing; give the certificate of who signs the directory with --signer, and "
                        + "its fingerprint as they read it out with --fingerprint")
            }
            return present
        case .own(let certificate):
            guard present == nil || present == certificate else {
                throw NodeError(
                    .directoryInvalid,
                    "this node follows a directory that \(present?.subject ?? "") signs, and not one of its own; where that is "
                        + "to end, install `signed/directory.cms` with --signer and --fingerprint")
            }
            return certificate
        case .given(let certificate, let spoken):
            guard certificate != present else { return certificate }
            guard let spoken else {
                throw NodeError(
                    .fingerprintMissing,
                    "the directory's signer is new here: \(certificate.subject). Call who signs it, on a number that you know, "
                        + "have the fingerprint of the signer's certificate read out, and give it with --fingerprint \"…\""
                )
            }
            guard spoken == SpokenFingerprint(of: certificate.der) else {
                throw NodeError(
                    .fingerprintDiffers,
                    "this is not the certificate whose fingerprint was read out; nothing was installed. Call again: where "
                        + "they read out the same, somebody else signed this directory")
            }
            return certificate
        }
    }
}
