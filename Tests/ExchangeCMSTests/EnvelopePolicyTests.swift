import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

@Suite struct `The policy for envelopes` {
    let exchange: Exchange
    let envelope: [UInt8]

    init() throws {
        exchange = try Exchange()
        envelope = try exchange.travelling(exchange.sealed())
    }

    private func changed(_ change: (inout DERTree) -> Void) -> [UInt8] {
        var tree = DERTree(envelope)
        change(&tree)
        return tree.bytes
    }

    private func expectRefused(
        _ code: CMSErrorCode, sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout DERTree) -> Void
    ) {
        ExchangeCMSTests.expectRefused(code, sourceLocation: sourceLocation) {
            try UnverifiedEnvelope(changed(change), at: .wire)
        }
    }

    @Test func `an unchanged envelope passes, so that each refusal below is for its change`() throws {
        #expect(changed { _ in } == envelope)
        #expect(try exchange.opened(envelope).digest == exchange.opened(changed { _ in }).digest)
    }

    @Test(arguments: 0...15) func `a short tag is refused before decryption`(count: Int) {
        expectRefused(.tagTooShort) { tree in
            tree.tag.value = Array(tree.tag.value.prefix(count))
            tree.tagLength = .integer(UInt8(count))
        }
        expectRefused(.tagTooShort) { $0.tag.value = Array($0.tag.value.prefix(count)) }
        expectRefused(.tagTooShort) { $0.tagLength = .integer(UInt8(count)) }
    }

    @Test func `a tag length that is left at its default or a longer tag is refused`() {
        expectRefused(.tagTooShort) { $0.contentEncryption.children[1].children.removeLast() }
        expectRefused(.tagTooShort) { $0.tag.value.append(0) }
    }

    @Test func `a nonce of another length is refused`() {
        for count in [0, 1, 8, 11, 13, 16, 64] {
            expectRefused(.algorithmNotAllowed) {
                $0.contentEncryption.children[1].children[0] = .octets([UInt8](repeating: 1, count: count))
            }
        }
    }

    @Test(arguments: [
        [2, 16, 840, 1, 101, 3, 4, 1, 6],  // aes128-GCM
        [2, 16, 840, 1, 101, 3, 4, 1, 26],  // aes192-GCM
        [2, 16, 840, 1, 101, 3, 4, 1, 47],  // aes256-CCM
        [2, 16, 840, 1, 101, 3, 4, 1, 42],  // aes256-CBC
        [2, 16, 840, 1, 101, 3, 4, 1, 43],  // aes256-OFB
    ]) func `a foreign content cipher is refused`(identifier: [Int]) {
        expectRefused(.algorithmNotAllowed) { $0.contentEncryption.children[0] = .identifier(identifier) }
    }

    @Test func `a foreign key derivation, wrap or curve is refused`() {
        // dhSinglePass-stdDH-sha1kdf, which OpenSSL takes unless told otherwise
        expectRefused(.algorithmNotAllowed) {
            $0.recipientInfos.children[0].children[2].children[0] = .identifier([1, 3, 133, 16, 840, 63, 0, 2])
        }
        // aes128-wrap
        expectRefused(.algorithmNotAllowed) {
            $0.recipientInfos.children[0].children[2].children[1].children[0] =
                .identifier([2, 16, 840, 1, 101, 3, 4, 1, 5])
        }
        // A P-384 point, and a compressed one.
        for point in [[0, 4] + [UInt8](repeating: 7, count: 96), [0, 2] + [UInt8](repeating: 7, count: 32)] {
            expectRefused(.algorithmNotAllowed) {
                $0.recipientInfos.children[0].children[1].children[0].children[1].value = point
            }
        }
    }

    @Test func `RSA transport other than OAEP with SHA-256 is refused`() throws {
        let exchange = try Exchange(.p256, .rsa3072)
        let envelope = try exchange.travelling(exchange.sealed())
        var pkcs1 = DERTree(envelope)
        pkcs1.recipientInfos.children[0].children[2] = DERTree(
            0x30, children: [.identifier([1, 2, 840, 113_549, 1, 1, 1]), DERTree(0x05, [])])
        ExchangeCMSTests.expectRefused(.algorithmNotAllowed) { try UnverifiedEnvelope(pkcs1.bytes, at: .wire) }
        var sha1 = DERTree(envelope)
        sha1.recipientInfos.children[0].children[2].children[1].children.removeAll()
        ExchangeCMSTests.expectRefused(.algorithmNotAllowed) { try UnverifiedEnvelope(sha1.bytes, at: .wire) }
        var labelled = DERTree(envelope)
        labelled.recipientInfos.children[0].children[2].children[1].children.append(
            DERTree(0xA2, children: [DERTree(0x30, children: [.identifier([1, 2, 840, 113_549, 1, 1, 9])])]))
        ExchangeCMSTests.expectRefused(.algorithmNotAllowed) { try UnverifiedEnvelope(labelled.bytes, at: .wire) }
    }

    @Test func `recipients of other kinds are refused`() {
        // A password recipient [3] and another [4].
        for kind: UInt8 in [0xA3, 0xA4] {
            expectRefused(.algorithmNotAllowed) { $0.recipientInfos.children[0].identifier = kind }
        }
    }

    @Test func `between nodes an envelope has one recipient, and no storage key`() throws {
        expectRefused(.partNotAllowed) { $0.recipientInfos.children += $0.recipientInfos.children }
        expectRefused(.partNotAllowed) { $0.recipientInfos.children = [] }
        let stored = try Sealer().encrypt(exchange.opened(envelope), storageKey: exchange.storageKey)
        ExchangeCMSTests.expectRefused(.partNotAllowed) { try UnverifiedEnvelope(stored, at: .wire) }
        ExchangeCMSTests.expectRefused(.partNotAllowed) { try UnverifiedEnvelope(envelope, at: .store) }
    }

    @Test func `a key agreement for a group of recipients is refused`() {
        expectRefused(.partNotAllowed) {
            let keys = $0.recipientInfos.children[0].children[3].children
            $0.recipientInfos.children[0].children[3].children = keys + keys
        }
    }

    @Test func `more recipients than the limit are refused`() throws {
        var tree = DERTree(try exchange.sealed().envelope)
        let recipient = tree.recipientInfos.children[0]
        tree.recipientInfos.children += [DERTree](repeating: recipient, count: CMSLimits.recipients + 1)
        ExchangeCMSTests.expectRefused(.tooLarge) { try UnverifiedEnvelope(tree.bytes, at: .store) }
        let one = try exchange.recipients()
        ExchangeCMSTests.expectRefused(.tooLarge) {
            try Sealer().encrypt(
                exchange.opened(envelope), to: Array(repeating: one[0], count: CMSLimits.recipients + 1),
                storageKey: CaseStorageKey())
        }
    }

    @Test func `certificates of the originator and attributes that nothing protects are refused`() {
        expectRefused(.partNotAllowed) { $0[1, 0].children.insert(DERTree(0xA0, children: []), at: 1) }
        expectRefused(.partNotAllowed) { $0[1, 0].children.insert(DERTree(0xA1, children: []), at: 3) }
        expectRefused(.partNotAllowed) { $0[1, 0].children.append(DERTree(0xA2, children: [])) }
        expectRefused(.partNotAllowed) { $0[1, 0].children.append(DERTree(0xA3, children: [])) }
    }

    @Test func `another type of encrypted content is refused, because the tag does not cover it`() {
        expectRefused(.contentTypeMismatch) { $0.encryptedContentType = .identifier([1, 2, 840, 113_549, 1, 7, 1]) }
    }

    @Test(arguments: ["-aes-128-gcm", "-aes-256-cbc", "-aes-256-gcm"])
    func `what the openssl command encrypts by itself is refused`(cipher: String) throws {
        // Even with the right cipher: its content type is id-data and its key derivation SHA-1.
        let folder = try scratchFolder()
        let certificate = folder.appending(path: "recipient.crt")
        try exchange.recipient.agreement.certificate.pem.write(to: certificate, atomically: true, encoding: .utf8)
        let content = folder.appending(path: "content")
        try Data("a signal".utf8).write(to: content)
        let foreign = try Command.run(
            "openssl",
            [
                "cms", "-encrypt", "-binary", cipher, "-keyid", "-in", content.path, "-outform", "DER", "-recip",
                certificate.path,
            ])
        let error = #expect(throws: CMSError.self) { try UnverifiedEnvelope(foreign, at: .wire) }
        #expect(error?.code == (cipher == "-aes-256-cbc" ? .structureNotAllowed : .algorithmNotAllowed))
    }

    @Test func `deep nesting is refused without deep recursion`() {
        for levels in [21, 60, 20_000] {
            var bytes: [UInt8] = [0x05, 0x00]
            for _ in 0..<levels where bytes.count < 60_000 { bytes = DERTree(0x04, bytes).bytes.replacingFirst(0x30) }
            let error = #expect(throws: CMSError.self) { try UnverifiedEnvelope(bytes, at: .wire) }
            #expect(error?.code == .tooLarge || error?.code == .malformed, "\(levels)")
        }
        // Within the profile's frame: the one place whose inner form is not prescribed is the issuer's name.
        expectRefused(.tooLarge) { tree in
            tree[1, 0, 0] = (0..<20).reduce(DERTree(0x05, [])) { inner, _ in DERTree(0x30, children: [inner]) }
        }
    }

    @Test func `many small parts are refused`() {
        let bytes = DERTree(0x30, children: [DERTree](repeating: DERTree(0x05, []), count: 5_000)).bytes
        ExchangeCMSTests.expectRefused(.tooLarge) { try UnverifiedEnvelope(bytes, at: .wire) }
    }

    @Test func `huge, indefinite and long-winded lengths are refused`() {
        let lengths: [[UInt8]] = [
            [0x80], [0x81, 0x01], [0x82, 0x00, 0x10], [0x84, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x88, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x88, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x89] + [UInt8](repeating: 0xFF, count: 9), [0xFF],
        ]
        for length in lengths {
            ExchangeCMSTests.expectRefused(.malformed) {
                try UnverifiedEnvelope([0x30] + length + envelope.dropFirst(4), at: .wire)
            }
        }
        ExchangeCMSTests.expectRefused(.malformed) { try UnverifiedEnvelope([], at: .wire) }
        ExchangeCMSTests.expectRefused(.malformed) { try UnverifiedEnvelope(envelope + [0], at: .wire) }
    }

    @Test func `an envelope over the limit is refused before it is parsed`() {
        // One part and one level: only its size is too large.
        let tooMany = DERTree.octets([UInt8](repeating: 0, count: CMSLimits.envelopeBytes)).bytes
        ExchangeCMSTests.expectRefused(.tooLarge) {
            try UnverifiedEnvelope(tooMany, at: .wire)
        }
    }

    @Test func `every truncated prefix is refused`() {
        for count in 0..<envelope.count {
            ExchangeCMSTests.expectRefused(.malformed, "\(count) bytes") {
                try UnverifiedEnvelope(Array(envelope.prefix(count)), at: .wire)
            }
        }
    }
}

extension Array<UInt8> {
    /// The same bytes with another identifier octet.
    fileprivate func replacingFirst(_ byte: UInt8) -> [UInt8] { [byte] + dropFirst() }
}
