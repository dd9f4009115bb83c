import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore

/// Verifies the signed files of a folder of evidence, each twice: by the authorities and lists of the export, which decides,
/// and by those of when the exporting node took it, which is shown.
///
/// The second changes no verdict, for whoever made the folder says when that was; but it shows what a later list takes away,
/// and what a later one cannot tell any more.
struct SignatureJudge {
    /// What was found so far.
    struct Findings {
        var faults: [EvidenceVerdict.Finding] = []
        var notes: [EvidenceVerdict.Finding] = []
        /// The signed files that hold by the lists of the export.
        var held: Set<String> = []
        /// The signed files that held by the authorities and lists of then.
        var heldThen: Set<String> = []
    }

    /// A signature that holds, of something else than it is shown for.
    struct Mismatch: Error {
        let code: String
        let words: String
    }

    private let files: EvidenceFiles
    private let exportedAt: Timestamp
    private let anchors: [Certificate]
    private let anchorsAreFromElsewhere: Bool
    private let trust: TrustStore?
    /// By the file with the lists; `nil` for one that cannot be used, which is told once.
    private(set) var trusts: [String: TrustStore?] = [:]
    /// Files that do not hold for what their signer's certificate is worth, and whose that is.
    private var lapsed: [String: OIN] = [:]
    private var missing: Set<String> = []
    private(set) var findings = Findings()

    /// - Parameter elsewhere: authorities that count in the place of those in the folder.
    init(_ files: EvidenceFiles, at exportedAt: Timestamp, anchors elsewhere: [Certificate]?) {
        self.files = files
        self.exportedAt = exportedAt
        anchorsAreFromElsewhere = elsewhere != nil
        var findings = Findings()
        func read<Value>(_ name: String, _ parse: (String) throws -> Value) -> Value? {
            guard let bytes = files[name] else {
                findings.faults.append(Self.missing(name))
                return nil
            }
            do { return try parse(String(decoding: bytes, as: UTF8.self)) } catch {
                findings.faults.append(Self.finding(name, error))
                return nil
            }
        }
        let own = read(EvidenceFiles.anchors) { try Certificate.all(pem: $0) }
        let chain = read(EvidenceFiles.chain) { try AuthorityBundle(pem: $0) }
        anchors = elsewhere ?? own ?? []
        var trust: TrustStore?
        if let chain, own != nil {
            do {
                trust = try TrustStore(
                    anchors: anchors, intermediates: chain.intermediates, revocationLists: chain.revocationLists)
            } catch { findings.faults.append(Self.finding(EvidenceFiles.anchors, error)) }
        }
        self.trust = trust
        trusts[EvidenceFiles.chain] = .some(trust)
        self.findings = findings
    }

    var hasAuthorities: Bool { trust != nil }

    /// Whether a file of this signer does not hold by the lists of the export, for what its certificate is worth.
    func isLapsed(_ file: String, of signer: OIN) -> Bool { lapsed[file] == signer }

    /// Takes such a fault for a note: something else stands in the place of the file.
    mutating func excuse(_ file: String) {
        for fault in findings.faults where fault.file == file {
            note(
                file, EvidenceVerification.Code.receiptLapsed,
                "its signer's key holds no more, and it was signed anew: \(fault.detail)")
        }
        findings.faults.removeAll { $0.file == file }
    }

    /// What is verified of a signed file; `nil`, and a fault, where it does not hold by the lists of the export.
    ///
    /// - Parameters:
    ///   - certificate: the file of its signer's.
    ///   - verify: verifies it, and all that ties it to what it is shown for.
    mutating func verified<Value>(
        _ file: String, by certificate: String?, _ judgement: EvidenceIndex.Judgement?,
        _ verify: (VerificationContext) throws -> Value
    ) -> Value? {
        let signer = certificate.flatMap { read(certificate: $0) }
        func attempt(_ trust: TrustStore, at moment: Timestamp) -> Result<Value, any Error> {
            let context = VerificationContext(trust: trust, now: moment) { identifier in
                signer?.subjectKeyIdentifier == identifier ? signer : nil
            }
            do { return .success(try verify(context)) } catch { return .failure(error) }
        }
        guard let trust else { return nil }
        let now = attempt(trust, at: exportedAt)
        if case .failure(let error) = now {
            fault(file, error)
            if (error as? CMSError)?.code.isOfSigner == true { lapsed[file] = signer?.oin }
        } else {
            findings.held.insert(file)
        }
        if let judgement, judgement.at <= exportedAt, let then = self.trust(then: judgement.authorities) {
            tell(file, judgement, now: now.map { _ in }, then: attempt(then, at: judgement.at).map { _ in })
        }
        return try? now.get()
    }

