package import SwiftASN1

/// Why bytes from a partner are not what the ASN.1 module of `protocol.md` (annex A) says.
package struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: String, Hashable, Sendable {
        case tooLarge = "request-too-large"
        case malformed = "request-malformed"
        case versionNotSupported = "version-not-supported"
    }

    package let reason: Reason
    package let detail: String

    package init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    package var description: String { "\(reason.rawValue): \(detail)" }
}

/// One structure of the ASN.1 module: strict DER both ways, bounded before it is parsed.
package protocol WireStructure: DERParseable, DERSerializable, Sendable {
    static var maximumBytes: Int { get }
    /// How many values the largest lawful structure has, itself included (`protocol.md`, annex A).
    static var maximumNodes: Int { get }
}

extension WireStructure {
    /// - Throws: ``WireError`` where the bytes are too many, or not the one DER encoding of this structure.
    package init(wireBytes bytes: [UInt8]) throws(WireError) {
        guard bytes.count <= Self.maximumBytes else {
            throw WireError(.tooLarge, "\(Self.self): \(bytes.count) bytes, at most \(Self.maximumBytes)")
        }
        do {
            try DERBounds(maximumNodes: Self.maximumNodes, maximumDepth: wireMaximumDepth).check(bytes)
        } catch {
            throw WireError(.malformed, "\(Self.self): \(Self.detail(of: error))")
        }
        do {
            self = try Self(derEncoded: bytes)
        } catch let error as WireError {
            throw error
        } catch {
            throw WireError(.malformed, "\(Self.self): \(error)")
        }
    }

    private static func detail(of excess: DERBounds.Excess) -> String {
        switch excess {
        case .nodes: "more than the \(maximumNodes) values that it can have"
        case .levels: "nested deeper than the \(wireMaximumDepth) levels that a structure can have"
        case .header(let offset): "no DER, or an end that comes too early, at offset \(offset)"
        }
    }

    package var wireBytes: [UInt8] {
        var serializer = DER.Serializer()
        do {
            try serializer.serialize(self)
        } catch {
            preconditionFailure("a structure of our own does not encode: \(error)")
        }
        return serializer.serializedBytes
    }
}

/// The version of every structure on the wire; another is refused, never guessed at (`protocol.md` §12).
package let wireVersion = 1

/// The deepest value of the ASN.1 module is the number that an item of a manifest replaces (`protocol.md`, annex A).
package let wireMaximumDepth = 6

/// Reads the fields of one SEQUENCE in order, into the model's types.
struct FieldReader {
    private var nodes: ASN1NodeCollection.Iterator

    init(_ nodes: ASN1NodeCollection.Iterator) { self.nodes = nodes }

    /// Reads all fields of the SEQUENCE `node`; what is left over is an error of `DER.sequence`.
    static func read<Value>(
        _ node: ASN1Node, _ body: (inout FieldReader) throws -> Value
    ) throws -> Value {
        try DER.sequence(node, identifier: .sequence) { nodes in
            var reader = FieldReader(nodes)
            let value = try body(&reader)
            nodes = reader.nodes
            return value
        }
    }

    mutating func version() throws {
        let version = try Int(derEncoded: &nodes)
        guard version == wireVersion else {
            throw WireError(.versionNotSupported, "version \(version); this node speaks \(wireVersion)")
        }
    }

    mutating func integer() throws -> Int { try Int(derEncoded: &nodes) }
    mutating func unsigned() throws -> UInt64 { try UInt64(derEncoded: &nodes) }

    mutating func number() throws -> SequenceNumber {
        let value = try unsigned()
        guard value <= ProtocolLimits.sequenceNumberMaximum else { throw malformed("a number over 2^63 - 1") }
        return SequenceNumber(value)
    }

    mutating func boolean() throws -> Bool { try Bool(derEncoded: &nodes) }

    mutating func timestamp() throws -> Timestamp {
        let milliseconds = try Int64(derEncoded: &nodes)
        // Year 9999: beyond it the text form of RFC 3339 has no spelling.
        guard (0...253_402_300_799_999).contains(milliseconds) else { throw malformed("time out of range") }
        return Timestamp(milliseconds: milliseconds)
    }

    mutating func octets(atMost maximumBytes: Int) throws -> [UInt8] {
        let bytes = Array(try ASN1OctetString(derEncoded: &nodes).bytes)
        guard bytes.count <= maximumBytes else { throw malformed("\(bytes.count) bytes, at most \(maximumBytes)") }
        return bytes
    }

