package import Foundation

/// A new folder that is this user's alone, with a path that is short, because a socket's path has at most 107 bytes.
package struct TemporaryFolder: Sendable {
    package let url: URL

    /// - Parameter prefix: of the folder's name, a few letters.
    /// - Throws: ``Failure``.
    package init(prefix: String) throws(Failure) {
        // mkdtemp(3) replaces the six letters at the end by its own.
        let pattern = "\(prefix)-" + String(repeating: "X", count: 6)
        var template = Array((FileManager.default.temporaryDirectory.path + "/" + pattern).utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(place: FileManager.default.temporaryDirectory.path)
        }
        let path = template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        url = URL(filePath: String(decoding: path, as: UTF8.self))
    }

    package func remove() throws { try FileManager.default.removeItem(at: url) }

    package struct Failure: Error, CustomStringConvertible {
        package let place: String
        package var description: String { "no folder can be made in \(place)" }
    }
}