    private mutating func tell(
        _ file: String, _ judgement: EvidenceIndex.Judgement, now: Result<Void, any Error>,
        then: Result<Void, any Error>
    ) {
        switch (now, then) {
        case (.success, .success): findings.heldThen.insert(file)
        case (.failure(let error), .success):
            findings.heldThen.insert(file)
            note(
                file, EvidenceVerification.Code.heldThen,
                "by \(judgement.authorities) it held at \(judgement.at), when the exporting node took it; since then: "
                    + Self.words(error))
        case (.success, .failure(let error)):
            note(
                file, EvidenceVerification.Code.notHeldThen,
                "by \(judgement.authorities) it is not shown that it held at \(judgement.at), when the exporting node took "
                    + "it: \(Self.words(error))")
        case (.failure, .failure): break
        }
    }

    // MARK: Files

    /// A file that the index names; what is not here is told once.
    mutating func bytes(of name: String) -> [UInt8]? {
        if let bytes = files[name] { return bytes }
        if missing.insert(name).inserted { findings.faults.append(Self.missing(name)) }
        return nil
    }

    private mutating func read(certificate name: String) -> Certificate? {
        guard let bytes = bytes(of: name) else { return nil }
        do {
            return try Certificate(pem: String(decoding: bytes, as: UTF8.self))
        } catch {
            if !findings.faults.contains(where: { $0.file == name }) { fault(name, error) }
            return nil
        }
    }

    private mutating func trust(then name: String) -> TrustStore? {
        if let known = trusts[name] { return known }
        var trust: TrustStore?
        if let bytes = bytes(of: name) {
            do {
                let bundle = try AuthorityBundle(pem: String(decoding: bytes, as: UTF8.self))
                trust = try TrustStore(
                    anchors: anchorsAreFromElsewhere ? anchors : anchors + bundle.roots,
                    intermediates: bundle.intermediates, revocationLists: bundle.revocationLists)
            } catch {
                // It decides nothing, and spoils nothing.
                note(
                    name, EvidenceVerification.Code.notHeldThen,
                    "it shows nothing of then, for it cannot be used: \(Self.words(error))")
            }
        }
        trusts[name] = .some(trust)
        return trust
    }

    // MARK: Telling

    /// Takes what was found of the files before, so that nothing is told twice.
    mutating func take(_ faults: [EvidenceVerdict.Finding]) {
        missing.formUnion(
            (faults + findings.faults).filter { $0.code == EvidenceVerification.Code.fileMissing }.map(\.file))
        let told = Set(faults.map(\.file))
        findings.faults = faults + findings.faults.filter { !told.contains($0.file) }
    }

    mutating func fault(_ file: String, _ error: any Error) { findings.faults.append(Self.finding(file, error)) }

    mutating func fault(_ file: String, _ code: String, _ detail: String) {
        findings.faults.append(.init(file: file, code: code, detail: detail))
    }

    private mutating func note(_ file: String, _ code: String, _ detail: String) {
        findings.notes.append(.init(file: file, code: code, detail: detail))
    }

    private static func missing(_ name: String) -> EvidenceVerdict.Finding {
        .init(
            file: name, code: EvidenceVerification.Code.fileMissing,
            detail: "it is needed, and it is not here or not among the files of the index")
    }

    private static func finding(_ file: String, _ error: any Error) -> EvidenceVerdict.Finding {
        let code =
            switch error {
            case let error as CMSError: error.code.rawValue
            case let error as ContentError: error.code.rawValue
            case let error as Mismatch: error.code
            default: EvidenceVerification.Code.malformed
            }
        return .init(file: file, code: code, detail: words(error))
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as CMSError: error.message
        case let error as Mismatch: error.words
        default: "\(error)"
        }
    }
}

extension CMSErrorCode {
    /// Whether a signature is not taken for who made it, whatever the bytes are like.
    fileprivate var isOfSigner: Bool {
        switch self {
        case .signerUntrusted, .signerUnknown, .signerCertificateMismatch: true
        default: false
        }
    }
}
