internal import COpenSSL
internal import SwiftASN1

/// Bytes into OpenSSL and out of it.
extension Owned where Object == BIOObject {
    /// A memory BIO that OpenSSL writes to.
    static func sink() throws(CMSError) -> Owned<BIOObject> {
        unsafe try Owned(BIO_new(BIO_s_mem()), .cryptographicLibrary, "no memory for an output buffer")
    }

    /// A memory BIO with a copy of the bytes: a BIO over Swift's own storage would have to live inside a closure.
    static func source(_ bytes: [UInt8]) throws(CMSError) -> Owned<BIOObject> {
        let bio = try sink()
        guard unsafe bytes.isEmpty || BIO_write(bio.pointer, bytes, Int32(clamping: bytes.count)) == bytes.count else {
            throw CMSError(.cryptographicLibrary, "no memory for an input buffer of \(bytes.count) bytes")
        }
        return bio
    }

    /// All that was written so far.
    var bytes: [UInt8] {
        var start: UnsafePointer<UInt8>?
        let count = unsafe shim_BIO_get_mem_data(pointer, &start)
        return unsafe Array(UnsafeBufferPointer(start: start, count: max(0, count)))
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// The bytes of an ASN.1 string, which stays the property of its owner.
func bytes(of string: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
    guard let string = unsafe string else { return [] }
    return unsafe Array(
        UnsafeBufferPointer(start: ASN1_STRING_get0_data(string), count: Int(max(0, ASN1_STRING_length(string)))))
}

/// Runs one of OpenSSL's `i2d` functions, which allocates, and takes the bytes.
func encoded(_ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) -> Int32) throws(CMSError) -> [UInt8] {
    var start: UnsafeMutablePointer<UInt8>?
    let count = unsafe encode(&start)
    defer { unsafe CRYPTO_free(start, #fileID, #line) }
    guard count > 0, let start = unsafe start else {
        throw CMSError(.cryptographicLibrary, "OpenSSL could not encode its own structure")
    }
    return unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
}

/// Runs one of OpenSSL's `d2i` functions and demands that it used all bytes.
func decoded(
    _ bytes: [UInt8], _ decode: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> OpaquePointer?
) -> (pointer: OpaquePointer?, usedAllBytes: Bool) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
        var start = buffer.baseAddress
        let pointer = unsafe decode(&start, buffer.count)
        return unsafe (pointer, start == buffer.baseAddress.map { unsafe $0 + buffer.count })
    }
}

extension Owned where Object == ASN1ObjectObject {
    static func object(_ identifier: ASN1ObjectIdentifier) throws(CMSError) -> Owned<ASN1ObjectObject> {
        unsafe try Owned(
            OBJ_txt2obj(identifier.description, 1), .cryptographicLibrary, "no memory for an object identifier")
    }
}
