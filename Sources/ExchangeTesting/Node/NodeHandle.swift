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
    func makeFolder(algorithm: ExamplePKI.Algorithm, pki: ExamplePKI) async throws {
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
            (pki.rootRevocationList, folder.revocationLists + "/root.crl"),
            (pki.issuingRevocationList, folder.revocationLists + "/issuing.crl"),
        ] {
            try FileManager.default.copyItem(at: source, to: URL(filePath: target))
        }
    }
}
