import ExchangeCatalogue

/// One JSON object a line, for scripts.
enum ConsoleLine {
    static func print(_ object: JSONObject) { print(JSONValue.object(object)) }

    static func print(_ value: JSONValue) {
        guard let bytes = try? JSONWriter.write(value, limits: .localAnswer) else {
            preconditionFailure("what this program says, or read as JSON, can be written as JSON")
        }
        Swift.print(String(decoding: bytes, as: UTF8.self))
    }
}
