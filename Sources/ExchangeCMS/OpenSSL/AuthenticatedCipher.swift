internal import COpenSSL

/// AES-256-GCM over bytes in memory (NIST SP 800-38D), with a 12-byte nonce and a 16-byte tag after the ciphertext.
struct AuthenticatedCipher: Sendable {
    static let keyBytes = 32
    static let nonceBytes = 12
    static let tagBytes = 16

    private let key: [UInt8]

    /// - Parameter key: exactly 32 bytes.
    init(key: [UInt8]) {
        precondition(key.count == Self.keyBytes, "AES-256 has keys of 32 bytes")
        self.key = key
    }

    /// - Parameter nonce: exactly 12 bytes, never used twice with this key.
    func seal(_ plaintext: [UInt8], nonce: [UInt8]) throws(CMSError) -> [UInt8] {
        let context = try initialised(nonce: nonce, encrypts: true)
        var output = [UInt8](repeating: 0, count: plaintext.count + Self.tagBytes)
        var count: Int32 = 0
        var final: Int32 = 0
        var tag = [UInt8](repeating: 0, count: Self.tagBytes)
        guard unsafe EVP_EncryptUpdate(context.pointer, &output, &count, plaintext, Int32(plaintext.count)) == 1,
            // GCM writes nothing at the end; the tag's place takes what it would.
            unsafe EVP_EncryptFinal_ex(context.pointer, &tag, &final) == 1,
            Int(count) == plaintext.count, final == 0,
            unsafe shim_EVP_CIPHER_CTX_get_tag(context.pointer, Int32(tag.count), &tag) == 1
        else { throw CMSError(.cryptographicLibrary, "bytes could not be encrypted") }
        output.replaceSubrange(plaintext.count..., with: tag)
        return output
    }

    /// - Returns: the plaintext, or `nil` where the tag is wrong; nothing of it is released then.
    func open(_ sealed: [UInt8], nonce: [UInt8]) throws(CMSError) -> [UInt8]? {
        guard sealed.count >= Self.tagBytes else { return nil }
        let context = try initialised(nonce: nonce, encrypts: false)
        let ciphertext = Array(sealed.dropLast(Self.tagBytes))
        var output = [UInt8](repeating: 0, count: ciphertext.count + Self.tagBytes)
        var count: Int32 = 0
        var final: Int32 = 0
        guard unsafe EVP_DecryptUpdate(context.pointer, &output, &count, ciphertext, Int32(ciphertext.count)) == 1,
            unsafe shim_EVP_CIPHER_CTX_set_tag(
                context.pointer, Int32(Self.tagBytes), Array(sealed.suffix(Self.tagBytes))) == 1
        else { throw CMSError(.cryptographicLibrary, "bytes could not be decrypted") }
        var rest = [UInt8](repeating: 0, count: Self.tagBytes)
        guard unsafe EVP_DecryptFinal_ex(context.pointer, &rest, &final) == 1 else {
            _ = ErrorQueue.drain()
            return nil
        }
        return Array(output.prefix(Int(count)))
    }

    private func initialised(nonce: [UInt8], encrypts: Bool) throws(CMSError) -> Owned<CipherContextObject> {
        precondition(nonce.count == Self.nonceBytes, "the nonce has 12 bytes")
        let context = unsafe try Owned<CipherContextObject>(
            EVP_CIPHER_CTX_new(), .cryptographicLibrary, "no memory for a cipher")
        guard
            unsafe EVP_CipherInit_ex(context.pointer, EVP_aes_256_gcm(), nil, key, nonce, encrypts ? 1 : 0) == 1
        else { throw CMSError(.cryptographicLibrary, "AES-256-GCM could not be started") }
        return context
    }
}
