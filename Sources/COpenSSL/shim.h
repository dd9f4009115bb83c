// What Swift cannot call of OpenSSL: function-like macros, variadic functions and typed stacks. Each shim does exactly
// one OpenSSL call or one loop over a stack, and owns nothing that it does not say it owns.
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

// BIO_get_mem_data is a macro. The bytes belong to the BIO.
static inline long shim_BIO_get_mem_data(BIO *bio, const unsigned char **bytes) {
    char *data = NULL;
    long count = BIO_get_mem_data(bio, &data);
    *bytes = (const unsigned char *)data;
    return count;
}

// EVP_EC_gen and EVP_RSA_gen are macros over a variadic function. The caller owns the key.
static inline EVP_PKEY *shim_EVP_EC_gen_P256(void) { return EVP_EC_gen("P-256"); }
static inline EVP_PKEY *shim_EVP_RSA_gen(unsigned int bits) { return EVP_RSA_gen(bits); }

// Typed stacks. shim_X509_stack_free frees the stack and not the certificates in it.
static inline STACK_OF(X509) *shim_X509_stack_new(void) { return sk_X509_new_null(); }
static inline int shim_X509_stack_push(STACK_OF(X509) *stack, X509 *certificate) {
    return sk_X509_push(stack, certificate);
}
static inline void shim_X509_stack_free(STACK_OF(X509) *stack) { sk_X509_free(stack); }
static inline int shim_X509_stack_count(const STACK_OF(X509) *stack) { return sk_X509_num(stack); }
static inline X509 *shim_X509_stack_at(const STACK_OF(X509) *stack, int index) { return sk_X509_value(stack, index); }

// 1 where the extended key usage names the purpose, 0 where it does not, -1 where there is no such extension or it
// cannot be read.
static inline int shim_X509_has_extended_key_usage(X509 *certificate, const char *purpose) {
    EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    if (usage == NULL) return -1;
    ASN1_OBJECT *wanted = OBJ_txt2obj(purpose, 1);
    int found = 0;
    for (int index = 0; wanted != NULL && index < sk_ASN1_OBJECT_num(usage); index++)
        if (OBJ_cmp(sk_ASN1_OBJECT_value(usage, index), wanted) == 0) found = 1;
    ASN1_OBJECT_free(wanted);
    EXTENDED_KEY_USAGE_free(usage);
    return found;
}

// The subjectAltName of a certificate, NULL where it has none. The caller owns it.
static inline GENERAL_NAMES *shim_X509_subject_alternative_names(X509 *certificate) {
    return X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}
static inline int shim_GENERAL_NAMES_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
// The name at the index where it is a dNSName, NULL otherwise. It belongs to the names.
static inline const ASN1_STRING *shim_GENERAL_NAMES_dns_at(const GENERAL_NAMES *names, int index) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    return name->type == GEN_DNS ? name->d.dNSName : NULL;
}

// The reason code of an entry of a revocation list (RFC 5280 section 5.3.1); -1 where it has none, -2 where the
// extension cannot be read.
static inline long shim_X509_REVOKED_reason(const X509_REVOKED *entry) {
    int critical = 0;
    ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &critical, NULL);
    if (reason == NULL) return critical == -1 ? -1 : -2;
    long value = ASN1_ENUMERATED_get(reason);
    ASN1_ENUMERATED_free(reason);
    return value < 0 ? -2 : value;
}

// The digest that a revocation list is signed with, as an NID; NID_undef where it cannot be told. RSASSA-PSS names it in
// its parameters, and means SHA-1 where it does not.
static inline int shim_X509_CRL_digest(const X509_CRL *list) {
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;
    const void *parameter = NULL;
    int type = V_ASN1_UNDEF, digest = NID_undef;
    X509_CRL_get0_signature(list, NULL, &algorithm);
    X509_ALGOR_get0(&object, &type, &parameter, algorithm);
    if (OBJ_obj2nid(object) != NID_rsassaPss)
        return OBJ_find_sigid_algs(OBJ_obj2nid(object), &digest, NULL) == 1 ? digest : NID_undef;
    RSA_PSS_PARAMS *parameters =
        type == V_ASN1_SEQUENCE ? ASN1_item_unpack(parameter, ASN1_ITEM_rptr(RSA_PSS_PARAMS)) : NULL;
    if (parameters == NULL) return NID_undef;
    digest = parameters->hashAlgorithm == NULL ? NID_sha1 : OBJ_obj2nid(parameters->hashAlgorithm->algorithm);
    RSA_PSS_PARAMS_free(parameters);
    return digest;
}

// 1 where each critical extension of a revocation list and of its entries is one that is looked at here.
static inline int shim_X509_CRL_critical_extensions_known(X509_CRL *list) {
    for (int index = 0; index < X509_CRL_get_ext_count(list); index++) {
        X509_EXTENSION *extension = X509_CRL_get_ext(list, index);
        int kind = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
        if (X509_EXTENSION_get_critical(extension) && kind != NID_authority_key_identifier && kind != NID_crl_number)
            return 0;
    }
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(list);
    for (int entry = 0; entry < sk_X509_REVOKED_num(entries); entry++) {
        const X509_REVOKED *revoked = sk_X509_REVOKED_value(entries, entry);
        for (int index = 0; index < X509_REVOKED_get_ext_count(revoked); index++) {
            X509_EXTENSION *extension = X509_REVOKED_get_ext(revoked, index);
            if (X509_EXTENSION_get_critical(extension)
                && OBJ_obj2nid(X509_EXTENSION_get_object(extension)) != NID_crl_reason)
                return 0;
        }
    }
    return 1;
}

// Adds the extension, such as "DNS:name" for NID_subject_alt_name, to a certificate request.
static inline int shim_X509_REQ_add_extension(X509_REQ *request, int nid, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    if (extension == NULL) return 0;
    STACK_OF(X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null();
    int done = extensions != NULL && sk_X509_EXTENSION_push(extensions, extension) > 0
        && X509_REQ_add_extensions(request, extensions);
    sk_X509_EXTENSION_free(extensions);
    X509_EXTENSION_free(extension);
    return done;
}

// Adds the extension to a certificate that vouches for itself; "hash" for NID_subject_key_identifier is of its own key.
static inline int shim_X509_add_extension(X509 *certificate, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    int done = extension != NULL && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}

// The only signer of a SignedData, NULL where there are none or several. It belongs to the structure.
static inline CMS_SignerInfo *shim_CMS_only_signer(CMS_ContentInfo *signed_data) {
    STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(signed_data);
    return signers != NULL && sk_CMS_SignerInfo_num(signers) == 1 ? sk_CMS_SignerInfo_value(signers, 0) : NULL;
}

// EVP_CIPHER_CTX_ctrl takes an untyped pointer.
static inline int shim_EVP_CIPHER_CTX_get_tag(EVP_CIPHER_CTX *context, int count, unsigned char *tag) {
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, count, tag);
}
static inline int shim_EVP_CIPHER_CTX_set_tag(EVP_CIPHER_CTX *context, int count, const unsigned char *tag) {
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, count, (void *)tag);
}

// Combined flags, whose macros Swift imports with other types than those of the parameters that take them.
static inline unsigned long shim_X509_NAME_readable(void) { return XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB; }
static inline unsigned long shim_X509_verify_without_time(void) {
    return X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_X509_STRICT;
}
#endif
