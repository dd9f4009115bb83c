internal import COpenSSL
internal import ExchangeCore

/// What `Certificate` reads from OpenSSL's structure, in Swift's types.
struct CertificateFields {
    let subject: String
    let oin: OIN?
    let organisationName: String?
    let subjectKeyIdentifier: [UInt8]?
    let notBefore: Timestamp?
    let notAfter: Timestamp?
    let keyKind: KeyKind
    let keyUsage: KeyUsage
    let isSelfIssued: Bool
    let isAuthority: Bool
    let dnsNames: [String]

    init(_ certificate: borrowing Owned<X509Object>) {
        let pointer = unsafe certificate.pointer
        subject = unsafe Self.text(of: X509_get_subject_name(pointer))
        oin = unsafe Self.only(NID_serialNumber, in: X509_get_subject_name(pointer)).flatMap { OIN($0) }
        organisationName = unsafe Self.only(NID_organizationName, in: X509_get_subject_name(pointer))
        let identifier = unsafe X509_get0_subject_key_id(pointer)
        subjectKeyIdentifier = unsafe identifier.map { unsafe bytes(of: $0) }
        notBefore = unsafe timestamp(of: X509_get0_notBefore(pointer))
        notAfter = unsafe timestamp(of: X509_get0_notAfter(pointer))
        keyKind = unsafe Self.kind(of: X509_get0_pubkey(pointer))
        let usage = unsafe X509_get_key_usage(pointer)
        keyUsage = usage == UInt32.max ? [] : KeyUsage(rawValue: usage)
        isSelfIssued = unsafe X509_NAME_cmp(X509_get_subject_name(pointer), X509_get_issuer_name(pointer)) == 0
        isAuthority = unsafe X509_check_ca(pointer) == 1
        dnsNames = unsafe Self.dnsNames(of: pointer)
    }

    private static func text(of name: OpaquePointer?) -> String {
        guard let sink = try? Owned<BIOObject>.sink(),
            unsafe X509_NAME_print_ex(sink.pointer, name, 0, shim_X509_NAME_readable()) >= 0
        else { return "" }
        return sink.text
    }

    /// The attribute where there is exactly one: of two, another reader might take the other.
    private static func only(_ attribute: Int32, in name: OpaquePointer?) -> String? {
        let first = unsafe X509_NAME_get_index_by_NID(name, attribute, -1)
        guard first >= 0, unsafe X509_NAME_get_index_by_NID(name, attribute, first) < 0 else { return nil }
        let value = unsafe bytes(of: X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, first)))
        return String(decoding: value, as: UTF8.self)
    }

    private static func kind(of key: OpaquePointer?) -> KeyKind {
        guard let key = unsafe key else { return .other }
        switch unsafe EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA:
            return .rsa(bits: Int(unsafe EVP_PKEY_get_bits(key)))
        case EVP_PKEY_EC:
            var name = [CChar](repeating: 0, count: 32)
            var count = 0
            guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else { return .other }
            let text = String(decoding: name.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return text == "prime256v1" ? .p256 : .other
        default:
            return .other
        }
    }

    private static func dnsNames(of certificate: OpaquePointer) -> [String] {
        guard let names = unsafe shim_X509_subject_alternative_names(certificate) else { return [] }
        defer { unsafe GENERAL_NAMES_free(names) }
        return unsafe (0..<shim_GENERAL_NAMES_count(names)).compactMap { index in
            unsafe shim_GENERAL_NAMES_dns_at(names, index).map { unsafe String(decoding: bytes(of: $0), as: UTF8.self) }
        }
    }
}

/// An ASN.1 time in whole seconds; `nil` where it is not one.
func timestamp(of time: UnsafePointer<ASN1_TIME>?) -> Timestamp? {
    var parts = unsafe tm()
    guard unsafe time != nil, unsafe ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
    func padded(_ number: Int32, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return unsafe Timestamp(
        padded(parts.tm_year + 1900, 4) + "-" + padded(parts.tm_mon + 1, 2) + "-" + padded(parts.tm_mday, 2) + "T"
            + padded(parts.tm_hour, 2) + ":" + padded(parts.tm_min, 2) + ":" + padded(parts.tm_sec, 2) + ".000Z")
}
