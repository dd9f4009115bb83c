import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import Foundation

/// The JSON form of a ``Directory``, which the community signs (`protocol.md` §14.1).
package enum DirectoryDocument {
    static let limits = JSONLimits(byteCount: ProtocolLimits.directoryMaximumBytes, depth: 8)

    package static func encode(_ directory: Directory) throws -> [UInt8] {
        var document = JSONObject()
        document["version"] = .integer(directory.version)
        document["issued"] = .string(directory.issued.description)
        document["members"] = .array(directory.members.map(encode))
        for (name, value) in AgreementsDocument.members(of: directory.agreements) { document[name] = value }
        return try JSONWriter.write(.object(document), limits: limits)
    }

    static func encode(_ member: Member) -> JSONValue {
        func list(_ certificates: [Certificate]) -> JSONValue {
            .array(certificates.map { .string(Data($0.der).base64EncodedString()) })
        }
        return [
            "oin": .string(member.oin.text),
            "name": .string(member.name),
            "roles": .array(member.roles.map { .string($0.rawValue) }),
            "endpoint": ["host": .string(member.endpoint.host), "port": .integer(Int64(member.endpoint.port))],
            "certificates": [
                "signing": list(member.certificates.signing),
                "agreement": list(member.certificates.agreement),
                "tls": list(member.certificates.tls),
            ],
            "dutyContact": ["name": .string(member.dutyContact.name), "phone": .string(member.dutyContact.phone)],
        ]
    }

    package static func decode(_ bytes: [UInt8]) throws(NodeError) -> Directory {
        do {
            return try decode(JSONParser.parse(bytes, limits: limits))
        } catch {
            throw NodeError(.directoryInvalid, "the directory's document is not of its form: \(error)")
        }
    }

    private static func decode(_ document: JSONValue) throws -> Directory {
        let reader = try ObjectReader(
            document, at: .document, members: ["version", "issued", "members"] + AgreementsDocument.names)
        let directory = Directory(
            version: try reader.integer("version", in: 1...JSONValue.integerRange.upperBound),
            issued: try reader.parsed("issued", form: "a time in UTC") { Timestamp($0) },
            members: try reader.elements("members", count: 1...ProtocolLimits.directoryMaximumMembers).enumerated()
                .map { index, value in try member(value, at: reader.path.member("members").element(index)) },
            agreements: try AgreementsDocument.read(reader))
        let oins = directory.members.map(\.oin)
        guard Set(oins).count == oins.count else { throw reader.invalid("members", "name each organisation once") }
        // A real case must not reach a test organisation, nor a made-up one real people (`protocol.md` §2.1).
        guard Set(oins.map(\.isTest)).count == 1 else {
            throw reader.invalid("members", "test organisations (00000099…) and others do not stand in one directory")
        }
        // A signature names its key by identifier alone: with two it would not say whose it is.
        let keys = directory.members.flatMap { $0.certificates.signing.map(\.subjectKeyIdentifier) }
        guard Set(keys).count == keys.count else {
            throw reader.invalid("members", "two signing certificates have one key identifier; list each key once")
        }
        return directory
    }

    static func member(_ value: JSONValue, at path: FieldPath) throws -> Member {
        let reader = try ObjectReader(
            value, at: path, members: ["oin", "name", "roles", "endpoint", "certificates", "dutyContact"])
        let oin = try reader.parsed("oin", form: "an OIN") { OIN($0) }
        let roles = try reader.elements("roles", count: 1...Role.allCases.count).enumerated().map { index, value in
            let path = reader.path.member("roles").element(index)
            guard let role = Role(rawValue: try ObjectReader.text(value, at: path)) else {
                throw reader.invalid("roles", "use one of \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return role
        }
        let endpoint = try ObjectReader(
            try reader.required("endpoint"), at: reader.path.member("endpoint"), members: ["host", "port"])
        let certificates = try ObjectReader(
            try reader.required("certificates"), at: reader.path.member("certificates"),
            members: ["signing", "agreement", "tls"])
        let contact = try ObjectReader(
            try reader.required("dutyContact"), at: reader.path.member("dutyContact"), members: ["name", "phone"])
        return Member(
            oin: oin, name: try text("name", of: reader), roles: roles,
            endpoint: Endpoint(
                host: try text("host", of: endpoint), port: Int(try endpoint.integer("port", in: 1...65_535))),
            certificates: MemberCertificates(
                signing: try list("signing", of: certificates, for: oin),
                agreement: try list("agreement", of: certificates, for: oin),
                tls: try list("tls", of: certificates, for: oin)),
            dutyContact: DutyContact(name: try text("name", of: contact), phone: try text("phone", of: contact)))
    }

    /// It is shown to people, in tables, logs and alarms.
    private static func text(_ name: String, of reader: ObjectReader) throws -> String {
        try reader.parsed(name, form: "text without control characters") { $0.hasControlCharacters ? nil : $0 }
    }

    private static func list(_ name: String, of reader: ObjectReader, for oin: OIN) throws -> [Certificate] {
        try reader.elements(name, count: 1...4).enumerated().map { index, value in
            let path = reader.path.member(name).element(index)
            guard let der = Data(base64Encoded: try ObjectReader.text(value, at: path)) else {
                throw reader.invalid(name, "put a certificate's DER in base64 here")
            }
            let certificate = try Certificate(der: Array(der))
            // A directory that names another's certificate would let that other speak for this member.
            guard certificate.oin == oin else { throw reader.invalid(name, "the certificate is not of \(oin)") }
            return certificate
        }
    }
}
