import Foundation

/// A file of `Tests/Vectors`: a description, the section of `protocol.md` that it belongs to, and vectors.
struct VectorFile<Vector: Decodable>: Decodable {
    let description: String
    let source: String
    let vectors: [Vector]

    init(_ name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Vectors/\(name).json"))
        self = try JSONDecoder().decode(Self.self, from: data)
    }
}

/// A structure with its DER; or DER that is to be refused with `error`.
struct Vector<Value: Decodable>: Decodable {
    let name: String
    let value: Value?
    let der: String
    let error: String?
    let why: String?
}

/// Any value, where only the bytes are of interest.
struct Ignored: Decodable {}
