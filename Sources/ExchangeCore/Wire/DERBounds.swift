/// How many values a DER encoding may have, and how deep they may lie within each other.
///
/// A parser keeps a node for each value, and a value can be as short as two bytes: a batch of 4 MiB could be two million
/// nodes. So the headers alone are walked first, without recursion, and with no memory but one end for each level.
package struct DERBounds: Hashable, Sendable {
    /// What was found first.
    package enum Excess: Error, Hashable, Sendable {
        case nodes
        case levels
        /// A header that no encoding of ours has: a tag above 30, an indefinite length, or one beyond what is around it.
        case header(offset: Int)
    }

    package let maximumNodes: Int
    /// The outermost value is the first level.
    package let maximumDepth: Int

    package init(maximumNodes: Int, maximumDepth: Int) {
        self.maximumNodes = maximumNodes
        self.maximumDepth = maximumDepth
    }

    /// Walks over the headers of all values. What is within the bounds may still be no DER: that is for the parser.
    ///
    /// - Throws: ``Excess``, before anything was allocated for it.
    package func check(_ bytes: [UInt8]) throws(Excess) {
        var position = 0
        var nodes = 0
        /// Where each open constructed value ends.
        var ends: [Int] = []
        while position < bytes.count {
            while let end = ends.last, position >= end { ends.removeLast() }
            nodes += 1
            guard nodes <= maximumNodes else { throw .nodes }
            guard ends.count < maximumDepth else { throw .levels }
            guard let value = Self.value(at: position, in: bytes[..<(ends.last ?? bytes.count)]) else {
                throw .header(offset: position)
            }
            if bytes[position] & 0x20 != 0 {
                ends.append(value.upperBound)
                position = value.lowerBound
            } else {
                position = value.upperBound
            }
        }
    }

    /// Where the content of the value at the position stands.
    private static func value(at position: Int, in bytes: ArraySlice<UInt8>) -> Range<Int>? {
        guard position + 1 < bytes.endIndex, bytes[position] & 0x1F != 0x1F else { return nil }
        var length = Int(bytes[position + 1])
        var start = position + 2
        if length > 0x7F {
            let octets = length & 0x7F
            guard (1...4).contains(octets), start + octets <= bytes.endIndex else { return nil }
            length = bytes[start..<start + octets].reduce(0) { $0 << 8 | Int($1) }
            start += octets
        }
        guard length <= bytes.endIndex - start else { return nil }
        return start..<start + length
    }
}
