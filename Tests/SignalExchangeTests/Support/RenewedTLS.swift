import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

/// A new TLS key of a member with its certificate, not yet in place.
struct RenewedTLS {
    let der: [UInt8]
    private let folder: NodeFolder
    private let key: [UInt8]
    private let certificate: [UInt8]

    init(of node: NodeHandle, from pki: ExamplePKI) throws {
        let name = "renewed-\(UInt32.random(in: .min ... .max))"
        let (request, issued) = (
            pki.folder.appending(path: name + ".csr"), pki.folder.appending(path: name + ".crt")
        )
        let key = try KeyGeneration.privateKeyPEM(.p256)
        let csr = try KeyGeneration.certificateRequestPEM(
            privateKeyPEM: key, organisation: node.member.name, oin: node.oin, commonName: "\(node.oin) tls",
            use: .tls(dnsName: node.oin.tlsName))
        try Data(csr.utf8).write(to: request)
        try pki.sign(request: request, for: .tls, into: issued)
        folder = node.folder
        self.key = Array(key.utf8)
        certificate = Array(try Data(contentsOf: issued))
        der = try Certificate(pem: String(decoding: certificate, as: UTF8.self)).der
    }

    func installKey() throws { try NodeFolder.write(key, to: folder.key(.tls), isSecret: true) }
    func installCertificate() throws { try NodeFolder.write(certificate, to: folder.certificate(.tls)) }

    /// Certificates and key as files, for a server that presents them.
    func identity(in community: ExampleCommunity) throws -> (certificates: [URL], key: URL) {
        let place = community.folder.appending(path: "identity-\(UInt32.random(in: .min ... .max))")
        let (certificate, key) = (place.appendingPathExtension("crt"), place.appendingPathExtension("key"))
        try Data(self.certificate).write(to: certificate)
        try Data(self.key).write(to: key)
        return ([certificate, URL(filePath: folder.intermediates)], key)
    }

    func install() throws {
        try installKey()
        try installCertificate()
    }
}

extension NodeHandle {
    func renewTLS(of pki: ExamplePKI) throws -> RenewedTLS { try RenewedTLS(of: self, from: pki) }
}
