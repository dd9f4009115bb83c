import ExchangeCatalogue
import Testing

struct PurposeURITests {
    @Test(arguments: [
        "https://register.nidos.example/processing/guardianship", "urn:nld:oin:00000099000000001000:verwerking:1",
        "tag:nidos.example,2026:a?b=c%20d", "a:b",
    ])
    func `an absolute URI is a purpose`(text: String) {
        #expect(PurposeURI(text)?.text == text)
    }

    @Test(arguments: [
        "", ":", "a:", "guardianship", "/processing/1", "//nidos.example/1", "1a:b", "a b:c", "https://x/#y",
        "https://x/\n", "https://x/é", "urn:%2", "urn:%zz", "urn:%+1", "urn:<x>", "urn:\u{212A}",
        "urn:" + String(repeating: "x", count: 197),
    ])
    func `anything else is not`(text: String) {
        #expect(PurposeURI(text) == nil)
    }

    @Test func `200 bytes are the limit`() {
        #expect(PurposeURI("urn:" + String(repeating: "x", count: 196)) != nil)
    }
}
