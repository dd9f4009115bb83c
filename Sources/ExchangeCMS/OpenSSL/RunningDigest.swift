internal import COpenSSL
internal import ExchangeCore

/// SHA-256 over bytes that come in parts.
struct RunningDigest: ~Copyable {
    private let context: Owned<DigestContextObject>

    init() throws(CMSError) {
        let context = unsafe try Owned<DigestContextObject>(
            EVP_MD_CTX_new(), .cryptographicLibrary, "no memory for a digest")
        guard unsafe EVP_DigestInit_ex(context.pointer, EVP_sha256(), nil) == 1 else {
            throw CMSError(.cryptographicLibrary, "SHA-256 could not be started")
        }
        self.context = context
    }

    mutating func update(_ bytes: [UInt8]) throws(CMSError) {
        guard unsafe EVP_DigestUpdate(context.pointer, bytes, bytes.count) == 1 else {
            throw CMSError(.cryptographicLibrary, "SHA-256 failed")
        }
    }

    consuming func finish() throws(CMSError) -> Digest {
        var value = [UInt8](repeating: 0, count: Digest.byteCount)
        var count: UInt32 = 0
        guard unsafe EVP_DigestFinal_ex(context.pointer, &value, &count) == 1, let digest = Digest(value) else {
            throw CMSError(.cryptographicLibrary, "SHA-256 failed")
        }
        return digest
    }
}
