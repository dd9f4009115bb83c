import ExchangeCMS
import ExchangeCore
import Foundation
import SignalExchange

/// Issues the example community's directory, as the body that keeps it would.
struct DirectoryIssuer: Sendable {
    private let signer: DirectorySigner

    /// - Throws: `CMSError` where certificate and key of the PKI's directory signer cannot be used.
    init(_ pki: ExamplePKI) throws {
        signer = try DirectorySigner(
            certificate: Certificate(pem: String(contentsOf: pki.directorySigner.certificate, encoding: .utf8)),
            privateKeyPEM: String(contentsOf: pki.directorySigner.key, encoding: .utf8))
    }

    /// - Parameter ports: where each of the nodes is called.
    /// - Returns: the signed directory, as it lies in a node's folder.
    func issue(_ nodes: [NodeHandle], at ports: [Int], version: Int64) throws -> [UInt8] {
        let now = Timestamp.current
        let directory = Directory(
            version: version, issued: now, members: try zip(nodes, ports).map { try Self.member($0, port: $1) })
        return try SignedStatement.sign(
            DirectoryDocument.encode(directory), directoryBy: signer, at: now)
    }

    private static func member(_ node: NodeHandle, port: Int) throws -> Member {
        func certificate(_ use: NodeFolder.KeyUse) throws -> [Certificate] {
            [try Certificate(pem: node.folder.readText(node.folder.certificate(use)))]
        }
        let member = node.member
        return Member(
            oin: member.oin, name: member.name, roles: [member.role],
            endpoint: Endpoint(host: PortHolder.host, port: port),
            certificates: MemberCertificates(
                signing: try certificate(.signing), agreement: try certificate(.agreement), tls: try certificate(.tls)),
            dutyContact: DutyContact(name: "duty desk of \(member.name)", phone: "+31600000000"))
    }
}
