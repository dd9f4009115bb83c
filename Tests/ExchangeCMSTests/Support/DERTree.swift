/// DER as a tree that tests change: the tool of a forger. It reads definite lengths only and checks nothing.
struct DERTree {
    /// The identifier octet; all tags here are below 31.
    var identifier: UInt8
    var value: [UInt8]
    var children: [DERTree]

    private var isConstructed: Bool { identifier & 0x20 != 0 }

    init(_ identifier: UInt8, _ value: [UInt8]) {
        self.identifier = identifier
        self.value = value
        children = []
    }

    init(_ identifier: UInt8, children: [DERTree]) {
        self.identifier = identifier
        value = []
        self.children = children
    }

    init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        self.init(reading: &rest)
    }

    private init(reading rest: inout ArraySlice<UInt8>) {
        identifier = rest.removeFirst()
        var length = Int(rest.removeFirst())
        if length > 0x7F {
            let count = length & 0x7F
            length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            rest.removeFirst(count)
        }
        var content = rest.prefix(length)
        rest.removeFirst(length)
        value = []
        children = []
        if isConstructed {
            while !content.isEmpty { children.append(DERTree(reading: &content)) }
        } else {
            value = Array(content)
        }
    }

    var bytes: [UInt8] {
        let content = isConstructed ? children.flatMap(\.bytes) : value
        return [identifier] + Self.length(content.count) + content
    }

    private static func length(_ count: Int) -> [UInt8] {
        if count < 0x80 { return [UInt8(count)] }
        var octets: [UInt8] = []
        var rest = count
        while rest > 0 {
            octets.insert(UInt8(rest & 0xFF), at: 0)
            rest >>= 8
        }
        return [0x80 | UInt8(octets.count)] + octets
    }

    /// The descendant at a path of indices.
    subscript(path: Int...) -> DERTree {
        get { path.reduce(self) { $0.children[$1] } }
        set { set(newValue, at: path[...]) }
    }

    private mutating func set(_ tree: DERTree, at path: ArraySlice<Int>) {
        guard let first = path.first else {
            self = tree
            return
        }
        children[first].set(tree, at: path.dropFirst())
    }

    static func octets(_ value: [UInt8]) -> DERTree { DERTree(0x04, value) }
    static func integer(_ value: UInt8) -> DERTree { DERTree(0x02, [value]) }

    /// An object identifier from its arcs.
    static func identifier(_ arcs: [Int]) -> DERTree {
        var value = [UInt8(arcs[0] * 40 + arcs[1])]
        for arc in arcs.dropFirst(2) {
            var group = [UInt8(arc & 0x7F)]
            var rest = arc >> 7
            while rest > 0 {
                group.insert(UInt8(rest & 0x7F) | 0x80, at: 0)
                rest >>= 7
            }
            value += group
        }
        return DERTree(0x06, value)
    }
}

/// Where things stand in an envelope of the profile.
extension DERTree {
    var recipientInfos: DERTree {
        get { self[1, 0, 1] }
        set { self[1, 0, 1] = newValue }
    }
    var encryptedContentType: DERTree {
        get { self[1, 0, 2, 0] }
        set { self[1, 0, 2, 0] = newValue }
    }
    var contentEncryption: DERTree {
        get { self[1, 0, 2, 1] }
        set { self[1, 0, 2, 1] = newValue }
    }
    var tagLength: DERTree {
        get { self[1, 0, 2, 1, 1, 1] }
        set { self[1, 0, 2, 1, 1, 1] = newValue }
    }
    var tag: DERTree {
        get { self[1, 0, 3] }
        set { self[1, 0, 3] = newValue }
    }
}

/// Where things stand in a SignedData of the profile.
extension DERTree {
    var contentType: DERTree {
        get { self[1, 0, 2, 0] }
        set { self[1, 0, 2, 0] = newValue }
    }
    var signers: DERTree {
        get { self[1, 0, 3] }
        set { self[1, 0, 3] = newValue }
    }
    var signedAttributes: DERTree {
        get { self[1, 0, 3, 0, 3] }
        set { self[1, 0, 3, 0, 3] = newValue }
    }
    var signature: DERTree {
        get { self[1, 0, 3, 0, 5] }
        set { self[1, 0, 3, 0, 5] = newValue }
    }
}
