/// Authorities and their revocation lists in one PEM text (RFC 7468), as the `openssl` command takes them.
package struct AuthorityBundle: Sendable {
    /// Self-issued ones; whether they are believed is for the reader to say.
    package var roots: [Certificate] = []
    package var intermediates: [Certificate] = []
    package var revocationLists: [RevocationList] = []

    package init() {}

    /// - Throws: `certificateUnusable` or `revocationListUnusable`, also for a block that is neither.
    package init(pem: String) throws(CMSError) {
        for (label, der) in try PEM.blocks(pem, orElse: .certificateUnusable) {
            switch label {
            case Certificate.pemLabel:
                let certificate = try Certificate(der: der)
                if certificate.isSelfIssued { roots.append(certificate) } else { intermediates.append(certificate) }
            case RevocationList.pemLabel: revocationLists.append(try RevocationList(der: der))
            default:
                throw CMSError(
                    .certificateUnusable, "a PEM block \(label) is neither a certificate nor a revocation list")
            }
        }
    }

    package var pem: String {
        get throws(CMSError) {
            var text = (roots + intermediates).map(\.pem).joined()
            for list in revocationLists { text += try list.pem }
            return text
        }
    }
}
