import ExchangeCMS
import ExchangeCore
import ExchangeStore

extension EvidenceExport {
    /// A folder of evidence while it is put together: the files so far, and whose certificates they need.
    struct Drafted {
        var files = EvidenceFiles()
        private let community: Community
        /// The certificate that this node signs with, which the directory may not have any more.
        private let own: Certificate

        init(community: Community, own: Certificate) {
            self.community = community
            self.own = own
        }

        func name(of oin: OIN) -> String { community.directory.member(oin)?.name ?? oin.text }

        /// Adds proofs, each under the OIN of who gave it; one that was given under several numbers once.
        mutating func add(
            _ given: [GivenProof], of recipient: inout EvidenceIndex.Recipient, at place: String
        ) throws {
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
                        certificate: try certificate(
                            of: proof.proof, as: proof.isReceipt ? .receipt : .statement(.refusal)),
                        isReissued: proof.isReissued))
            }
        }

        /// Adds the signer's certificate as the directory has it now, where it is not here yet.
        ///
        /// - Returns: its file; `nil` where neither the directory nor this node has it any more.
        mutating func certificate(of der: [UInt8], as kind: UnverifiedSigner.Kind) throws -> String? {
            let identifier = try UnverifiedSigner(of: der, as: kind).keyIdentifier
            let found = identifier == own.subjectKeyIdentifier ? own : community.signer(identifier)
            guard let found, let oin = found.oin else { return nil }
            let name = "certificates/\(oin)-\(found.sha256Fingerprint.description.prefix(8)).pem"
            if files[name] == nil { files.add(name, Array(found.pem.utf8)) }
            return name
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
