internal import ExchangeCore
internal import SwiftASN1

/// What a certificate is asked to be good for. Each purpose demands an extended key usage: there is none that means
/// "any", because an unset or universal purpose is how a TLS certificate comes to sign messages.
package enum CertificatePurpose: Hashable, Sendable, CaseIterable {
    /// Signs messages, manifests, receipts, refusals and tallies.
    case signing
    /// Receives the keys of envelopes.
    case keyAgreement
    /// Client and server of the connections between nodes.
    case tls
    /// Signs the directory.
    case directory

    /// The extended key usages that a certificate must name, all of them.
    var extendedKeyUsages: [String] {
        switch self {
        case .signing, .keyAgreement: ["1.3.6.1.5.5.7.3.4"]  // emailProtection
        case .tls: ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]  // serverAuth, clientAuth
        case .directory: [ExchangeArc.directorySigner.description]
        }
    }

    /// The key usage that a certificate with such a key must name (RFC 5480 §3, RFC 4055 §1.2).
    func keyUsage(for key: KeyKind) -> KeyUsage {
        switch (self, key) {
        case (.keyAgreement, .rsa): .keyEncipherment
        case (.keyAgreement, _): .keyAgreement
        case (.signing, _), (.tls, _), (.directory, _): .digitalSignature
        }
    }

    /// The signer of the directory is the community, not one of the organisations in it.
    var demandsOIN: Bool { self != .directory }
}
