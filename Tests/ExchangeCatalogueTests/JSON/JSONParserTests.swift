import ExchangeCatalogue
import Testing

struct JSONParserTests {
    private func parse(_ text: String) throws(JSONError) -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

    private func fault(_ text: String) -> JSONError? { fault(Array(text.utf8)) }

    private func fault(_ bytes: [UInt8]) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONParser.parse(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func `members keep their order and values their kind`() throws {
        let value = try parse(#" { "b" : [ 1 , -2 , 0 ] , "a" : { "x" : null , "y" : true } , "c" : "é" } "#)
        #expect(value == ["b": [1, -2, 0], "a": ["x": .null, "y": true], "c": "é"])
        guard case .object(let object) = value else { return #expect(Bool(false), "no object") }
        #expect(object.members.map(\.name) == ["b", "a", "c"])
    }

    @Test func `a member that is named twice is refused with its path and byte`() {
        let fault = fault(#"{"a":1,"b":{"c":1,"d":2,"c":3}}"#)
        #expect(fault?.code == .duplicateMember)
        #expect(fault?.path.description == "b.c")
        #expect(fault?.byteOffset == 24)
    }

    @Test func `a name that is spelled with an escape is the same name`() {
        #expect(fault(#"{"a":1,"\u0061":2}"#)?.code == .duplicateMember)
    }

    @Test func `names are told apart code unit by code unit`() throws {
        guard case .object(let object) = try parse("{\"K\":1,\"\u{212A}\":2}") else { return }
        #expect(object["K"] == 1 && object["\u{212A}"] == 2)
    }

    @Test func `sixteen levels are read and the seventeenth is refused`() throws {
        #expect(try parse(String(repeating: "[", count: 16) + String(repeating: "]", count: 16)).depth == 16)
        let fault = fault(String(repeating: "[", count: 17) + String(repeating: "]", count: 17))
        #expect(fault?.code == .tooDeep)
        #expect(fault?.byteOffset == 16)
    }

    @Test func `64 KiB of opening brackets do not exhaust the stack`() {
        let bytes = [UInt8](repeating: UInt8(ascii: "["), count: 65_536)
        #expect(fault(bytes)?.code == .tooDeep)
    }

    @Test func `64 KiB are read and one byte more is refused unread`() throws {
        let full = "\"" + String(repeating: "x", count: 65_534) + "\""
        #expect(try parse(full).text?.utf8.count == 65_534)
        let fault = fault(full + " ")
        #expect(fault?.code == .tooLarge)
        #expect(fault?.message.contains("65536") == true)
    }

    @Test(arguments: [
        ("1.0", JSONError.Code.numberNotInteger), ("1e3", .numberNotInteger), ("1E3", .numberNotInteger),
        ("-0.5", .numberNotInteger), ("9007199254740992", .numberOutOfRange), ("-9007199254740992", .numberOutOfRange),
        ("99999999999999999999999999999999", .numberOutOfRange), ("01", .malformed), ("-0", .malformed),
        ("-", .malformed), ("+1", .malformed), ("NaN", .malformed), (".5", .malformed), ("0x10", .trailingBytes),
    ])
    func `only integers within 2^53 - 1 in one spelling are numbers`(text: String, code: JSONError.Code) {
        let fault = fault(#"{"n":["# + text + "]}")
        #expect(fault?.code == (code == .trailingBytes ? .malformed : code))
        #expect(fault?.path.description.hasPrefix("n") == true)
    }

    @Test func `the outermost integers are read`() throws {
        #expect(try parse("[9007199254740991,-9007199254740991]") == [9_007_199_254_740_991, -9_007_199_254_740_991])
    }

    @Test(arguments: [#""\ud800""#, #""\udc00""#, #""\ud800x""#, #""\ud800\u0041""#, #""\ud800\ud800""#])
    func `half a surrogate pair is refused`(text: String) {
        #expect(fault(text)?.code == .loneSurrogate)
        #expect(fault(text)?.byteOffset == 1)
    }

    @Test func `escapes are read`() throws {
        #expect(try parse(#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#) == "\"\\/\u{08}\u{0C}\n\r\t\u{E9}\u{1F600}")
    }

    @Test(
        arguments: [
            ([0x22, 0xC3, 0x28, 0x22], 1), ([0x22, 0x61, 0xFF, 0x22], 2), ([0x22, 0xC0, 0x80, 0x22], 1),
            ([0x22, 0xED, 0xA0, 0x80, 0x22], 1), ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1), ([0x22, 0xE2, 0x82], 1),
        ] as [([UInt8], Int)])
    func `bytes that are not UTF-8 are refused with their place`(bytes: [UInt8], offset: Int) {
        #expect(fault(bytes)?.code == .notUTF8)
        #expect(fault(bytes)?.byteOffset == offset)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}",
        "{1:1}",
        "[1 2]", "{\"a\" 1}", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u+123\"", "tru", "True",
        "nul", "'a'", "\"a\nb\"", "\"\u{00}\"", "\u{FEFF}{}", "//", "{\"a\":1 /* */}", "\u{A0}1",
    ])
    func `what the grammar does not allow is refused`(text: String) {
        #expect(fault(text)?.code == .malformed)
    }

    @Test(arguments: ["{}{}", "1 1", "{} x", "null\u{0}"])
    func `bytes after the document are refused`(text: String) {
        #expect(fault(text)?.code == .trailingBytes)
    }

    @Test func `an error holds no value of the document`() {
        let fault = fault(#"{"name":"Nguyen Van A" 1}"#)
        #expect(fault?.description.contains("Nguyen") == false)
    }
}
