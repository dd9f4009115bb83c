/// A table that is a value: rows by a key, in the order of the keys.
///
/// Copying it costs nothing, and a change costs as many steps as the table has bits in its size: both tables share what
/// did not change. So each snapshot of a store, and each change that is taken back, is a plain copy. It is a
/// weight-balanced tree (Adams 1993; the balance of Hirai and Yamamoto 2011), and no order in it rests on a hash.
struct Table<Key: Comparable & Sendable, Value: Sendable>: Sendable {
    private var root: Node?

    init() {}

    var count: Int { root?.size ?? 0 }
    var isEmpty: Bool { root == nil }
    /// How many rows are looked at, at most, to find one.
    var height: Int { root?.height ?? 0 }

    /// The row of a key; `nil` takes it away.
    subscript(key: Key) -> Value? {
        get {
            var node = root
            while let here = node {
                if key < here.row.key {
                    node = here.left
                } else if here.row.key < key {
                    node = here.right
                } else {
                    return here.row.value
                }
            }
            return nil
        }
        set {
            if let newValue {
                root = Node.inserting(Row(key: key, value: newValue), into: root)
            } else if contains(key) {
                root = Node.removing(key, from: root)
            }
        }
    }

    func contains(_ key: Key) -> Bool { self[key] != nil }

    /// From the lowest key on.
    var ascending: Walk { Walk(root, isAscending: true) { _ in true } }
    /// From the highest key down.
    var descending: Walk { Walk(root, isAscending: false) { _ in true } }
    /// From the first key on that is not below `key`.
    func ascending(from key: Key) -> Walk { Walk(root, isAscending: true) { !($0 < key) } }
    /// From the first key on that is above `key`.
    func ascending(after key: Key) -> Walk { Walk(root, isAscending: true) { key < $0 } }
    /// From the last key down that is below `key`.
    func descending(before key: Key) -> Walk { Walk(root, isAscending: false) { $0 < key } }
    /// From the last key down that is not above `key`.
    func descending(from key: Key) -> Walk { Walk(root, isAscending: false) { !(key < $0) } }

    var first: (key: Key, value: Value)? { ascending.first { _ in true } }
    var last: (key: Key, value: Value)? { descending.first { _ in true } }

    /// The rows in their order, or against it. It reads no more of the table than is asked of it.
    struct Walk: Sequence, IteratorProtocol {
        /// Those whose turn is still to come, the next last; of each the further side has not been looked at.
        private var pending: [Node] = []
        private let isAscending: Bool

        fileprivate init(_ root: Node?, isAscending: Bool, from isWanted: (Key) -> Bool) {
            self.isAscending = isAscending
            var node = root
            while let here = node {
                let isHere = isWanted(here.row.key)
                if isHere { pending.append(here) }
                node = isHere == isAscending ? here.left : here.right
            }
        }

        mutating func next() -> (key: Key, value: Value)? {
            guard let here = pending.popLast() else { return nil }
            var node = isAscending ? here.right : here.left
            while let further = node {
                pending.append(further)
                node = isAscending ? further.left : further.right
            }
            return (here.row.key, here.row.value)
        }

        /// The next rows for as long as they are wanted, and no more than `count`.
        func rows(atMost count: Int = .max, while isWanted: (Key) -> Bool) -> [(key: Key, value: Value)] {
            var rows: [(key: Key, value: Value)] = []
            var walk = self
            while rows.count < count, let row = walk.next(), isWanted(row.key) { rows.append(row) }
            return rows
        }
    }

    /// A row of its own: to change the tree around it copies a reference, and not the row.
    fileprivate final class Row: Sendable {
        let key: Key
        let value: Value

        init(key: Key, value: Value) {
            self.key = key
            self.value = value
        }
    }

    fileprivate final class Node: Sendable {
        let row: Row
        let left: Node?
        let right: Node?
        let size: Int

        private init(_ left: Node?, _ row: Row, _ right: Node?) {
            self.row = row
            self.left = left
            self.right = right
            size = (left?.size ?? 0) + 1 + (right?.size ?? 0)
        }

        static func inserting(_ row: Row, into node: Node?) -> Node {
            guard let node else { return Node(nil, row, nil) }
            if row.key < node.row.key { return balanced(inserting(row, into: node.left), node.row, node.right) }
            if node.row.key < row.key { return balanced(node.left, node.row, inserting(row, into: node.right)) }
            return Node(node.left, row, node.right)
        }

        static func removing(_ key: Key, from node: Node?) -> Node? {
            guard let node else { return nil }
            if key < node.row.key { return balanced(removing(key, from: node.left), node.row, node.right) }
            if node.row.key < key { return balanced(node.left, node.row, removing(key, from: node.right)) }
            guard let left = node.left else { return node.right }
            guard let right = node.right else { return left }
            let (first, rest) = removingFirst(from: right)
            return balanced(left, first, rest)
        }

        private static func removingFirst(from node: Node) -> (first: Row, rest: Node?) {
            guard let left = node.left else { return (node.row, node.right) }
            let (first, rest) = removingFirst(from: left)
            return (first, balanced(rest, node.row, node.right))
        }

        /// No side weighs more than three times the other; one row was added to, or taken from, one of them.
        private static func balanced(_ left: Node?, _ row: Row, _ right: Node?) -> Node {
            let (leftWeight, rightWeight) = (weight(left), weight(right))
            if rightWeight > 3 * leftWeight, let right {
                guard weight(right.left) < 2 * weight(right.right) else {
                    guard let inner = right.left else { return Node(left, row, right) }
                    return Node(Node(left, row, inner.left), inner.row, Node(inner.right, right.row, right.right))
                }
                return Node(Node(left, row, right.left), right.row, right.right)
            }
            if leftWeight > 3 * rightWeight, let left {
                guard weight(left.right) < 2 * weight(left.left) else {
                    guard let inner = left.right else { return Node(left, row, right) }
                    return Node(Node(left.left, left.row, inner.left), inner.row, Node(inner.right, row, right))
                }
                return Node(left.left, left.row, Node(left.right, row, right))
            }
            return Node(left, row, right)
        }

        var height: Int { 1 + max(left?.height ?? 0, right?.height ?? 0) }

        private static func weight(_ node: Node?) -> Int { (node?.size ?? 0) + 1 }
    }
}

/// A key of two parts, the first of which counts first.
struct Pair<First: Comparable & Sendable, Second: Comparable & Sendable>: Comparable, Sendable {
    let first: First
    let second: Second

    init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }

    static func < (left: Self, right: Self) -> Bool {
        left.first == right.first ? left.second < right.second : left.first < right.first
    }
}

/// A key of three parts, in the order in which they count.
struct Triple<First: Comparable & Sendable, Second: Comparable & Sendable, Third: Comparable & Sendable>: Comparable,
    Sendable
{
    let first: First
    let second: Second
    let third: Third

    init(_ first: First, _ second: Second, _ third: Third) {
        self.first = first
        self.second = second
        self.third = third
    }

    static func < (left: Self, right: Self) -> Bool {
        guard left.first == right.first else { return left.first < right.first }
        return left.second == right.second ? left.third < right.third : left.second < right.second
    }
}
