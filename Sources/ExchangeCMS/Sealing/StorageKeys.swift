internal import COpenSSL
internal import ExchangeCore

/// The key under which a case's content lies in the store (AES-256). Erasing it erases the case.
package struct CaseStorageKey: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// Sixteen random bytes that name the key in the envelopes it opens; not secret.
    package let identifier: [UInt8]
    let key: [UInt8]

    /// A fresh key with a fresh name.
    package init() {
        identifier = randomBytes(count: RecipientInfo.storageKeyIdentifierBytes)
        key = randomBytes(count: ArchiveKey.byteCount)
    }

    fileprivate init(identifier: [UInt8], key: [UInt8]) {
        self.identifier = identifier
        self.key = key
    }

    package var description: String { "CaseStorageKey \(identifier.hexadecimal)" }
    /// Keeps the key out of `dump` and of test failures.
    package var customMirror: Mirror { Mirror(self, children: ["identifier": identifier]) }
}

/// The organisation's key that wraps the storage keys of its cases (AES-256). It is rotated: what an older one wrapped
/// is unwrapped with that and wrapped again.
package struct ArchiveKey: Sendable, CustomStringConvertible, CustomReflectable {
    package static let byteCount = 32
    private let key: [UInt8]

    /// - Parameter bytes: exactly 32, from `randomBytes` or from the file that holds them.
    package init(_ bytes: [UInt8]) throws(CMSError) {
        guard bytes.count == Self.byteCount else {
            throw CMSError(.keyUnusable, "an archive key has \(Self.byteCount) bytes, this one \(bytes.count)")
        }
        key = bytes
    }

    package var description: String { "ArchiveKey" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Wraps name and key together (RFC 3394), so that no row's key can be put into the place of another's.
    /// - Returns: 56 bytes.
    package func wrap(_ storageKey: CaseStorageKey) throws(CMSError) -> [UInt8] {
        try transform(storageKey.identifier + storageKey.key, wraps: true)
    }

    /// - Parameter identifier: the name that the store has for the key.
    /// - Throws: `storageKeyWrong` where another archive key wrapped it, it is damaged, or it is another case's.
    package func unwrap(_ wrapped: [UInt8], identifier: [UInt8]) throws(CMSError) -> CaseStorageKey {
        let plain = try transform(wrapped, wraps: false)
        let split = RecipientInfo.storageKeyIdentifierBytes
        guard plain.count == split + Self.byteCount, Array(plain.prefix(split)) == identifier else {
            throw CMSError(.storageKeyWrong, "the wrapped storage key is not the one named \(identifier.hexadecimal)")
        }
        return CaseStorageKey(identifier: identifier, key: Array(plain.dropFirst(split)))
    }

    /// What shows later that a key is this one: a storage key that nothing is sealed under, with a name of zeros, wrapped
    /// as every other. It is kept beside its name, as a case's key is.
    package func makeCheck() throws(CMSError) -> [UInt8] {
        let name = [UInt8](repeating: 0, count: RecipientInfo.storageKeyIdentifierBytes)
        return name + (try wrap(CaseStorageKey(identifier: name, key: randomBytes(count: Self.byteCount))))
    }

    /// Opens a name and the storage key that was wrapped with it, of a check or of a case.
    ///
    /// - Throws: `storageKeyWrong` where another archive key wrapped it, or it is damaged.
    package func open(_ kept: [UInt8]) throws(CMSError) -> CaseStorageKey {
        let split = RecipientInfo.storageKeyIdentifierBytes
        return try unwrap(Array(kept.dropFirst(split)), identifier: Array(kept.prefix(split)))
    }

    private func transform(_ input: [UInt8], wraps: Bool) throws(CMSError) -> [UInt8] {
        let context = unsafe try Owned<CipherContextObject>(
            EVP_CIPHER_CTX_new(), .cryptographicLibrary, "no memory for a cipher")
        unsafe EVP_CIPHER_CTX_set_flags(context.pointer, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW)
        var output = [UInt8](repeating: 0, count: input.count + 16)
        var count: Int32 = 0
        guard
            unsafe EVP_CipherInit_ex(context.pointer, EVP_aes_256_wrap(), nil, key, nil, wraps ? 1 : 0) == 1,
            unsafe EVP_CipherUpdate(context.pointer, &output, &count, input, Int32(input.count)) == 1, count > 0
        else {
            throw CMSError(.storageKeyWrong, "the archive key does not \(wraps ? "wrap" : "open") this storage key")
        }
        return Array(output.prefix(Int(count)))
    }
}
