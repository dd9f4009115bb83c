import ExchangeCatalogue
import Foundation

extension EvidenceFiles {
    /// How the files of a folder of evidence go over the local API: in base64 (RFC 4648 §4).
    var json: JSONValue {
        [
            "files": .array(
                all.map {
                    ["name": .string($0.name), "base64": .string(Data($0.bytes).base64EncodedString())]
                })
        ]
    }

    /// - Throws: ``NodeError`` `answer-invalid` for what is not of that form.
    init(json: JSONValue) throws(NodeError) {
        self.init()
        for file in json["files"]?.elements ?? [] {
            guard let name = file["name"]?.text, Self.isName(name), self[name] == nil,
                let bytes = file["base64"]?.text.flatMap({ Data(base64Encoded: $0) })
            else { throw NodeError(.answerInvalid, "the node's answer names a file that the evidence cannot have") }
            add(name, Array(bytes))
        }
        guard count > 0 else { throw NodeError(.answerInvalid, "the node's answer has no files") }
    }
}
