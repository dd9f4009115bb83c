import ExchangeCatalogue
import Testing

struct FieldPathTests {
    @Test func `a path reads as one would write it`() {
        let path = FieldPath("body").member("indicators").element(2).member("strength")
        #expect(path.description == "body.indicators[2].strength")
        #expect(FieldPath.document.description == "$")
    }

    @Test func `a name that could disturb a terminal is shown escaped and cut`() {
        #expect(FieldPath("body").member("a\u{1B}[2J").description == #"body["a\x1b[2J"]"#)
        let long = FieldPath(String(repeating: "n", count: 500)).description
        #expect(long.utf8.count < 100)
        #expect(FieldPath("").description == #"[""]"#)
    }
}
