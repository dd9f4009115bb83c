import ExchangeCMS
import ExchangeCore
import Foundation

/// The files of a node's folder that say whom it believes, as commands add to them. What is there is never taken away:
/// that is for a person.
struct AuthorityFiles {
    private let folder: NodeFolder

    init(_ folder: NodeFolder) { self.folder = folder }

    /// The revocation lists in `crl/`.
    ///
    /// - Throws: ``NodeError`` where one cannot be used: an older list could take the place of one that was not seen, and
    ///   with it a revocation would be taken back.
    var lists: [RevocationList] {
        get throws(NodeError) {
            guard FileManager.default.fileExists(atPath: folder.revocationLists) else { return [] }
            let (lists, problems) = TrustFiles.lists(of: folder)
            if let problem = problems.first { throw problem }
            return lists
        }
    }

    var anchors: [Certificate] {
        get throws(NodeError) { try certificates(in: folder.anchors) }
    }

    var intermediates: [Certificate] {
        get throws(NodeError) { try certificates(in: folder.intermediates) }
    }

    func unknownAnchors(among anchors: [Certificate]) throws(NodeError) -> [Certificate] {
        let known = try certificates(in: folder.anchors)
        return anchors.filter { !known.contains($0) }
    }

    func addAnchors(_ anchors: [Certificate]) throws(NodeError) { try add(anchors, to: folder.anchors) }

    func addIntermediates(_ certificates: [Certificate]) throws(NodeError) {
        try add(certificates, to: folder.intermediates)
    }

    /// Puts each list into `crl/` that is newer than all that are there of its authority. An older one is no help, and
    /// could take a revocation back.
    ///
    /// - Returns: the authorities whose lists were put there.
    func installNewer(_ lists: [RevocationList], of authorities: [Certificate]) throws(NodeError) -> [String] {
        let present = try self.lists
        var installed: [String] = []
        for list in lists {
            guard let issuer = authorities.first(where: { list.isSigned(by: $0) }),
                !present.contains(where: { $0.thisUpdate >= list.thisUpdate && $0.isSigned(by: issuer) })
            else { continue }
            do {
                // One file for each authority, whoever brought it.
                let name = "issuer-\(issuer.sha256Fingerprint.description.prefix(16)).crl"
                try NodeFolder.write(Array(try list.pem.utf8), to: folder.revocationLists + "/" + name)
            } catch let error as NodeError {
                throw error
            } catch {
                throw NodeError(.internalFault, "a revocation list could not be written", cause: "\(error)")
            }
            installed.append(issuer.subject)
        }
        return installed
    }

    private func certificates(in path: String) throws(NodeError) -> [Certificate] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        do {
            return try Certificate.all(pem: try folder.readText(path))
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(
                .certificateUnusable, "\(path) cannot be used; put a good one in its place", cause: "\(error)")
        }
    }

    /// Makes the file also where there is nothing to add: a node wants both to be there.
    private func add(_ certificates: [Certificate], to path: String) throws(NodeError) {
        let present = try self.certificates(in: path)
        let fresh = certificates.filter { !present.contains($0) }
        guard !fresh.isEmpty || !FileManager.default.fileExists(atPath: path) else { return }
        var text = FileManager.default.fileExists(atPath: path) ? try folder.readText(path) : ""
        if let last = text.last, last != "\n" { text += "\n" }
        text += fresh.map(\.pem).joined()
        try NodeFolder.write(Array(text.utf8), to: path)
    }
}
