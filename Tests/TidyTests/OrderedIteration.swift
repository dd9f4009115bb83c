import Testing

/// The core never walks a `Dictionary` or a `Set`: their order differs from run to run, and with it the effects.
///
/// A check of text, not of types: it knows the names that are declared as one in the core, and the ways to walk them.
struct OrderedIteration: HouseRule {
    static let name = "order"
    static let target = "ExchangeCore"

    /// Members whose result, or whose effect, depends on the order.
    static let walks: Set = [
        "compactMap", "dropFirst", "dropLast", "enumerated", "first", "flatMap", "forEach", "lazy", "makeIterator",
        "map", "popFirst", "prefix", "reduce", "reversed",
    ]
    /// Members that are still a `Dictionary`, a `Set` or a view of one.
    static let views: Set = [
        "filter", "formUnion", "intersection", "keys", "mapValues", "subtracting", "symmetricDifference", "union",
        "values",
    ]

    func findings(in tree: SourceTree) -> [Finding] {
        let core = tree.swiftFiles.filter { $0.target == Self.target }
        let declarations = core.map { Self.declarations(in: $0.code) }
        // A name that is a set in one file and an array in another is judged in each by what that file says.
        let everywhere = declarations.reduce(into: [:]) { $0.merge($1) { $0 && $1 } }
        return zip(core, declarations).flatMap { file, own in
            let names = Set(everywhere.merging(own) { $1 }.filter(\.value).keys)
            return lines(walking: names, in: file.code).filter { !isExcepted($0, in: file) }.map {
                Finding(path: file.path, line: $0, message: "walks a Dictionary or a Set: sort, or use an ordered one")
            }
        }
    }

    private func lines(walking names: Set<String>, in code: [SwiftToken]) -> [Int] {
        var lines: [Int] = []
        for index in code.indices where code[index].kind == .word && names.contains(code[index].text) {
            guard !isDeclarationOrLabel(index, in: code) else { continue }
            let uses = Self.membersAfter(index, in: code)
            // `keys.sorted()` has an order; so has `values.map(\.due).sorted()`, at the end of it.
            guard !uses.members.contains(where: { $0 == "sorted" || $0 == "min" || $0 == "max" }) else { continue }
            let onward = uses.members.drop { Self.views.contains($0) }
            let isWalked = onward.first.map(Self.walks.contains) ?? false
            let isWhole = onward.isEmpty && (isIterated(index, in: code) || isCopied(index, in: code))
            if !uses.isSubscripted && (isWalked || isWhole) { lines.append(code[index].line) }
        }
        return lines
    }

    /// `name:` before a type or an argument.
    private func isDeclarationOrLabel(_ index: Int, in code: [SwiftToken]) -> Bool {
        let previous = index > 0 ? code[index - 1] : nil
        let next = index + 1 < code.count ? code[index + 1] : nil
        return previous?.isWord("let") == true || previous?.isWord("var") == true || previous?.isWord("func") == true
            || next?.isSymbol(":") == true && previous?.isSymbol("?") == false && previous?.isWord("case") == false
    }

    /// `for … in a.b.name`: the path before the name leads back to `in`, and that to `for`; in a closure it leads to `{`.
    private func isIterated(_ index: Int, in code: [SwiftToken]) -> Bool {
        let start = Self.startOfPath(index, in: code)
        guard start > 0, code[start - 1].isWord("in") else { return false }
        let opening = code[..<(start - 1)].last { $0.isWord("for") || $0.isSymbol("{") }
        return opening?.isWord("for") == true
    }

    /// `Array(a.b.name`.
    private func isCopied(_ index: Int, in code: [SwiftToken]) -> Bool {
        let start = Self.startOfPath(index, in: code)
        return start > 1 && code[start - 1].isSymbol("(") && code[start - 2].isWord("Array")
    }

    private static func startOfPath(_ index: Int, in code: [SwiftToken]) -> Int {
        var start = index
        while start > 1, code[start - 1].isSymbol("."), code[start - 2].kind == .word { start -= 2 }
        return start
    }

    /// The chain of members after a name, over the arguments between them.
    private static func membersAfter(
        _ index: Int, in code: [SwiftToken]
    ) -> (members: [String], isSubscripted: Bool) {
        var members: [String] = []
        var position = index + 1
        var isSubscripted = false
        while position < code.count {
            if code[position].isSymbol("["), code[position].isAdjacent {
                if members.isEmpty { isSubscripted = true }
                position = endOfGroup(position, in: code)
            } else if code[position].isSymbol("("), code[position].isAdjacent {
                position = endOfGroup(position, in: code)
            } else if code[position].isSymbol("{"), let last = members.last, takesClosure(last) {
                position = endOfGroup(position, in: code)
            } else if code[position].isSymbol("."), position + 1 < code.count, code[position + 1].kind == .word {
                members.append(code[position + 1].text)
                position += 2
            } else if code[position].isSymbol("?"), code[position].isAdjacent {
                position += 1
            } else {
                break
            }
        }
        return (members, isSubscripted)
    }

