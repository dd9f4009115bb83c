import ExchangeCMS
import ExchangeCore
import ExchangeStore

extension EvidenceExport {
    /// A folder of evidence while it is put together: the files so far, and whose certificates they need.
    struct Drafted {
        var files = EvidenceFiles()
        private let community: Community
        private let archive: ValidationArchive

        init(community: Community, archive: ValidationArchive) {
            self.community = community
            self.archive = archive
        }

        func name(of oin: OIN) -> String { community.directory.member(oin)?.name ?? oin.text }

        /// Adds proofs, each under the OIN of who gave it; one that was given under several numbers once.
        mutating func add(
            _ given: [GivenProof], of recipient: inout EvidenceIndex.Recipient, at place: String
        ) async throws {
            var seen: [[UInt8]] = []
            for proof in given where !seen.contains(proof.proof) {
                seen.append(proof.proof)
                let kind: EvidenceIndex.Proof.Kind = proof.isReceipt ? .receipt : .refusal
                let earlier = recipient.proofs.count { $0.kind == kind }
                let name =
                    (place.isEmpty ? "\(kind.rawValue)s/" : place + "\(kind.rawValue)-") + recipient.party.oin.text
                    + (earlier == 0 ? "" : "-\(earlier + 1)") + ".der"
                files.add(name, proof.proof)
                recipient.proofs.append(
                    EvidenceIndex.Proof(
                        kind: kind, file: name,
                        certificate: try await certificate(
                            of: proof.proof, as: proof.isReceipt ? .receipt : .statement(.refusal)),
                        isReissued: proof.isReissued, judgement: try await judgement(at: proof.notedAt)))
            }
        }

        /// Adds the signer's certificate where it is not here yet: the directory's, or the last that it had for this key.
        ///
        /// - Returns: its file; `nil` where this node never had it.
        mutating func certificate(of der: [UInt8], as kind: UnverifiedSigner.Kind) async throws -> String? {
            let identifier = try UnverifiedSigner(of: der, as: kind).keyIdentifier
            let present = community.signer(identifier)
            let past = present == nil ? try await archive.signer(identifier) : nil
            guard let found = present ?? past, let oin = found.oin else { return nil }
            let name = "certificates/\(oin)-\(found.sha256Fingerprint.description.prefix(8)).pem"
            if files[name] == nil { files.add(name, Array(found.pem.utf8)) }
            return name
        }

        /// Adds the authorities and lists by which this node judged at a moment, once for all that it judged by them.
        mutating func judgement(at moment: Timestamp?) async throws -> EvidenceIndex.Judgement? {
            guard let moment, let trust = try await archive.trust(at: moment) else { return nil }
            let text = Array(try trust.pem.utf8)
            let known = files.all.first { $0.name.hasPrefix(EvidenceFiles.thenFolder) && $0.bytes == text }
            let name = known?.name ?? EvidenceFiles.then(files.all.count { $0.name.hasPrefix(EvidenceFiles.thenFolder) } + 1)
            if known == nil { files.add(name, text) }
            return EvidenceIndex.Judgement(at: moment, authorities: name)
        }

        /// Adds all authorities, and of each the newest revocation list in force.
        mutating func addAuthorities() throws {
            let trust = community.trust
            var lists = ""
            for authority in trust.anchors + trust.intermediates {
                // The trust store has the newest first.
                if let list = trust.revocationLists.first(where: { $0.isSigned(by: authority) }) {
                    lists += try list.pem
                }
            }
            let anchors = trust.anchors.map(\.pem).joined()
            let intermediates = trust.intermediates.map(\.pem).joined()
            files.add(EvidenceFiles.anchors, Array(anchors.utf8))
            files.add(EvidenceFiles.intermediates, Array(intermediates.utf8))
            files.add(EvidenceFiles.revocationLists, Array(lists.utf8))
            files.add(EvidenceFiles.authorities, Array((anchors + intermediates + lists).utf8))
        }

        /// All files, with the text that explains them, the index and the digests.
        func finished(_ index: EvidenceIndex) throws -> EvidenceFiles {
            var (files, index) = (files, index)
            let verdict = EvidenceVerification.signatures(in: files, index: index)
            let text = EvidenceReadme(index: index, verdict: verdict, files: files, trust: community.trust).text
            files.add(EvidenceFiles.readme, Array(text.utf8))
            index.files = files.all.map { .init(name: $0.name, digest: sha256($0.bytes)) }
            let encoded = try index.encode()
            files.add(EvidenceFiles.index, encoded)
            let digests = EvidenceFiles.digestLines(index.files, index: sha256(encoded))
            files.add(EvidenceFiles.digests, Array(digests.utf8))
            return files
        }
    }
}
