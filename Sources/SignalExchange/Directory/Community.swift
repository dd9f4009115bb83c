package import ExchangeCMS
package import ExchangeCore
import Foundation
import Synchronization

/// The members and the authorities as this node knows them at one moment, and what its connections rest on: a value, so
/// that one request is judged by one state of the world.
package struct Community: Sendable {
    package let directory: Directory
    package let trust: TrustStore
    /// SHA-256 over the signed directory.
    package let directoryDigest: Digest
    package let tls: TLSMaterial
    private let signers: [[UInt8]: Certificate]
    private let callers: [Digest: Certificate]

    package init(directory: Directory, digest: Digest, trust: TrustStore, tls: TLSMaterial) {
        self.directory = directory
        directoryDigest = digest
        self.trust = trust
        self.tls = tls
        // The directory has each key identifier once (`DirectoryDocument`), and each certificate under its own OIN.
        signers = Dictionary(
            directory.members.flatMap(\.certificates.signing).map { ($0.subjectKeyIdentifier, $0) },
            uniquingKeysWith: { first, _ in first })
        callers = Dictionary(
            directory.members.flatMap(\.certificates.tls).map { ($0.sha256Fingerprint, $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// A member's TLS certificate, by the digest of its DER.
    package func caller(_ fingerprint: Digest) -> Certificate? { callers[fingerprint] }

    /// The signing certificate that a message's signer names by its key identifier.
    package func signer(_ keyIdentifier: [UInt8]) -> Certificate? { signers[keyIdentifier] }

    /// The first of a member's agreement certificates that may be sealed to now.
    ///
    /// - Throws: what the last of them failed with: `recipientUndecided` means hold, `recipientUntrusted` an alarm.
    package func recipientCertificate(of member: Member, now: Timestamp) throws(CMSError) -> RecipientCertificate {
        var failure: CMSError?
        for certificate in member.certificates.agreement {
            do {
                return try RecipientCertificate(certificate, trust: trust, now: now)
            } catch {
                // An undecided certificate may hold soon; that is worth more than one that never will.
                if failure == nil || error.code == .recipientUndecided { failure = error }
            }
        }
        guard let failure else { preconditionFailure("a member has at least one agreement certificate") }
        throw failure
    }
}

/// Keeps the ``Community`` true to the node's folder: the directory, the authorities, the revocation lists, and the TLS
/// certificate and key are read again when their files change, so that a fresh list ends a hold without a restart.
package final class CommunityHolder: Sendable {
    private struct State {
        var community: Community
        var stamp: [String: Date]
        var checkedAt: MonotonicTime
        var problem: NodeError?
        var adopted: Digest?
    }

    /// How long a look at the files holds.
    private static let checkInterval = Milliseconds.seconds(1)

    private let folder: NodeFolder
    private let state: Mutex<State>

    /// - Parameter known: the digest of the newest directory that this node has used, from before.
    package init(folder: NodeFolder, known: Digest?, now: Now) throws(NodeError) {
        self.folder = folder
        let stamp = Self.stamp(of: folder)
        state = Mutex(
            State(community: try Self.load(folder, known: known, now: now), stamp: stamp, checkedAt: now.monotonic))
    }

    package func current(_ now: Now) -> Community {
        state.withLock { state in
            guard now.monotonic >= state.checkedAt + Self.checkInterval else { return state.community }
            state.checkedAt = now.monotonic
            let stamp = Self.stamp(of: folder)
            guard stamp != state.stamp else { return state.community }
            do throws(NodeError) {
                let fresh = try Self.load(folder, known: state.community.directoryDigest, now: now)
                try Self.checkVersion(of: fresh, against: state.community)
                state.community = fresh
                state.stamp = stamp
                state.problem = nil
            } catch {
                // What cannot be used leaves the last good state; it is shown, and the next look tries again.
                state.problem = error
            }
            return state.community
        }
    }

    /// Why the files that lie in the folder now are not those in use; `nil` where they are.
    package var problem: NodeError? { state.withLock(\.problem) }

    /// The digest of the directory that the ledger was last told of.
    package var adopted: Digest? {
        get { state.withLock(\.adopted) }
        set { state.withLock { $0.adopted = newValue } }
    }

    private static func checkVersion(of fresh: Community, against current: Community) throws(NodeError) {
        guard fresh.directory.version >= current.directory.version else {
            throw NodeError(
                .directoryOlder,
                "version \(fresh.directory.version) of the directory is older than \(current.directory.version), which "
                    + "was already in use; install the newest")
        }
        let isSameVersion = fresh.directory.version == current.directory.version
        guard !isSameVersion || fresh.directoryDigest == current.directoryDigest else {
            throw NodeError(
                .directoryInvalid,
                "this is another directory under the version \(current.directory.version) than the one in use; ask the "
                    + "body that signs it")
        }
    }

    /// Reads the files now.
    ///
    /// - Throws: ``NodeError``: what is wrong with which file; `directory-older` where a newer one was already seen.
    package func reload(_ now: Now) throws(NodeError) -> Community {
        let stamp = Self.stamp(of: folder)
        let known = state.withLock(\.community.directoryDigest)
        let fresh = try Self.load(folder, known: known, now: now)
        return try state.withLock { state throws(NodeError) in
            try Self.checkVersion(of: fresh, against: state.community)
            state.community = fresh
            state.stamp = stamp
            state.checkedAt = now.monotonic
            state.problem = nil
            return fresh
        }
    }

    private static func stamp(of folder: NodeFolder) -> [String: Date] {
        let lists = (try? FileManager.default.contentsOfDirectory(atPath: folder.revocationLists)) ?? []
        let files =
            [folder.directory, folder.directorySigner] + TLSMaterial.files(of: folder)
            + lists.map { folder.revocationLists + "/" + $0 }
        var stamp: [String: Date] = [:]
        for file in files {
            stamp[file] = (try? FileManager.default.attributesOfItem(atPath: file))?[.modificationDate] as? Date
        }
        return stamp
    }

    /// A directory whose signer cannot be judged now, since a list is stale, goes on where it is the very one that was
    /// in use: a node that starts on a Sunday with Saturday's list must take messages. A new one waits.
    private static func load(_ folder: NodeFolder, known: Digest?, now: Now) throws(NodeError) -> Community {
        let trust = try trustStore(folder)
        let tls = try TLSMaterial.load(from: folder)
        guard FileManager.default.fileExists(atPath: folder.directory) else {
            throw NodeError(
                .directoryMissing, "\(folder.directory) is missing; put the community's signed directory there")
        }
        let signed = try folder.read(folder.directory)
        do {
            let signer = try Certificate(pem: try folder.readText(folder.directorySigner))
            let verification = VerificationContext(trust: trust, now: now.wall) {
                $0 == signer.subjectKeyIdentifier ? signer : nil
            }
            let payload: [UInt8]
            do {
                payload = try SignedStatement.verify(signed, kind: .directory, in: verification).payload
            } catch {
                guard error.code == .signerUndecided else { throw error }
                guard sha256(signed) == known else {
                    throw NodeError(
                        .directoryInvalid,
                        "\(folder.directory) cannot be judged now; fetch what is missing, and it will be",
                        cause: error.message)
                }
                payload = try SignedStatement.unverifiedPayload(signed, kind: .directory)
            }
            return Community(
                directory: try DirectoryDocument.decode(payload), digest: sha256(signed), trust: trust, tls: tls)
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(.directoryInvalid, "\(folder.directory) does not verify; get it anew", cause: "\(error)")
        }
    }

    private static func trustStore(_ folder: NodeFolder) throws(NodeError) -> TrustStore {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.revocationLists) else {
            throw NodeError(
                .fileMissing,
                "\(folder.revocationLists) is missing or not readable; put the authorities' revocation lists into it")
        }
        let anchors = try read(folder.anchors, in: folder) { try Certificate.all(pem: $0) }
        let intermediates = try read(folder.intermediates, in: folder) { try Certificate.all(pem: $0) }
        var lists: [RevocationList] = []
        for name in names.filter({ $0.hasSuffix(".crl") }).sorted() {
            lists.append(try read(folder.revocationLists + "/" + name, in: folder) { try RevocationList(pem: $0) })
        }
        do {
            return try TrustStore(anchors: anchors, intermediates: intermediates, revocationLists: lists)
        } catch {
            throw NodeError(
                .certificateUnusable,
                "the authorities in \(folder.anchors) and \(folder.intermediates) cannot be used; put theirs there, in PEM",
                cause: "\(error)")
        }
    }

    /// What a file of the authorities holds, or an error that names the file.
    private static func read<Value>(
        _ path: String, in folder: NodeFolder, _ parse: (String) throws -> Value
    ) throws(NodeError) -> Value {
        let text = try folder.readText(path)
        do {
            return try parse(text)
        } catch {
            throw NodeError(
                .certificateUnusable, "\(path) cannot be used; put the authority's own file there again, in PEM",
                cause: "\(error)")
        }
    }
}