    private static func takesClosure(_ member: String) -> Bool {
        ["compactMap", "filter", "first", "flatMap", "forEach", "map", "mapValues", "max", "min", "reduce", "sorted"]
            .contains(member)
    }

    private static func endOfGroup(_ start: Int, in code: [SwiftToken]) -> Int {
        var depth = 0
        for position in start..<code.count where code[position].kind == .symbol {
            switch code[position].text {
            case "(", "[", "{": depth += 1
            case ")", "]", "}": depth -= 1
            default: continue
            }
            if depth == 0 { return position + 1 }
        }
        return code.count
    }

    /// The names that are declared, and whether as a `Dictionary` or a `Set`.
    static func declarations(in code: [SwiftToken]) -> [String: Bool] {
        var found: [String: Bool] = [:]
        for index in code.indices.dropLast(2) where code[index].kind == .word {
            let isVariable = index > 0 && (code[index - 1].isWord("let") || code[index - 1].isWord("var"))
            let isTyped = code[index + 1].isSymbol(":")
            guard isTyped || isVariable && code[index + 1].isSymbol("=") else { continue }
            if isUnordered(code[(index + 2)...].prefix(40)) {
                found[code[index].text] = true
            } else if isVariable {
                // A parameter, or an argument with a label, does not speak for all the file.
                found[code[index].text] = found[code[index].text] ?? false
            }
        }
        return found
    }

    /// Whether a type or an initial value is `Set<…>`, `Dictionary<…>`, `[K: V]` or `[:]`.
    private static func isUnordered(_ tokens: some Collection<SwiftToken>) -> Bool {
        guard let first = tokens.first else { return false }
        if first.isWord("Set") || first.isWord("Dictionary") { return true }
        guard first.isSymbol("[") else { return false }
        var depth = 0
        for token in tokens where token.kind == .symbol {
            switch token.text {
            case "[", "(", "<", "{": depth += 1
            case "]", ")", ">", "}": depth -= 1
            case ":" where depth == 1: return true
            default: break
            }
            if depth == 0 { return false }
        }
        return false
    }
}

@Suite struct OrderedIterationTests {
    private func lines(_ source: String, in target: String = OrderedIteration.target) -> [Int] {
        let head = """
            struct Channels {
                var byPartner: [OIN: Channel] = [:]
                var seen = Set<MessageID>()
                var pending: Set<MessageID>
                var queue: [MessageID]
            }

            """
        let path = "Sources/\(target)/Outbound/File.swift"
        let tree = SourceTree(planted: head + source, at: path)
        return OrderedIteration().findings(in: tree).map { $0.line - 6 }
    }

    @Test func `the core walks nothing that has no order`() {
        #expect(OrderedIteration().findings(in: .package) == [])
    }

    @Test(arguments: [
        "for (partner, channel) in byPartner {}", "for id in self.seen where id.isOld {}", "for id in state.pending {}",
        "for channel in byPartner.values {}", "let a = byPartner.map { $0 }", "let a = byPartner.keys.first",
        "seen.forEach { send($0) }", "let a = Array(seen)",
        "let a = byPartner\n    .filter { $0.value.isOpen }\n    .map(\\.key)",
        "for id in seen.union(pending) {}", "for id in seen.filter({ $0.isOld }) {}",
    ])
    func `a walk over a Dictionary or a Set is found in the core and only there`(source: String) {
        #expect(lines(source) == [1])
        #expect(lines(source, in: "SignalExchange") == [])
    }

    @Test(arguments: [
        "for id in queue {}", "for id in seen.sorted() {}",
        "for (a, b) in byPartner.sorted(by: { $0.key < $1.key }) {}",
        "let a = byPartner[oin]", "for id in byPartner[oin].ids {}", "let a = seen.contains(id)", "let a = seen.count",
        "let a = byPartner.values.map(\\.due).min()", "let a = byPartner.keys.sorted().map { $0 }",
        "byPartner[oin]?.queue.map { $0 }", "f(seen: queue)", "let a = seen.union(pending)",
        "let a = queue.map { id in seen.contains(id) }", "let a = queue.map { id in seen }",
    ])
    func `a look-up, a count and a sorted walk are no findings`(source: String) { #expect(lines(source) == []) }

    @Test func `a set in one file is not mistaken for an array in another`() {
        let core = "Sources/ExchangeCore/"
        let tree = SourceTree([
            SourceFile(path: core + "A.swift", text: "struct A { var open: Set<Int> }"),
            SourceFile(path: core + "B.swift", text: "struct B { var open: [Int]\nfunc f() { for a in open {} } }"),
            SourceFile(path: core + "C.swift", text: "struct C { var late: Set<Int> }"),
            SourceFile(path: core + "D.swift", text: "func f(_ c: C) { for a in c.late {} }"),
        ])
        #expect(OrderedIteration().findings(in: tree).map(\.path) == [core + "D.swift"])
    }
}
