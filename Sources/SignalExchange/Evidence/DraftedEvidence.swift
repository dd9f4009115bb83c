import ExchangeCMS
import ExchangeCore
import ExchangeStore

extension EvidenceExport {
    /// A folder of evidence while it is put together: the files so far, and whose certificates they need.
    struct Drafted {
        var files = EvidenceFiles()
        /// Whether all that was judged by then is in.
        private(set) var hasAllJudgements = true
        private let community: Community
        private let archive: ValidationArchive
        private let now: Timestamp
        private let thenMaximumBytes: Int
        /// The authorities and lists of moments that were looked at; most signatures of a message share them.
        private var trusts: [[Digest: ValidationObject.Kind]: TrustStore] = [:]
        /// The files of `then/`, by their text.
        private var judgements: [[UInt8]: String] = [:]

        /// - Parameter thenMaximumBytes: up to which goes in what was judged by then.
        init(community: Community, archive: ValidationArchive, at now: Timestamp, thenMaximumBytes: Int) {
            self.community = community
            self.thenMaximumBytes = thenMaximumBytes
            self.archive = archive
            self.now = now
        }

        func name(of oin: OIN) -> String { community.directory.member(oin)?.name ?? oin.text }

        /// What was signed, and by whose certificate and by what it was judged.
        struct Signed {
            var certificate: String?
            var judgement: EvidenceIndex.Judgement?
        }

        /// Adds a signed file, with its signer's certificate, and what it was judged by when this node took it.
        ///
        /// - Parameter takenAt: `nil` where that was not noted.
        mutating func add(
            _ name: String, _ der: [UInt8], as kind: UnverifiedSigner.Kind, takenAt: Timestamp?
        ) async throws -> Signed {
            files.add(name, der)
            let signer = try UnverifiedSigner(of: der, as: kind)
            let present = community.signer(signer.keyIdentifier)
            // One key may have had several certificates: the signature says which is meant.
            let found =
                if let present, present.sha256Fingerprint == signer.certificateDigest { present } else {
                    try await archive.signer(signer.certificateDigest)
                }
            guard let found, let oin = found.oin else { return Signed() }
            let certificate = "certificates/\(oin)-\(found.sha256Fingerprint.description.prefix(8)).pem"
            if files[certificate] == nil { files.add(certificate, Array(found.pem.utf8)) }
            return Signed(certificate: certificate, judgement: try await judgement(of: found, at: takenAt))
        }

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
                let signed = try await add(
                    name, proof.proof, as: proof.isReceipt ? .receipt : .statement(.refusal), takenAt: proof.notedAt)
                recipient.proofs.append(
                    EvidenceIndex.Proof(
                        kind: kind, file: name, certificate: signed.certificate, isReissued: proof.isReissued,
                        judgement: signed.judgement))
            }
        }

        /// Adds what stood above a signer's certificate when this node judged it, once for all that it judged by the same.
        private mutating func judgement(
            of signer: Certificate, at moment: Timestamp?
        ) async throws -> EvidenceIndex.Judgement? {
            guard let moment else { return nil }
            let kinds = try await archive.authorities(at: moment)
            guard !kinds.isEmpty else { return nil }
            let trust: TrustStore
            if let known = trusts[kinds] { trust = known } else { trust = try await archive.trust(kinds) }
            trusts[kinds] = trust
            let chain = try trust.authorities(above: signer)
            guard !chain.isEmpty else { return nil }
            var bundle = AuthorityBundle()
            bundle.roots = chain.filter { $0.isSelfIssued && !community.trust.anchors.contains($0) }
            bundle.intermediates = chain.filter { !$0.isSelfIssued }
            bundle.revocationLists = chain.compactMap { trust.newestList(of: $0, at: moment) }
            let text = Array(try bundle.pem.utf8)
            if let known = judgements[text] { return EvidenceIndex.Judgement(at: moment, authorities: known) }
            guard judgements.keys.map(\.count).reduce(text.count, +) <= thenMaximumBytes else {
                hasAllJudgements = false
                return nil
            }
            let name = "then/\(judgements.count + 1).pem"
            judgements[text] = name
            files.add(name, text)
            return EvidenceIndex.Judgement(at: moment, authorities: name)
        }

        /// Adds the authorities in force, and of each the newest list.
        mutating func addAuthorities() throws {
            let trust = community.trust
            var bundle = AuthorityBundle()
            bundle.intermediates = trust.intermediates
            bundle.revocationLists = (trust.anchors + trust.intermediates).compactMap {
                trust.newestList(of: $0, at: now)
            }
            files.add(EvidenceFiles.anchors, Array(trust.anchors.map(\.pem).joined().utf8))
            files.add(EvidenceFiles.chain, Array(try bundle.pem.utf8))
        }

        /// All files, with the text that explains them, the index and the digests.
        func finished(_ index: EvidenceIndex) throws -> EvidenceFiles {
            var (files, index) = (files, index)
            let (verdict, trusts) = EvidenceVerification.signatures(in: files, index: index)
            let text = EvidenceReadme(index: index, verdict: verdict, trusts: trusts, files: files).text
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
