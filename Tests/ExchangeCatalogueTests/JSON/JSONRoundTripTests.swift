import ExchangeCatalogue
import Testing

struct JSONRoundTripTests {
    @Test func `what is written is read back the same in both layouts`() throws {
        var generator = SplitMix64(seed: printedSeed(of: "JSON round trip"))
        for _ in 0..<400 {
            let value = JSONValue.random(depth: 5, using: &generator)
            for layout in [JSONWriter.Layout.compact, .indented] {
                let bytes = try JSONWriter.write(value, layout: layout)
                #expect(try JSONParser.parse(bytes) == value)
                #expect(try JSONWriter.write(value, layout: layout) == bytes)
            }
        }
    }

    @Test func `damaged bytes are refused or read as another document, and never stop the process`() throws {
        var generator = SplitMix64(seed: printedSeed(of: "damaged JSON"))
        for _ in 0..<2000 {
            var bytes = try JSONWriter.write(JSONValue.random(depth: 4, using: &generator))
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: bytes.indices, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
                case 1: bytes.insert(UInt8.random(in: .min ... .max, using: &generator), at: place)
                default: bytes = Array(bytes[..<max(1, place)])
                }
            }
            guard let value = try? JSONParser.parse(bytes) else { continue }
            #expect(try JSONParser.parse(JSONWriter.write(value)) == value)
        }
    }

    @Test func `the compact layout has no white space and escapes only what it must`() throws {
        let value: JSONValue = ["b": [1, .null], "a": "é/\"\\\u{01}\n\u{7F}", "e": [:], "l": []]
        let text = String(decoding: try JSONWriter.write(value), as: UTF8.self)
        #expect(text == "{\"b\":[1,null],\"a\":\"é/\\\"\\\\\\u0001\\n\u{7F}\",\"e\":{},\"l\":[]}")
    }

    @Test func `what could not be read back is not written`() {
        #expect(throws: JSONError.self) { try JSONWriter.write(.integer(.max)) }
        #expect(throws: JSONError.self) { try JSONWriter.write(.string(String(repeating: "x", count: 65_535))) }
        let deep = (0..<17).reduce(JSONValue.null) { value, _ in [value] }
        #expect(throws: JSONError.self) { try JSONWriter.write(deep) }
    }

    @Test func `strings are the same only code unit by code unit`() {
        #expect("\u{212A}" == "K", "this is why JSONValue compares by itself")
        #expect(JSONValue.string("\u{212A}") != JSONValue.string("K"))
        #expect(JSONValue.object(JSONObject()) != .null)
    }

    @Test func `setting a member replaces in place, appends or removes`() {
        var object = JSONObject()
        object["a"] = 1
        object["b"] = 2
        object["a"] = 3
        #expect(object.members.map(\.name) == ["a", "b"])
        object["a"] = nil
        object["x"] = nil
        #expect(object.members.map(\.name) == ["b"])
        #expect(object["a"] == nil)
    }
}

extension JSONValue {
    static func random(depth: Int, using generator: inout SplitMix64) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &generator) {
        case 0: .null
        case 1: .bool(.random(using: &generator))
        case 2: .integer(.random(in: JSONValue.integerRange, using: &generator))
        case 3: .integer(.random(in: -9...9, using: &generator))
        case 4: .string(randomText(using: &generator))
        case 5:
            .array(
                (0..<Int.random(in: 0..<5, using: &generator)).map { _ in random(depth: depth - 1, using: &generator) })
        default: .object(randomObject(depth: depth - 1, using: &generator))
        }
    }

    static func randomObject(depth: Int, using generator: inout SplitMix64) -> JSONObject {
        var object = JSONObject()
        for index in 0..<Int.random(in: 0..<5, using: &generator) {
            object["\(index)" + randomText(using: &generator)] = random(depth: depth, using: &generator)
        }
        return object
    }

    static func randomText(using generator: inout SplitMix64) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<12, using: &generator) {
            let ceiling: UInt32 = [0x7F, 0x7FF, 0xFFFF, 0x10FFFF].randomElement(using: &generator) ?? 0x7F
            let value = UInt32.random(in: 0...ceiling, using: &generator)
            if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
        }
        return text
    }
}
