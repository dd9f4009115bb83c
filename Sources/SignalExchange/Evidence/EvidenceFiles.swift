import ExchangeCMS
import ExchangeCore
import OrderedCollections

/// The files of a folder of evidence, by their names in it.
package struct EvidenceFiles: Sendable {
    package struct File: Hashable, Sendable {
        package let name: String
        package let bytes: [UInt8]
    }

    /// What an index may name, and so what is read of a folder that somebody else made.
    package static let maximumCount = 10_000
    /// Revocation lists are the largest; PEM takes four bytes for three.
    package static let fileMaximumBytes = 64 << 20
    /// All files together; an export is at most one answer of the local API.
    package static let folderMaximumBytes = 128 << 20

    static let index = "index.json"
    static let readme = "README.txt"
    /// The digests of all other files, in the form of `sha256sum`.
    static let digests = "SHA256SUMS"
    static let message = "message.der"
    static let anchors = "anchors.pem"
    /// What stands between the anchors and the signers, and the newest revocation list of each authority.
    static let chain = "chain.pem"

    private var contents: OrderedDictionary<String, [UInt8]> = [:]

    package init() {}

    /// In the order in which they were added.
    package var all: [File] { contents.map { File(name: $0.key, bytes: $0.value) } }
    package var count: Int { contents.count }

    package subscript(name: String) -> [UInt8]? { contents[name] }

    /// - Precondition: the name is new, and one that an index may have.
    package mutating func add(_ name: String, _ bytes: [UInt8]) {
        precondition(self[name] == nil && Self.isName(name), "\(name) is no new file of the evidence")
        contents[name] = bytes
    }

    /// A file in the folder or in a folder in it; a name from elsewhere must never lead out of it.
    package static func isName(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return (1...2).contains(parts.count)
            && parts.allSatisfy { part in
                part.first?.isLetter == true || part.first?.isNumber == true
            } && name.utf8.count <= 100
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }

    /// The text of ``digests`` for files with these digests.
    static func digestLines(_ files: [EvidenceIndex.FileDigest], index: Digest) -> String {
        (files + [EvidenceIndex.FileDigest(name: Self.index, digest: index)])
            .map { "\($0.digest)  \($0.name)\n" }.joined()
    }
}
