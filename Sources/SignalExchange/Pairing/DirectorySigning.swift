package import ExchangeCMS
package import ExchangeCore
import Foundation

/// Makes a directory of the cards in a node's folder, and signs it with the folder's own directory key. Two organisations
/// that pair each sign their own; in a community one body does it for all.
package struct DirectorySigning: Sendable {
    /// What was signed.
    package struct Signed: Sendable {
        package let directory: Directory
        package let bytes: [UInt8]
        package let signer: Certificate
        /// Whether the key was made now, so that the copy of the keys lacks it.
        package let madeKey: Bool
        /// Whether members and agreements are as they were, so that the last one stands.
        package let isUnchanged: Bool
        /// Whether what was agreed is another than in the last one that was signed here.
        package let changesAgreements: Bool
    }

    private let folder: NodeFolder
    private let configuration: NodeConfiguration

    package init(_ folder: NodeFolder, _ configuration: NodeConfiguration) {
        self.folder = folder
        self.configuration = configuration
    }

    /// - Throws: ``NodeError``: `card-invalid` naming the organisation whose certificates hold no more, `file-missing` where
    ///   there is no card, `directory-invalid` for agreements that no node would take, `certificate-unusable` for the
    ///   directory's key and certificate.
    package func sign(at now: Timestamp = .current) throws(NodeError) -> Signed {
        let members = try members(at: now)
        let agreements = try AgreementsDocument.read(from: folder)
        let (signer, madeKey) = try signer(at: now)
        let last = try lastSigned()
        if let last, sha256(last.certificate.der) == signer.certificate.sha256Fingerprint,
            Self.sameMembers(last.directory.members, members), last.directory.agreements == agreements
        {
            return Signed(
                directory: last.directory, bytes: last.bytes, signer: signer.certificate, madeKey: madeKey,
                isUnchanged: true, changesAgreements: false)
        }
        let installed = try installedVersion()
        let directory = Directory(
            version: max(last?.directory.version ?? 0, installed) + 1, issued: now, members: members,
            agreements: agreements)
        let bytes: [UInt8]
        do {
            let document = try DirectoryDocument.encode(directory)
            // What every node would refuse is not signed: such as two keys of one identifier.
            _ = try DirectoryDocument.decode(document)
            bytes = try SignedStatement.sign(document, directoryBy: signer, at: now)
            _ = try SignedStatement.verify(
                bytes, kind: .directory,
                in: VerificationContext(
                    trust: try trust(beside: signer.certificate, at: now), now: now,
                    directorySigner: signer.certificate))
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(
                .certificateUnusable,
                "nothing can be signed by \(folder.directoryCertificate) that a node would take; where it has ended, take it "
                    + "and \(folder.directoryKey) away, and sign again: all who follow this directory then compare the new "
                    + "fingerprint", cause: "\(error)")
        }
        try write(bytes, Array(signer.certificate.pem.utf8))
        return Signed(
            directory: directory, bytes: bytes, signer: signer.certificate, madeKey: madeKey, isUnchanged: false,
            changesAgreements: (last?.directory.agreements ?? Agreements()) != agreements)
    }

    // MARK: Members

    private func members(at now: Timestamp) throws(NodeError) -> [Member] {
        let cards = CardFolder(folder)
        let lists = try AuthorityFiles(folder).lists
        var members: [Member] = []
        if let own = try ownMember(cards) {
            try VerifiedCard.demandKept(own, beside: lists, at: now)
            members.append(own.member)
        }
        for oin in try cards.partners {
            guard let (card, _) = try cards.partner(oin), card.member.oin == oin else {
                throw NodeError(
                    .cardInvalid,
                    "\(folder.card(of: oin)) is the card of another organisation; take it away, and import it")
            }
            try VerifiedCard.demandKept(card, beside: lists, at: now)
            members.append(card.member)
        }
        guard !members.isEmpty else {
            throw NodeError(
                .fileMissing, "\(folder.cards) has no card; make one with `card export`, and import those of partners")
        }
        return members.sorted { $0.oin < $1.oin }
    }

    /// `nil` for a body that signs and has no node.
    private func ownMember(_ cards: CardFolder) throws(NodeError) -> Card? {
        let certificates = NodeFolder.KeyUse.allCases.filter {
            FileManager.default.fileExists(atPath: folder.certificate($0))
        }
        let card = try cards.own
        guard !certificates.isEmpty || card != nil else { return nil }
        guard let own = card else {
            throw NodeError(.fileMissing, "\(folder.ownCard) is missing; make it with `exchange-node card export`")
        }
        for use in certificates {
            let certificate = try DirectoryFile.certificate(at: folder.certificate(use))
            let listed = own.member.certificates.all.first { $0.use == use }?.certificates ?? []
            guard listed.contains(certificate) else {
                throw NodeError(
                    .cardInvalid,
                    "\(folder.certificate(use)) is not in this organisation's card; make a new one with `exchange-node card "
                        + "export`, and send it to the partners")
            }
        }
        return own
    }

    private static func sameMembers(_ left: [Member], _ right: [Member]) -> Bool {
        left.map(DirectoryDocument.encode) == right.map(DirectoryDocument.encode)
    }

    // MARK: Versions

    private func lastSigned() throws(NodeError) -> (directory: Directory, bytes: [UInt8], certificate: Certificate)? {
        guard FileManager.default.fileExists(atPath: folder.signedDirectory) else { return nil }
        let bytes = try DirectoryFile.bytes(at: folder.signedDirectory)
        return (
            try DirectoryFile.read(bytes, named: folder.signedDirectory), bytes,
            try DirectoryFile.certificate(at: folder.signedDirectorySigner)
        )
    }

    private func installedVersion() throws(NodeError) -> Int64 {
        guard FileManager.default.fileExists(atPath: folder.directory) else { return 0 }
        return try DirectoryFile.read(DirectoryFile.bytes(at: folder.directory), named: folder.directory).version
    }

    private func write(_ directory: [UInt8], _ signer: [UInt8]) throws(NodeError) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder.file("signed"), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw NodeError(
                .fileUnreadable, "\(folder.file("signed")) cannot be made; check the folder's owner and rights",
                cause: "\(error)")
        }
        // The directory first: where the signer's certificate does not follow, the next run sees another signer than the last
        // and signs again. The other way round, the old signature would pass for the new key's.
        try NodeFolder.write(directory, to: folder.signedDirectory)
        try NodeFolder.write(signer, to: folder.signedDirectorySigner)
    }

    // MARK: The key

    /// The folder's directory key and its certificate, made where neither is there.
    private func signer(at now: Timestamp) throws(NodeError) -> (signer: DirectorySigner, madeKey: Bool) {
        let files = FileManager.default
        let isNew =
            !files.fileExists(atPath: folder.directoryKey) && !files.fileExists(atPath: folder.directoryCertificate)
        do {
            if isNew {
                let key = try KeyGeneration.privateKeyPEM(.p256)
                let certificate = try DirectoryCertificate.pem(
                    privateKeyPEM: key, name: try CardFolder(folder).own?.member.name ?? configuration.oin.text, at: now
                )
                try NodeFolder.write(Array(key.utf8), to: folder.directoryKey, isSecret: true)
                try NodeFolder.write(Array(certificate.utf8), to: folder.directoryCertificate)
            }
            guard files.fileExists(atPath: folder.directoryCertificate) else {
                throw NodeError(
                    .fileMissing,
                    "\(folder.directoryCertificate) is missing, and its key is there; put the certificate in place that was "
                        + "issued for it, or take \(folder.directoryKey) away, and sign again")
            }
            try NodeKeys.demandPrivate(folder.directoryKey)
            return (
                try DirectorySigner(
                    certificate: Certificate(pem: folder.readText(folder.directoryCertificate)),
                    privateKeyPEM: folder.readText(folder.directoryKey)), isNew
            )
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(
                .certificateUnusable,
                "\(folder.directoryCertificate) and \(folder.directoryKey) do not fit each other or their use; put the "
                    + "certificate there that was issued for this key", cause: "\(error)")
        }
    }

    /// The folder's authorities; a body that signs with a certificate that vouches for itself needs none.
    private func trust(beside signer: Certificate, at now: Timestamp) throws -> TrustStore {
        if let own = try CardFolder(folder).own, signer.isSelfIssued {
            return try TrustStore(
                anchors: own.anchors, intermediates: own.intermediates, revocationLists: own.revocationLists)
        }
        return try TrustFiles(folder, at: now).trust
    }
}
