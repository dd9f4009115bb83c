import Testing

/// Dependencies stay within a minor version and come from where everybody can fetch them; nothing escapes the compiler.
struct PackageManifest: HouseRule {
    static let name = "manifest"

    func findings(in tree: SourceTree) -> [Finding] {
        tree.swiftFiles.filter { $0.path == "Package.swift" || $0.path.hasSuffix("/Package.swift") }
            .flatMap { findings(in: $0) }
    }

    private func findings(in file: SourceFile) -> [Finding] {
        let code = file.code
        let unsafe = code.filter { $0.isWord("unsafe" + "Flags") }.map {
            Finding(path: file.path, line: $0.line, message: "a package with unsafe flags cannot be depended upon")
        }
        return unsafe
            + code.indices.flatMap { index in
                guard index + 2 < code.count, code[index].isSymbol("."), code[index + 1].isWord("package"),
                    code[index + 2].isSymbol("(")
                else { return [Finding]() }
                return messages(for: Array(code[(index + 3)...]), in: file).map {
                    Finding(path: file.path, line: code[index + 1].line, message: $0)
                }
            }
    }

    /// What is wrong with the dependency whose arguments these are.
    private func messages(for arguments: [SwiftToken], in file: SourceFile) -> [String] {
        var depth = 1
        let own = Array(
            arguments.prefix { token in
                if token.isSymbol("(") { depth += 1 }
                if token.isSymbol(")") { depth -= 1 }
                return depth > 0
            })
        if own.indices.dropLast().contains(where: { own[$0].isWord("path") && own[$0 + 1].isSymbol(":") }) {
            // A package of its own, such as the benchmarks, uses this one by its path.
            return file.path == "Package.swift" ? ["a dependency by path exists on one machine only"] : []
        }
        var messages: [String] = []
        if !own.contains(where: { $0.isWord("upToNextMinor") }) {
            messages.append("a dependency that is not pinned with .upToNextMinor")
        }
        if !own.contains(where: { $0.kind == .string && $0.text.hasPrefix("\"https://github.com/") }) {
            messages.append("a dependency from another place than its public repository")
        }
        return messages
    }
}

@Suite struct PackageManifestTests {
    private func count(_ source: String, at path: String = "Package.swift") -> Int {
        PackageManifest().findings(in: SourceTree(planted: source, at: path)).count
    }

    @Test func `the manifest pins within a minor version and has no unsafe flags`() {
        #expect(PackageManifest().findings(in: .package) == [])
        #expect(SourceTree.package.files.contains { $0.path == "Package.swift" })
    }

    @Test(arguments: [
        ".package(url: \"https://github.com/a/b\", from: \"1.0.0\")",
        ".package(url: \"https://github.com/a/b\", .upToNextMajor(from: \"1.0.0\"))",
        ".package(url: \"https://github.com/a/b\", branch: \"main\")", ".package(path: \"../b\")",
        ".package(name: \"b\", path: \"../b\")",
        ".package(url: \"https://mirror.example/a/b\", .upToNextMinor(from: \"1.0.0\"))",
        ".target(name: \"a\", swiftSettings: [." + "unsafeFlags([\"-O\"])])",
    ])
    func `a loose pin, a private source and unsafe flags are found`(source: String) { #expect(count(source) == 1) }

    @Test func `a pin within a minor version is no finding`() {
        #expect(count(".package(url: \"https://github.com/a/b\", .upToNextMinor(from: \"1.0.0\"), traits: [])") == 0)
        #expect(count(".product(name: \"A\", package: \"b\")") == 0)
        #expect(count(".package(path: \"..\")", at: "Benchmarks/Package.swift") == 0)
        #expect(count(".package(name: \"a\", path: \"..\")", at: "Benchmarks/Package.swift") == 0)
    }
}