    mutating func oin() throws -> OIN {
        let text = String(try ASN1PrintableString(derEncoded: &nodes))
        guard let oin = OIN(text) else { throw malformed("not an OIN") }
        return oin
    }

    mutating func digest() throws -> Digest {
        guard let digest = Digest(try octets(atMost: Digest.byteCount)) else { throw malformed("not a SHA-256 value") }
        return digest
    }

    mutating func identifier<ID: UniqueIdentifier>(_ type: ID.Type) throws -> ID {
        guard let identifier = ID(bytes: try octets(atMost: 16)) else { throw malformed("not a \(ID.self)") }
        return identifier
    }

    mutating func text(atMost maximumBytes: Int = ProtocolLimits.detailMaximumBytes) throws -> String {
        let bytes = try ASN1UTF8String(derEncoded: &nodes).bytes
        guard bytes.count <= maximumBytes else { throw malformed("text over \(maximumBytes) bytes") }
        // Refused rather than repaired: a repaired text would not be the one that was signed.
        guard let text = String(validating: bytes, as: UTF8.self) else { throw malformed("text that is not UTF-8") }
        guard !text.hasControlCharacters else { throw malformed("text with a control character") }
        return text
    }

    mutating func structure<Value: DERParseable>(_ type: Value.Type) throws -> Value {
        try Value(derEncoded: &nodes)
    }

    mutating func list<Value: DERParseable>(of type: Value.Type, atMost maximumItems: Int) throws -> [Value] {
        let values = try DER.sequence(of: type, identifier: .sequence, nodes: &nodes)
        guard values.count <= maximumItems else { throw malformed("\(values.count) items, at most \(maximumItems)") }
        return values
    }

    /// A field under an EXPLICIT context tag, where present.
    mutating func optional<Value>(tag: UInt, _ body: (inout FieldReader) throws -> Value) throws -> Value? {
        try DER.optionalExplicitlyTagged(&nodes, tagNumber: tag, tagClass: .contextSpecific) { node in
            try FieldReader.read(node, body)
        }
    }

    func malformed(_ detail: String) -> WireError { WireError(.malformed, detail) }
}

/// Writes the fields of one SEQUENCE in order.
struct FieldWriter {
    private var coder: DER.Serializer

    static func write(
        into coder: inout DER.Serializer, as identifier: ASN1Identifier = .sequence,
        _ body: (inout FieldWriter) throws -> Void
    ) throws {
        try coder.appendConstructedNode(identifier: identifier) { inner in
            var writer = FieldWriter(coder: inner)
            try body(&writer)
            inner = writer.coder
        }
    }

    mutating func version() throws { try coder.serialize(wireVersion) }
    mutating func integer(_ value: Int) throws { try coder.serialize(value) }
    mutating func unsigned(_ value: UInt64) throws { try coder.serialize(value) }
    mutating func number(_ value: SequenceNumber) throws { try coder.serialize(value.value) }
    mutating func boolean(_ value: Bool) throws { try coder.serialize(value) }
    mutating func timestamp(_ value: Timestamp) throws { try coder.serialize(value.milliseconds) }
    mutating func octets(_ bytes: [UInt8]) throws { try coder.serialize(ASN1OctetString(contentBytes: bytes[...])) }
    mutating func oin(_ value: OIN) throws { try coder.serialize(ASN1PrintableString(value.text)) }
    mutating func digest(_ value: Digest) throws { try octets(value.bytes) }
    mutating func identifier(_ value: some UniqueIdentifier) throws { try octets(value.bytes) }
    /// A text longer than its limit is cut at a character, and its control characters become spaces: a detail may quote
    /// a partner's field names or a library's words, and one that may not be read would make the whole answer unreadable.
    mutating func text(_ value: String, atMost maximumBytes: Int = ProtocolLimits.detailMaximumBytes) throws {
        var kept = value.withoutControlCharacters
        while kept.utf8.count > maximumBytes { kept.removeLast() }
        try coder.serialize(ASN1UTF8String(kept))
    }

    mutating func structure(_ value: some DERSerializable) throws { try coder.serialize(value) }
    mutating func list(_ values: [some DERSerializable]) throws { try coder.serializeSequenceOf(values) }

    mutating func optional<Value>(
        _ value: Value?, tag: UInt, _ body: (inout FieldWriter, Value) throws -> Void
    ) throws {
        guard let value else { return }
        try coder.serialize(explicitlyTaggedWithTagNumber: tag, tagClass: .contextSpecific) { inner in
            try FieldWriter.write(into: &inner) { try body(&$0, value) }
        }
    }
}
