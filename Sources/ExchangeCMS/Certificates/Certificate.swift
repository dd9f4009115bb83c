internal import COpenSSL
package import ExchangeCore

/// An X.509 certificate (RFC 5280), read and with the fields that this system uses. That it was read says nothing
/// about trust: see `TrustStore`.
///
/// `@unchecked Sendable`: it is the one owner of an `X509`, sets nothing in it after `init`, and `init` has OpenSSL
/// compute what it would otherwise compute lazily.
package final class Certificate: @unchecked Sendable {
    static let pemLabel = "CERTIFICATE"

    let handle: Owned<X509Object>
    /// The certificate as it was issued.
    package let der: [UInt8]
    /// The subject, for display and logs only.
    package let subject: String
    /// From `subject.serialNumber` (Digikoppeling PKI001); `nil` where it is missing, doubled or not an OIN.
    package let oin: OIN?
    /// The organisation's name in the subject, for display; `nil` where it is missing, doubled or not readable.
    package let organisationName: String?
    package let subjectKeyIdentifier: [UInt8]
    package let sha256Fingerprint: Digest
    package let notBefore: Timestamp
    package let notAfter: Timestamp
    package let keyKind: KeyKind
    package let keyUsage: KeyUsage
    /// Subject and issuer are the same name: an anchor, or nothing to trust.
    package let isSelfIssued: Bool
    package let isAuthority: Bool
    /// dNSName entries of subjectAltName, as they stand there.
    package let dnsNames: [String]

    /// - Throws: `certificateUnusable` for anything that is not exactly one certificate within the limits.
    package init(der: [UInt8]) throws(CMSError) {
        guard der.count <= CMSLimits.certificateBytes else {
            throw CMSError(
                .certificateUnusable,
                "the certificate has \(der.count) bytes; "
                    + "the limit is \(CMSLimits.certificateBytes)")
        }
        let result = unsafe decoded(der) { start, count in unsafe d2i_X509(nil, start, count) }
        let handle = unsafe try Owned<X509Object>(
            result.pointer, .certificateUnusable, "these bytes are not a certificate")
        guard unsafe result.usedAllBytes else {
            throw CMSError(.certificateUnusable, "bytes follow after the certificate")
        }
        // Computes and caches the extensions, and fails where one of them is malformed.
        guard unsafe X509_check_purpose(handle.pointer, -1, 0) == 1 else {
            throw CMSError(.certificateUnusable, "an extension of the certificate cannot be read")
        }
        self.der = der
        sha256Fingerprint = sha256(der)
        let fields = CertificateFields(handle)
        subject = fields.subject
        oin = fields.oin
        organisationName = fields.organisationName
        dnsNames = fields.dnsNames
        keyUsage = fields.keyUsage
        isSelfIssued = fields.isSelfIssued
        isAuthority = fields.isAuthority
        guard let identifier = fields.subjectKeyIdentifier else {
            throw CMSError(
                .certificateUnusable,
                "the certificate of \(subject) has no subjectKeyIdentifier; "
                    + "messages name keys by it (RFC 5280 §4.2.1.2)")
        }
        subjectKeyIdentifier = identifier
        guard let notBefore = fields.notBefore, let notAfter = fields.notAfter else {
            throw CMSError(.certificateUnusable, "the validity of the certificate of \(subject) cannot be read")
        }
        self.notBefore = notBefore
        self.notAfter = notAfter
        keyKind = fields.keyKind
        self.handle = handle
    }

    /// - Parameter pem: text with exactly one `CERTIFICATE` block.
    package convenience init(pem: String) throws(CMSError) {
        let all = try Self.certificateBlocks(pem)
        guard all.count == 1 else {
            throw CMSError(.certificateUnusable, "one PEM certificate was expected and there are \(all.count)")
        }
        try self.init(der: all[0])
    }

    /// Reads all `CERTIFICATE` blocks, such as those of a file with a chain.
    package static func all(pem: String) throws(CMSError) -> [Certificate] {
        var certificates: [Certificate] = []
        for der in try certificateBlocks(pem) { certificates.append(try Certificate(der: der)) }
        return certificates
    }

    private static func certificateBlocks(_ pem: String) throws(CMSError) -> [[UInt8]] {
        try PEM.blocks(pem, labelled: pemLabel, orElse: .certificateUnusable)
    }

    /// PEM text (RFC 7468), as files and the `openssl` command take it.
    package var pem: String { PEM.text(der, label: Self.pemLabel) }

    /// Whether the extended key usage names exactly this purpose. A certificate without the extension has no purpose
    /// here, and `anyExtendedKeyUsage` does not count: both would make each certificate good for everything.
    func names(purpose: String) -> Bool {
        unsafe shim_X509_has_extended_key_usage(handle.pointer, purpose) == 1
    }

    /// As `names(purpose:)`, for an authority: it may lack the extension or name any purpose (RFC 5280 §4.2.1.12).
    func permits(purpose: String) -> Bool {
        let found = unsafe shim_X509_has_extended_key_usage(handle.pointer, purpose)
        return unsafe found == 1
            || X509_get_ext_by_NID(handle.pointer, NID_ext_key_usage, -1) < 0
            || shim_X509_has_extended_key_usage(handle.pointer, "2.5.29.37.0") == 1
    }
}

extension Certificate: Hashable {
    package static func == (left: Certificate, right: Certificate) -> Bool {
        left.sha256Fingerprint == right.sha256Fingerprint
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(sha256Fingerprint) }
}

/// The key of a certificate.
package enum KeyKind: Hashable, Sendable {
    case p256
    case rsa(bits: Int)
    /// Any other; nothing is sealed to it and nothing signed by it is accepted.
    case other

    /// Whether this profile uses such a key (`protocol.md` §2.2).
    package var isAllowed: Bool {
        switch self {
        case .p256: true
        case .rsa(let bits): CMSLimits.rsaBits.contains(bits)
        case .other: false
        }
    }
}

/// The bits of keyUsage (RFC 5280 §4.2.1.3) that this system looks at. Without the extension none is set: the RFC
/// would then allow all uses, this profile none.
package struct KeyUsage: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let digitalSignature = KeyUsage(rawValue: 0x0080)
    package static let keyEncipherment = KeyUsage(rawValue: 0x0020)
    package static let keyAgreement = KeyUsage(rawValue: 0x0008)
    package static let crlSign = KeyUsage(rawValue: 0x0002)
}
