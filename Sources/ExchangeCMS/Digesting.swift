internal import COpenSSL
package import ExchangeCore

/// SHA-256 (FIPS 180-4) of the bytes.
package func sha256(_ bytes: [UInt8]) -> Digest {
    var value = [UInt8](repeating: 0, count: Digest.byteCount)
    var count: UInt32 = 0
    let done = unsafe EVP_Digest(bytes, bytes.count, &value, &count, EVP_sha256(), nil)
    guard done == 1, let digest = Digest(value) else {
        preconditionFailure("OpenSSL has no SHA-256: its configuration disables the default provider")
    }
    return digest
}

/// Random bytes from the generator of OpenSSL, seeded by the operating system.
package func randomBytes(count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard unsafe RAND_bytes(&bytes, Int32(count)) == 1 else {
        preconditionFailure("the operating system gives no randomness; without it nothing may be sealed")
    }
    return bytes
}
