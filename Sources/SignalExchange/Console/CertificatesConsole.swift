import ExchangeCatalogue
import ExchangeCore

/// What `certificates install` does and prints.
package struct CertificatesConsole: Sendable {
    private let folder: NodeFolder

    package init(folder: NodeFolder) { self.folder = folder }

    package func install(_ paths: [String], roots: [String]) async throws {
        let configuration = try await NodeConfiguration.load(from: folder)
        let installed = try IssuedFiles(paths, roots: roots, into: folder, of: configuration.oin).install()
        var lines: [String] = []
        for (use, subject, notAfter) in installed.certificates { lines.append("\(use): \(subject), until \(notAfter)") }
        lines += installed.roots.map { "root: \($0)" }
        lines += installed.intermediates.map { "between: \($0)" }
        lines += installed.lists.map { "revocation list: \($0)" }
        lines += installed.remarks.map { "LOOK AT: \($0)" }
        for line in lines { print(line.escapingControls()) }
        if !installed.certificates.isEmpty {
            print("A running node uses new certificates for signing and agreement from its next start.")
        }
        let missing = NodeFolder.KeyUse.allCases.filter { (try? folder.read(folder.certificate($0))) == nil }
        if !missing.isEmpty {
            print("Still to be issued: \(missing.map { "certificates/\($0.rawValue).csr" }.joined(separator: ", "))")
        }
    }
}
