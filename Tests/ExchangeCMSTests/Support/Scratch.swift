import Foundation

/// A folder that no other test uses. It is removed when the process ends: there are private keys in it.
func scratchFolder() throws -> URL {
    let folder = Scratch.root.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
}

private enum Scratch {
    static let root: URL = {
        atexit { try? FileManager.default.removeItem(at: Scratch.root) }
        return FileManager.default.temporaryDirectory.appending(path: "exchange-cms-\(UUID().uuidString)")
    }()
}
