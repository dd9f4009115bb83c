import Foundation

/// One text file of the package.
struct SourceFile {
    /// Relative to the root of the package, with `/` between the parts.
    let path: String
    let text: String
    /// Empty for what is not Swift.
    let tokens: [SwiftToken]
    /// The tokens that are not comments.
    let code: [SwiftToken]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        tokens = path.hasSuffix(".swift") ? SwiftToken.tokens(of: text) : []
        code = tokens.filter { $0.kind != .comment }
    }

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// `ExchangeCore` for `Sources/ExchangeCore/Model/Time.swift`; `nil` outside `Sources`.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    var isSwift: Bool { path.hasSuffix(".swift") }
}

/// The files that are, or are about to be, under version control. A test may also plant one of its own making.
struct SourceTree {
    let files: [SourceFile]

    init(_ files: [SourceFile]) { self.files = files }

    /// A tree with one file, for the test of a rule.
    init(planted text: String, at path: String) { files = [SourceFile(path: path, text: text)] }

    var swiftFiles: [SourceFile] { files.filter(\.isSwift) }

    /// The package that this file belongs to, read once.
    static let package: SourceTree = {
        let paths = pathsUnderVersionControl() ?? pathsOnDisk()
        return SourceTree(
            paths.sorted().compactMap { path in
                // What cannot be read as UTF-8 is not text: a test vector in DER, for one.
                guard let data = FileManager.default.contents(atPath: root.appending(path: path).path),
                    let text = String(validating: data, as: UTF8.self)
                else { return nil }
                return SourceFile(path: path, text: text)
            })
    }()

    /// The folder of `Package.swift`.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    /// `nil` where this is not a clone, or there is no `git`.
    private static func pathsUnderVersionControl() -> [String]? {
        guard FileManager.default.fileExists(atPath: root.appending(path: ".git").path),
            let run = try? CommandRun.of(
                command: ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]),
            run.exitStatus == 0
        else { return nil }
        return run.said.split(separator: "\0").map(String.init)
    }

    private static func pathsOnDisk() -> [String] {
        let all = FileManager.default.enumerator(atPath: root.path)
        var paths: [String] = []
        while let path = all?.nextObject() as? String {
            if path.hasPrefix(".build") || path.hasSuffix("/.build") || path.hasPrefix("demo-") {
                all?.skipDescendants()
            } else {
                paths.append(path)
            }
        }
        return paths
    }
}
