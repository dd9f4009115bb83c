internal import COpenSSL

/// A kind of OpenSSL object and the call that gives it back.
protocol OwnedObject {
    static func release(_ pointer: OpaquePointer)
}

/// The one owner of an OpenSSL object: released exactly once, at the end of the scope that holds it.
///
/// The kind is a type parameter because OpenSSL's pointers are all one type in Swift, and a certificate handed over as
/// a key would be memory corruption instead of an error.
///
/// `@safe`: whoever holds one may pass it on without thought. Its `pointer` stays unsafe, and must not outlive it.
@safe struct Owned<Object: OwnedObject>: ~Copyable {
    let pointer: OpaquePointer

    /// - Parameter pointer: what an OpenSSL constructor returned; `nil` is its failure.
    init(_ pointer: OpaquePointer?, _ code: CMSErrorCode, _ message: String) throws(CMSError) {
        guard let pointer = unsafe pointer else { throw CMSError(code, message) }
        unsafe self.pointer = pointer
    }

    deinit { unsafe Object.release(pointer) }
}

enum X509Object: OwnedObject {
    static func release(_ pointer: OpaquePointer) { unsafe X509_free(pointer) }
}

enum RevocationListObject: OwnedObject {
    static func release(_ pointer: OpaquePointer) { unsafe X509_CRL_free(pointer) }
}

enum CertificateRequestObject: OwnedObject {
    static func release(_ pointer: OpaquePointer) { unsafe X509_REQ_free(pointer) }
}

enum KeyObject: OwnedObject {
    static func release(_ pointer: OpaquePointer) { unsafe EVP_PKEY_free(pointer) }
}

enum CMSObject: OwnedObject {
    static func release(_ pointer: OpaquePointer) { unsafe CMS_ContentInfo_free(pointer) }
}

enum BIOObject: OwnedObject {
    static func release(_ pointer: OpaquePointer) { unsafe BIO_free_all(pointer) }
}

enum ASN1ObjectObject: OwnedObject {
    static func release(_ pointer: OpaquePointer) { unsafe ASN1_OBJECT_free(pointer) }
}

enum CipherContextObject: OwnedObject {
    static func release(_ pointer: OpaquePointer) { unsafe EVP_CIPHER_CTX_free(pointer) }
}

enum DigestContextObject: OwnedObject {
    static func release(_ pointer: OpaquePointer) { unsafe EVP_MD_CTX_free(pointer) }
}

enum StoreObject: OwnedObject {
    static func release(_ pointer: OpaquePointer) { unsafe X509_STORE_free(pointer) }
}

enum StoreContextObject: OwnedObject {
    static func release(_ pointer: OpaquePointer) { unsafe X509_STORE_CTX_free(pointer) }
}

/// A stack that owns itself and not the certificates in it: those belong to `Certificate`.
enum CertificateStackObject: OwnedObject {
    static func release(_ pointer: OpaquePointer) { unsafe shim_X509_stack_free(pointer) }
}
