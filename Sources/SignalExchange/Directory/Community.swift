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

    /// The same members, judged by other authorities and lists, over other connections.
    func judged(by trust: TrustStore, over tls: TLSMaterial) -> Community {
        Community(directory: directory, digest: directoryDigest, trust: trust, tls: tls)
    }

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
        /// Since when it is in force.
        var since: Timestamp
        /// `nil` of a community that stands.
        var files: TrustFiles?
        var stamp: [String: FileStamp]
        var checkedAt: MonotonicTime
        var problem: NodeError?
        var adopted: Digest?
        var adoptedAgreements = Agreements()
    }

    /// How long a look at the files holds.
    private static let checkInterval = Milliseconds.seconds(1)

    /// `nil` of a community that stands.
    private let folder: NodeFolder?
    /// The organisation without which a directory is not taken.
    private let own: OIN?
    private let state: Mutex<State>
    /// Rings when another community is in force, or another problem stands; for one listener.
    package let changes: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - own: the organisation that must stand in the directory; `nil` for who looks at it as none of its members.
    ///   - known: the digest of the newest directory that this node has used, from before.
    ///   - lists: the revocation lists that were in force when it last ran; what they revoked stays so.
    package init(
        folder: NodeFolder, own: OIN? = nil, known: Digest?, lists: [RevocationList] = [], now: Now
    ) throws(NodeError) {
        self.folder = folder
        self.own = own
        (changes, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let stamp = Self.stamp(of: folder)
        let files = try TrustFiles(folder, goingOnWith: lists, at: now.wall)
        let tls = try TLSMaterial.load(from: folder)
        let community: Community
        do {
            community = try Self.load(folder, trust: files.trust, tls: tls, known: known, now: now)
            try Self.demand(own, in: community.directory)
        } catch {
            // What is missing may be in a list that cannot be used.
            throw Self.sum([error] + files.problems) ?? error
        }
        state = Mutex(
            State(
                community: community, since: now.wall, files: files, stamp: stamp, checkedAt: now.monotonic,
                problem: Self.sum(files.problems)))
    }

    /// Holds a community that was made elsewhere, and that no file changes.
    ///
    /// - Parameter own: one of its members.
    package init(standing community: Community, own: OIN, now: Now) {
        folder = nil
        self.own = own
        (changes, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        state = Mutex(
            State(community: community, since: now.wall, stamp: [:], checkedAt: now.monotonic))
    }

    /// Puts another community in the place of one that was made elsewhere.
    ///
    /// - Precondition: no folder says which.
    package func replace(by community: Community, now: Now) {
        precondition(folder == nil, "what files say is changed in the files")
        state.withLock { state in
            state.community = community
            state.since = now.wall
        }
        announce()
    }

    /// What was in force at the last look. No file is read for it, so that it may be asked for on an event loop.
    package var last: Community { state.withLock(\.community) }

    package func current(_ now: Now) -> Community {
        state.withLock { state in
            guard let folder, now.monotonic >= state.checkedAt + Self.checkInterval else { return state.community }
            state.checkedAt = now.monotonic
            let stamp = Self.stamp(of: folder)
            // What could not be used is tried again: rights and clocks change no file's time.
            guard stamp != state.stamp || state.problem != nil else { return state.community }
            refresh(&state, from: folder, stamp: stamp, now: now)
            return state.community
        }
    }

    /// What is in force, and since when.
    func inForce(at now: Now) -> (community: Community, since: Timestamp) {
        _ = current(now)
        return state.withLock { ($0.community, $0.since) }
    }

    /// Fresh authorities and lists come into force whatever the directory's file is like, and the other way round: what
    /// cannot be used leaves its own last good content in force, and is told.
    private func refresh(_ state: inout State, from folder: NodeFolder, stamp: [String: FileStamp], now: Now) {
        guard let earlier = state.files else { preconditionFailure("what has a folder was read from it") }
        let before = (state.community, earlier.trust, state.problem)
        let files = earlier.readAgain(folder, at: now.wall)
        state.files = files
        state.stamp = stamp
        var problems = files.problems
        var tls = state.community.tls
        do throws(NodeError) {
            tls = try TLSMaterial.load(from: folder)
        } catch {
            problems.append(error)
        }
        do throws(NodeError) {
            let fresh = try Self.load(
                folder, trust: files.trust, tls: tls, known: state.community.directoryDigest, now: now)
            try Self.checkVersion(of: fresh, against: state.community)
            try Self.demand(own, in: fresh.directory)
            state.community = fresh
        } catch {
            state.community = state.community.judged(by: files.trust, over: tls)
            problems.insert(error, at: 0)
        }
        state.problem = Self.sum(problems)
        let isSame =
            before.0.directoryDigest == state.community.directoryDigest
            && before.0.tls.digest == state.community.tls.digest && before.1 === files.trust
            && before.2 == state.problem
        guard !isSame else { return }
        state.since = now.wall
        announce()
    }

    /// Has the listener of ``changes`` look now.
    package func announce() { ring.yield() }

    private static func sum(_ problems: [NodeError]) -> NodeError? {
        guard let first = problems.first, problems.count > 1 else { return problems.first }
        let others = problems.dropFirst().map(\.description).joined(separator: "; ")
        return NodeError(first.code, "\(first.message); and \(others)", cause: first.cause)
    }

    /// Why the files that lie in the folder now are not those in use; `nil` where they are.
    package var problem: NodeError? { state.withLock(\.problem) }

    /// The digest of the directory that the ledger was last told of.
    package var adopted: Digest? {
        get { state.withLock(\.adopted) }
        set { state.withLock { $0.adopted = newValue } }
    }

    /// Notes what was agreed in the directory that the ledger was last told of.
    ///
    /// - Returns: what was agreed in the one before; nothing at the first.
    func replaceAdopted(_ agreements: Agreements) -> Agreements {
        state.withLock { state in
            defer { state.adoptedAgreements = agreements }
            return state.adoptedAgreements
        }
    }

    /// No partner takes anything from who is not in its directory: a node that went on with such a one would send, and
    /// tell nobody.
    private static func demand(_ own: OIN?, in directory: Directory) throws(NodeError) {
        guard let own, directory.member(own) == nil else { return }
        throw NodeError(
            .notInDirectory,
            "version \(directory.version) of the directory does not have this organisation, \(own); have it added, or "
                + "install the directory that has it")
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
    /// - Throws: ``NodeError``: what is wrong with which file, `directory-older` where a newer one was already seen; what
    ///   can be used is in force all the same.
    package func reload(_ now: Now) throws(NodeError) -> Community {
        try state.withLock { state throws(NodeError) in
            guard let folder else { return state.community }
            state.checkedAt = now.monotonic
            refresh(&state, from: folder, stamp: Self.stamp(of: folder), now: now)
            if let problem = state.problem { throw problem }
            return state.community
        }
    }

    private static func stamp(of folder: NodeFolder) -> [String: FileStamp] {
        let lists = (try? FileManager.default.contentsOfDirectory(atPath: folder.revocationLists)) ?? []
        let files =
            [folder.directory, folder.directorySigner] + TLSMaterial.files(of: folder)
            + lists.map { folder.revocationLists + "/" + $0 }
        var stamp: [String: FileStamp] = [:]
        for file in files { stamp[file] = FileStamp(of: file) }
        return stamp
    }

    /// A directory whose signer cannot be judged now, since a list is stale, goes on where it is the very one that was
    /// in use: a node that starts on a Sunday with Saturday's list must take messages. A new one waits.
    private static func load(
        _ folder: NodeFolder, trust: TrustStore, tls: TLSMaterial, known: Digest?, now: Now
    ) throws(NodeError) -> Community {
        guard FileManager.default.fileExists(atPath: folder.directory) else {
            throw NodeError(
                .directoryMissing,
                "\(folder.directory) is missing; install your community's with `exchange-node directory install`, or pair with "
                    + "a partner (docs/pairing.md)")
        }
        let signed = try folder.read(folder.directory)
        do {
            let signer = try Certificate(pem: try folder.readText(folder.directorySigner))
            let verification = VerificationContext(trust: trust, now: now.wall, directorySigner: signer)
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
}
