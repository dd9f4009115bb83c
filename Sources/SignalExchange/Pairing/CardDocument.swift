import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import Foundation

/// The JSON form of a ``Card``, which its organisation signs (`protocol.md` §14.2).
enum CardDocument {
    static let limits = JSONLimits(byteCount: ProtocolLimits.cardMaximumBytes, depth: 8)
    /// Of the form; a card of another is refused.
    private static let version: Int64 = 1

    static func encode(_ card: Card) throws -> [UInt8] {
        func list(_ elements: [[UInt8]]) -> JSONValue {
            .array(elements.map { .string(Data($0).base64EncodedString()) })
        }
        let document: JSONValue = [
            "version": .integer(version),
            "issued": .string(card.issued.description),
            "member": DirectoryDocument.encode(card.member),
            "anchors": list(card.anchors.map(\.der)),
            "intermediates": list(card.intermediates.map(\.der)),
            "revocationLists": list(try card.revocationLists.map { try $0.der }),
        ]
        return try JSONWriter.write(document, limits: limits)
    }

    static func decode(_ bytes: [UInt8]) throws -> Card {
        let reader = try ObjectReader(
            JSONParser.parse(bytes, limits: limits), at: .document,
            members: ["version", "issued", "member", "anchors", "intermediates", "revocationLists"])
        _ = try reader.integer("version", in: version...version)
        let maximum = ProtocolLimits.cardMaximumAuthorities
        return Card(
            issued: try reader.parsed("issued", form: "a time in UTC") { Timestamp($0) },
            member: try DirectoryDocument.member(try reader.required("member"), at: FieldPath("member")),
            anchors: try elements("anchors", count: 1...maximum, of: reader) { try Certificate(der: $0) },
            intermediates: try elements("intermediates", count: 0...maximum, of: reader) { try Certificate(der: $0) },
            revocationLists: try elements("revocationLists", count: 0...2 * maximum, of: reader) {
                try RevocationList(der: $0)
            })
    }

    private static func elements<Element>(
        _ name: String, count: ClosedRange<Int>, of reader: ObjectReader, _ make: ([UInt8]) throws -> Element
    ) throws -> [Element] {
        try reader.elements(name, count: count).enumerated().map { index, value in
            let path = reader.path.member(name).element(index)
            guard let der = Data(base64Encoded: try ObjectReader.text(value, at: path)) else {
                throw reader.invalid(name, "put DER in base64 here")
            }
            return try make(Array(der))
        }
    }
}
