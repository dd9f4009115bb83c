import ExchangeCore
internal import SwiftASN1

/// Strict DER (X.690 §10, §11) within limits: one encoding for one value, so that nobody between can respell what was
/// checked here before OpenSSL, a lenient reader of BER, sees it.
enum StrictDER {
    /// Parses one value that fills all bytes.
    ///
    /// - Throws: `tooLarge` beyond the limits, `malformed` for anything that is not DER.
    static func parse(_ bytes: [UInt8], bytesLimit: Int) throws(CMSError) -> ASN1Node {
        guard bytes.count <= bytesLimit else {
            throw CMSError(.tooLarge, "there are \(bytes.count) bytes; the limit is \(bytesLimit)")
        }
        try checkBounds(of: bytes)
        do { return try DER.parse(bytes) } catch {
            throw CMSError(.malformed, "the bytes are not DER: \(error)")
        }
    }

    /// Counts levels and parts over the headers, so that the parser, which keeps a node for each part, is only shown
    /// what is within the limits.
    private static func checkBounds(of bytes: [UInt8]) throws(CMSError) {
        let bounds = DERBounds(maximumNodes: CMSLimits.derNodes, maximumDepth: CMSLimits.derLevels)
        do {
            try bounds.check(bytes)
        } catch {
            switch error {
            case .nodes: throw CMSError(.tooLarge, "the structure has more than \(CMSLimits.derNodes) parts")
            case .levels:
                throw CMSError(.tooLarge, "the structure is nested deeper than \(CMSLimits.derLevels) levels")
            case .header(let offset):
                throw CMSError(.malformed, "the bytes are not DER, or end too early, at offset \(offset)")
            }
        }
    }
}

/// The children of one constructed node, taken in order. What is not taken is an error: `end()` is never left out.
struct DERElements {
    private var remaining: ASN1NodeCollection.Iterator
    private var ahead: ASN1Node?
    private let name: String

    init(of node: ASN1Node, _ name: String) throws(CMSError) { try self.init(of: node, .sequence, name) }

    init(of node: ASN1Node, _ identifier: ASN1Identifier, _ name: String) throws(CMSError) {
        guard node.identifier == identifier, case .constructed(let children) = node.content else {
            throw CMSError(.malformed, "\(name) is not the constructed value that it must be")
        }
        remaining = children.makeIterator()
        ahead = remaining.next()
        self.name = name
    }

    mutating func next(_ part: String) throws(CMSError) -> ASN1Node {
        guard let node = ahead else { throw CMSError(.malformed, "\(name) ends before \(part)") }
        ahead = remaining.next()
        return node
    }

    mutating func next(ifTagged identifier: ASN1Identifier) -> ASN1Node? {
        guard let node = ahead, node.identifier == identifier else { return nil }
        ahead = remaining.next()
        return node
    }

    /// - Parameter code: what it means where something is left.
    func end(orElse code: CMSErrorCode = .malformed) throws(CMSError) {
        guard let node = ahead else { return }
        throw CMSError(code, "\(name) holds a part with tag \(node.identifier) that the profile does not have")
    }

    /// The rest, for `SET OF` and `SEQUENCE OF`.
    mutating func rest(limit: Int) throws(CMSError) -> [ASN1Node] {
        var nodes: [ASN1Node] = []
        while let node = ahead {
            guard nodes.count < limit else {
                throw CMSError(.tooLarge, "\(name) has more than \(limit) elements")
            }
            nodes.append(node)
            ahead = remaining.next()
        }
        return nodes
    }

    /// Exactly one element.
    mutating func only(orElse code: CMSErrorCode) throws(CMSError) -> ASN1Node {
        guard let node = ahead else { throw CMSError(code, "\(name) is empty") }
        ahead = remaining.next()
        guard ahead == nil else { throw CMSError(code, "\(name) has more than one element") }
        return node
    }
}

extension ASN1Identifier {
    static func context(_ number: UInt) -> ASN1Identifier {
        ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
    }
}

extension ASN1Node {
    func primitive(_ identifier: ASN1Identifier, _ name: String) throws(CMSError) -> ArraySlice<UInt8> {
        guard self.identifier == identifier, case .primitive(let bytes) = content else {
            throw CMSError(.malformed, "\(name) is not the primitive value that it must be")
        }
        return bytes
    }

    func octets(_ name: String, count: Int) throws(CMSError) -> [UInt8] {
        let bytes = try primitive(.octetString, name)
        guard bytes.count == count else {
            throw CMSError(.malformed, "\(name) has \(bytes.count) bytes instead of \(count)")
        }
        return Array(bytes)
    }

    func objectIdentifier(_ name: String) throws(CMSError) -> ASN1ObjectIdentifier {
        do { return try ASN1ObjectIdentifier(derEncoded: self) } catch {
            throw CMSError(.malformed, "\(name) is not an object identifier")
        }
    }

    /// Versions and small parameters have one byte.
    func demandInteger(_ value: UInt8, _ name: String, orElse code: CMSErrorCode = .malformed) throws(CMSError) {
        guard try Array(primitive(.integer, name)) == [value] else {
            throw CMSError(code, "\(name) must be \(value)")
        }
    }

    func demandNull(_ name: String) throws(CMSError) {
        guard try primitive(.null, name).isEmpty else { throw CMSError(.malformed, "\(name) is not an empty NULL") }
    }

    /// The one value within an explicit tag.
    func inside(_ identifier: ASN1Identifier, _ name: String) throws(CMSError) -> ASN1Node {
        var elements = try DERElements(of: self, identifier, name)
        return try elements.only(orElse: .malformed)
    }
}
