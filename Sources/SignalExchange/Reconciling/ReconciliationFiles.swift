import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import Foundation

/// A signed report of a pair as it lies in the node's folder.
struct KeptReport: Sendable {
    let signed: [UInt8]
    let path: String

    /// What was signed, and how it goes over the API: with the signed bytes in base64 (RFC 4648 §4).
    func json() throws -> JSONValue {
        let document = try SignedStatement.unverifiedPayload(signed, kind: .reconciliation)
        return [
            "report": try JSONParser.parse(document, limits: PairReport.limits),
            "digest": .string(sha256(signed).description), "file": .string(path),
            "signed": .string(Data(signed).base64EncodedString()),
        ]
    }
}

/// The reports of pairs in a node's folder, the newest of each partner.
package struct ReconciliationFiles: Sendable {
    /// Kept of each partner; those before are removed. The audit log has the digest of each that ever was.
    static let keptMaximumReports = 100
    private static let suffix = ".cms"

    private let folder: NodeFolder

    package init(_ folder: NodeFolder) { self.folder = folder }

    /// - Returns: where it lies, on the disk.
    /// - Throws: ``NodeError`` `file-unreadable`.
    func keep(_ signed: [UInt8], digest: Digest, of partner: OIN, at: Timestamp) throws(NodeError) -> String {
        let place = folder.reconciliations(with: partner)
        do {
            try FileManager.default.createDirectory(
                atPath: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw NodeError(
                .fileUnreadable, "\(place) cannot be made; check owner, rights and free space", cause: "\(error)")
        }
        // Sorted by name they are in their order; two of one moment are told apart by what they say.
        let moment = at.description.replacing(":", with: "-")
        let path = "\(place)/\(moment)-\(digest.description.prefix(8))\(Self.suffix)"
        try NodeFolder.write(signed, to: path, isSecret: true)
        return path
    }

    /// - Throws: ``NodeError`` `file-unreadable`.
    func removeOldest(of partner: OIN) throws(NodeError) {
        for name in try names(of: partner).dropLast(Self.keptMaximumReports) {
            let path = folder.reconciliations(with: partner) + "/" + name
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                throw NodeError(.fileUnreadable, "\(path) cannot be removed; check owner and rights", cause: "\(error)")
            }
        }
    }

    /// - Returns: `nil` where none was made.
    /// - Throws: ``NodeError`` `file-unreadable`.
    func newest(of partner: OIN) throws(NodeError) -> KeptReport? {
        guard let name = try names(of: partner).last else { return nil }
        let path = folder.reconciliations(with: partner) + "/" + name
        let signed = try BoundedFile.read(
            path, as: "a report of a pair",
            maximumBytes: CMSLimits.reconciliationBytes + CMSLimits.signatureOverheadBytes, orElse: .fileUnreadable)
        return KeptReport(signed: signed, path: path)
    }

    /// In the order in which they were made; none where there is no folder for them yet.
    private func names(of partner: OIN) throws(NodeError) -> [String] {
        let place = folder.reconciliations(with: partner)
        guard FileManager.default.fileExists(atPath: place) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: place).filter { $0.hasSuffix(Self.suffix) }
                .sorted()
        } catch {
            throw NodeError(
                .fileUnreadable, "\(place) cannot be looked into; check owner and rights", cause: "\(error)")
        }
    }
}
