import ExchangeCatalogue

/// One JSON object a line, for scripts.
enum ConsoleLine {
    static func print(_ object: JSONObject) {
        guard let bytes = try? JSONWriter.write(.object(object), limits: .localAnswer) else {
            preconditionFailure("what this program says of itself can be written as JSON")
        }
        Swift.print(String(decoding: bytes, as: UTF8.self))
    }
}
