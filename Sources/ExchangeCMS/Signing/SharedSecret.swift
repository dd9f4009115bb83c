internal import COpenSSL

/// A secret that two sides hold, with which one shows the other that a text is its own (HMAC-SHA-256, RFC 2104).
package struct SharedSecret: Sendable {
    /// Of HMAC-SHA-256: a shorter secret is easier to guess than the code itself (RFC 2104 §3).
    package static let minimumBytes = 32
    private static let codeBytes = 32

    private let bytes: [UInt8]

    /// Returns `nil` for a secret shorter than ``minimumBytes``.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.minimumBytes else { return nil }
        self.bytes = bytes
    }

    /// The code of a text: 32 bytes.
    package func authenticationCode(of text: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Self.codeBytes)
        var count = 0
        let done = unsafe EVP_Q_mac(
            nil, "HMAC", nil, "SHA256", nil, bytes, bytes.count, text, text.count, &code, code.count, &count)
        guard unsafe done != nil, count == Self.codeBytes else {
            preconditionFailure("OpenSSL has no HMAC with SHA-256: its configuration disables the default provider")
        }
        return code
    }
}
