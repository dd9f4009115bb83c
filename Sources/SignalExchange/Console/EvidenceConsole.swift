import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import OrderedCollections

/// What `evidence export` and `evidence verify` do and print.
package struct EvidenceConsole: Sendable {
    private let printsJSON: Bool

    package init(printsJSON: Bool) { self.printsJSON = printsJSON }

    /// Has the running node collect its evidence of a message, and writes the folder.
    ///
    /// - Throws: ``NodeError`` `folder-not-empty` before the node is asked, `message-unknown`, `file-unreadable`.
    package func export(_ id: String, to path: String, from client: LocalClient) async throws {
        let folder = EvidenceFolder(path)
        try folder.demandFree()
        let files = try EvidenceFiles(json: try await client.get("/v1/messages/\(id)/evidence"))
        try folder.write(files)
        if printsJSON {
            line(["message": .string(id), "folder": .string(folder.path), "files": .integer(Int64(files.count))])
        } else {
            print(
                "\(folder.path) is made, with \(files.count) files. It holds the CLEAR CONTENT of a message about a "
                    + "child.")
            print("\(folder.path)/README.txt says how a third party verifies it.")
        }
    }

    /// Verifies a folder of evidence, without a node and without a network.
    ///
    /// - Parameter anchorsFile: root certificates in PEM that did not come with the folder.
    /// - Throws: ``NodeError`` `evidence-not-verified` where something does not verify, after everything was printed;
    ///   `file-missing`, `file-unreadable` and `certificate-unusable` where folder or anchors cannot be read.
    package func verify(_ path: String, anchorsFile: String?) throws {
        let folder = EvidenceFolder(path)
        let anchors = try anchorsFile.map { try (path: $0, certificates: Self.anchors(at: $0)) }
        let (files, index) = try folder.read()
        var verdict = EvidenceVerification.verify(files, index: index, anchors: anchors, now: .current)
        for name in folder.strangers(beside: index) {
            verdict.notes.append(
                .init(file: name, code: "not-in-index", detail: "it is no part of the evidence: nothing is said of it"))
        }
        printsJSON ? verdict.lines.forEach(line) : show(verdict)
        guard verdict.holds else {
            let names = OrderedSet(verdict.faults.map(\.file))
            throw NodeError(
                .evidenceNotVerified,
                "\(names.joined(separator: ", ")) \(names.count == 1 ? "does" : "do") not verify; rely on nothing that rests "
                    + "on \(names.count == 1 ? "it" : "them")")
        }
    }

    private static func anchors(at path: String) throws(NodeError) -> [Certificate] {
        let bytes = try BoundedFile.read(
            path, as: "root certificates in PEM", maximumBytes: TrustFiles.listFileMaximumBytes,
            orElse: .certificateUnusable)
        do {
            let anchors = try Certificate.all(pem: String(decoding: bytes, as: UTF8.self))
            // Only what a node would take for an authority of its own.
            _ = try TrustStore(anchors: anchors, intermediates: [], revocationLists: [])
            return anchors
        } catch {
            throw NodeError(
                .certificateUnusable, "\(path) is no file of root certificates in PEM; get the authorities' roots",
                cause: "\(error)")
        }
    }

    private func show(_ verdict: EvidenceVerdict) {
        print("MESSAGE \(verdict.messageID)")
        print("DIGEST  \(verdict.digest)\n")
        var table = TextTable(["ACT", "OIN", "ROLE", "SIGNED AT", "WHAT", "FILE"])
        for statement in verdict.statements {
            let isOther = statement.messageID != verdict.messageID
            let detail = [statement.detail, isOther ? "acknowledgement \(statement.messageID)" : ""]
                .filter { !$0.isEmpty }.joined(separator: "; ")
            table.add([
                statement.act == .open ? "OPEN" : statement.act.rawValue, statement.party.oin.text,
                statement.party.role.rawValue, statement.at?.description ?? "-", detail.isEmpty ? "-" : detail,
                statement.file ?? "-",
            ])
        }
        print(table.text + "\n")
        for note in verdict.notes { print("note: \(note.file): \(note.detail)".escapingControls()) }
        for fault in verdict.faults {
            print("DOES NOT VERIFY: \(fault.file): \(fault.code): \(fault.detail)".escapingControls())
        }
        print("Certificates were judged by the folder's revocation lists as of \(verdict.judgedAt).")
        print(
            "Of \(verdict.signedCount) signed files \(verdict.held.count) hold. By the lists of when the exporting node took "
                + "them, as it says, \(verdict.heldThen.count) held.")
        switch verdict.anchors {
        case .folder:
            print(
                "The authorities are the folder's own: they prove nothing about who issued the certificates. Get the roots "
                    + "elsewhere and give --anchors FILE.")
        case .file(let path): print("The authorities are those of \(path), and not the folder's.".escapingControls())
        }
        if verdict.holds { print("All of it verifies.") }
    }

    private func line(_ value: JSONValue) {
        guard let bytes = try? JSONWriter.write(value, limits: .localAnswer) else {
            preconditionFailure("what was verified can be written as JSON")
        }
        print(String(decoding: bytes, as: UTF8.self))
    }
}
