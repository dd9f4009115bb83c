import ExchangeCore
import Foundation
package import SignalExchange

/// One node of the ``ExampleCommunity``: its organisation, folder, port, process and local API.
package struct NodeHandle: Sendable {
    package let member: ExamplePKI.Member
    package let folder: NodeFolder
    package let process: NodeProcess
    package let api: NodeAPI
    private let holder: PortHolder

    package var port: Int { holder.port }

    init(
        member: ExamplePKI.Member, folder: NodeFolder, holder: PortHolder, executable: URL, arguments: [String]
    ) {
        self.member = member
        self.folder = folder
        self.holder = holder
        process = NodeProcess(executable: executable, folder: folder, arguments: arguments)
        api = NodeAPI(socketPath: folder.file("node.sock"))
    }

    /// Makes the folder as `exchange-node init` does, and puts into it what an operator gets from the authorities.
    ///
    /// - Parameter sections: of `node.yaml`, added to those that `init` writes.
    func makeFolder(algorithm: ExamplePKI.Algorithm, pki: ExamplePKI, sections: String = "") async throws {
        let plan = try FolderMaker.Plan(
            oin: member.oin.text, name: member.name, host: PortHolder.host, port: port, usesRSA: algorithm == .rsa3072)
        try await FolderMaker(folder: folder, plan: plan).make()
        for (use, purpose) in [
            (NodeFolder.KeyUse.signing, ExamplePKI.Purpose.signing), (.agreement, .agreement), (.tls, .tls),
        ] {
            try Task.checkCancellation()
            try pki.sign(
                request: URL(filePath: folder.certificateRequest(use)), for: purpose,
                into: URL(filePath: folder.certificate(use)))
        }
        for (source, target) in [
            (pki.root.certificate, folder.anchors), (pki.issuing.certificate, folder.intermediates),
            (pki.directorySigner.certificate, folder.directorySigner),
        ] {
            try FileManager.default.copyItem(at: source, to: URL(filePath: target))
        }
        try takeLists(of: pki)
        guard !sections.isEmpty else { return }
        let text = try folder.readText(folder.configuration)
        try NodeFolder.write(Array((text + sections).utf8), to: folder.configuration)
    }

    /// Puts the authorities' revocation lists of now into the folder, as a job that fetches them would.
    func takeLists(of pki: ExamplePKI) throws {
        for (list, name) in [(pki.rootRevocationList, "root.crl"), (pki.issuingRevocationList, "issuing.crl")] {
            try NodeFolder.write(Array(Data(contentsOf: list)), to: folder.revocationLists + "/" + name)
        }
    }

    /// Sets the node's clock ahead of the machine's; takes effect at the next start.
    func setClock(ahead span: Milliseconds) throws {
        let lines = try folder.readText(folder.configuration).split(separator: "\n", omittingEmptySubsequences: false)
            .filter { $0 != "trial:" && !$0.hasPrefix("  clockAhead:") }
        let text = lines.joined(separator: "\n") + "trial:\n  clockAhead: \(span.count / 1000)s\n"
        try NodeFolder.write(Array(text.utf8), to: folder.configuration)
    }
}
