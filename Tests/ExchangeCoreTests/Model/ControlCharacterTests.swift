import ExchangeCore
import Testing

@Suite struct ControlCharacterTests {
    @Test func `a control character is what Unicode calls one`() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let expected = scalar.properties.generalCategory == .control
            if scalar.isControl != expected { Issue.record("U+\(String(value, radix: 16)) is taken for the other") }
        }
    }
}
