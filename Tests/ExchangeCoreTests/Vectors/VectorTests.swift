import ExchangeCore
import Foundation
import Testing

/// The files of `protocol.md`, annex B. They were written by another encoder than this one, and hashed by `openssl`.
@Suite struct VectorTests {
    @Test func `manifests are as their vectors say`() throws {
        try Self.check("manifest", accepted: 4, refused: 21) { (value: ManifestValue) in value.structure }
    }

    @Test func `batches are as their vectors say`() throws {
        try Self.check("batch", accepted: 2, refused: 1) { (value: BatchValue) in value.structure }
    }

    @Test func `answers are as their vectors say`() throws {
        try Self.check("batch-answer", accepted: 1, refused: 3) { (value: AnswerValue) in value.structure }
    }

    @Test func `refusals are as their vectors say`() throws {
        try Self.check("refusal", accepted: 1, refused: 3) { (value: RefusalValue) in value.structure }
    }

    @Test func `tallies are as their vectors say`() throws {
        try Self.check("tally", accepted: 3, refused: 15) { (value: TallyValue) in value.structure }
    }

    @Test func `requests for what was lost, and what is given back, are as their vectors say`() throws {
        try Self.check("refill-request", accepted: 3, refused: 6) { (value: RefillRequestValue) in value.structure }
        try Self.check("refill-answer", accepted: 3, refused: 10) { (value: RefillAnswerValue) in value.structure }
    }

    /// What is valid is read as its value and written as its bytes; what is not is refused with its code.
    private static func check<Value: Decodable, Structure: WireStructure & Equatable>(
        _ name: String, accepted: Int, refused: Int, _ structure: (Value) -> Structure?
    ) throws {
        let vectors = try VectorFile<Vector<Value>>(name).vectors
        #expect(vectors.count { $0.error == nil } >= accepted)
        #expect(vectors.count { $0.error != nil } >= refused)
        for vector in vectors {
            let bytes = try #require([UInt8](hexadecimal: vector.der), "\(vector.name)")
            if let error = vector.error {
                #expect(reason(bytes, Structure.self)?.rawValue == error, "\(vector.name): \(vector.why ?? "")")
            } else {
                let built = vector.value.flatMap { structure($0) }
                let expected = try #require(built, "\(vector.name)")
                #expect(try Structure(wireBytes: bytes) == expected, "\(vector.name)")
                #expect(expected.wireBytes == bytes, "\(vector.name)")
            }
        }
    }

    private static func reason<Structure: WireStructure>(
        _ bytes: [UInt8], _ type: Structure.Type
    ) -> WireError.Reason? {
        do throws(WireError) {
            _ = try Structure(wireBytes: bytes)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `audit leaves are as their vectors say`() throws {
        let vectors = try VectorFile<Vector<LeafValue>>("audit-leaf").vectors
        #expect(vectors.count >= 2)
        for vector in vectors {
            let leaf = try #require(vector.value.flatMap { $0.structure })
            #expect(leaf.wireBytes.hexadecimal == vector.der, "\(vector.name)")
        }
    }

    @Test func `openssl reads every valid structure`() throws {
        for name in ["manifest", "batch", "batch-answer", "refusal", "tally", "audit-leaf"] {
            for vector in try VectorFile<Vector<Ignored>>(name).vectors where vector.error == nil {
                let bytes = try #require([UInt8](hexadecimal: vector.der))
                let run = try OpenSSLCommand.run(["asn1parse", "-inform", "DER", "-i"], input: bytes)
                let text = String(decoding: run, as: UTF8.self)
                #expect(text.contains("SEQUENCE"), "\(name) \(vector.name)")
            }
        }
    }

    // MARK: Chains

    private struct Channel: Decodable {
        struct Item: Decodable {
            let number: UInt64
            let messageID: String
            let messageDigest: String
            let runningDigest: String
        }
        let items: [Item]
    }

    @Test func `the running digest is that of its vectors`() throws {
        for channel in try VectorFile<Channel>("running-digest").vectors {
            var position = ChannelPosition.start
            for entry in channel.items {
                let item = ChannelItem(
                    number: SequenceNumber(entry.number), messageID: try #require(MessageID(entry.messageID)),
                    messageDigest: try #require(Digest(hexadecimal: entry.messageDigest)))
                position = position.extended(by: item) { (try? OpenSSLCommand.sha256($0)) ?? .zero }
                #expect(position.runningDigest.description == entry.runningDigest)
            }
        }
    }

    private struct Log: Decodable {
        struct Row: Decodable {
            let leaf: LeafValue
            let hash: String
        }
        let leaves: [Row]
    }

    @Test func `the audit chain is that of its vectors`() throws {
        for log in try VectorFile<Log>("audit-chain").vectors {
            var head = Digest.zero
            for row in log.leaves {
                let leaf = try #require(row.leaf.structure)
                head = try OpenSSLCommand.sha256(head.bytes + leaf.wireBytes)
                #expect(head.description == row.hash)
            }
        }
    }
}
