@testable import ExchangeCMS
import Testing

@Suite struct `The probe of the library` {
    @Test func `passes with the installed OpenSSL, which needs no warning`() throws {
        let report = try LibraryProbe.run()
        #expect(report.version.hasPrefix("OpenSSL "))
        #expect(report.warnings.isEmpty)
    }

    @Test func `forges envelopes that differ from good ones only in what is probed`() throws {
        // With nothing changed OpenSSL opens the envelope; with a tag of 4 bytes it still does, in 3.0.22, which is
        // why the policy demands 16; with 1 byte it must not.
        #expect(
            try LibraryProbe.accepts { inspection throws(CMSError) in
                AuthEnvelopedData(
                    recipients: inspection.recipients.map(\.encodedBytes),
                    encryptedContentInfo: inspection.encryptedContentInfo, tag: inspection.tag)
            })
        #expect(
            try LibraryProbe.accepts { inspection throws(CMSError) in
                try LibraryProbe.cut(inspection, tagBytes: 4)
            })
        for forgery in LibraryProbe.Forgery.allCases { #expect(try !LibraryProbe.accepts(forgery)) }
    }

    @Test func `warns of older and of unknown versions`() {
        let older = LibraryProbe.warnings(version: "OpenSSL 3.0.21", number: 0x3000_0150)
        #expect(older.count == 1)
        #expect(older.first?.contains("3.0.22") == true)
        #expect(LibraryProbe.warnings(version: "OpenSSL 3.0.22", number: 0x3000_0160).isEmpty)
        #expect(LibraryProbe.warnings(version: "OpenSSL 3.1.9", number: 0x3010_0090).count == 1)
    }
}
