import ExchangeCore
import Foundation
import Testing

/// The files of `protocol.md`, annex B. They were written by another encoder than this one.
@Suite struct VectorTests {
    private struct Head: Decodable {
        let structure: String
        let code: String?
    }

    private struct Valid<Value: Decodable>: Decodable {
        let value: Value
    }

    static func names(_ folder: String) -> [String] {
        (try? Repository.names(in: "Tests/Vectors/\(folder)", ending: ".hex")) ?? []
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        let digits = try Repository.text("Tests/Vectors/\(path).hex").filter { !$0.isWhitespace }
        return try #require([UInt8](hexadecimal: digits))
    }

    private static func json<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Repository.data("Tests/Vectors/\(path).json"))
    }

    @Test func `there are vectors of both kinds, each with its JSON`() throws {
        for (folder, least) in [("valid", 12), ("invalid", 30)] {
            #expect(Self.names(folder).count >= least)
            #expect(try Repository.names(in: "Tests/Vectors/\(folder)", ending: ".json") == Self.names(folder))
        }
    }

    @Test(arguments: names("valid"))
    func `a valid vector is read as what its JSON says, and written as its bytes`(name: String) throws {
        let path = "valid/\(name)"
        let bytes = try Self.bytes(path)
        switch try Self.json(path, as: Head.self).structure {
        case "Manifest": try Self.check(bytes, Self.json(path, as: Valid<ManifestValue>.self).value.structure)
        case "Batch": try Self.check(bytes, Self.json(path, as: Valid<BatchValue>.self).value.structure)
        case "BatchAnswer": try Self.check(bytes, Self.json(path, as: Valid<AnswerValue>.self).value.structure)
        case "Refusal": try Self.check(bytes, Self.json(path, as: Valid<RefusalValue>.self).value.structure)
        case "Tally": try Self.check(bytes, Self.json(path, as: Valid<TallyValue>.self).value.structure)
        case "AuditLeaf":
            #expect(try Self.json(path, as: Valid<LeafValue>.self).value.structure?.wireBytes == bytes)
        case let other: Issue.record("no structure is called \(other)")
        }
    }

    private static func check<Structure: WireStructure & Equatable>(_ bytes: [UInt8], _ expected: Structure?) throws {
        let structure = try #require(expected)
        #expect(try Structure(wireBytes: bytes) == structure)
        #expect(structure.wireBytes == bytes)
    }

    @Test(arguments: names("invalid"))
    func `an invalid vector is refused with its code`(name: String) throws {
        let bytes = try Self.bytes("invalid/\(name)")
        let head = try Self.json("invalid/\(name)", as: Head.self)
        let reason: WireError.Reason? =
            switch head.structure {
            case "Manifest": Self.reason(bytes, Manifest.self)
            case "Batch": Self.reason(bytes, Batch.self)
            case "BatchAnswer": Self.reason(bytes, BatchAnswer.self)
            case "Refusal": Self.reason(bytes, Refusal.self)
            case "Tally": Self.reason(bytes, Tally.self)
            default: nil
            }
        #expect(reason?.rawValue == head.code)
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

    @Test func `openssl reads every valid vector`() throws {
        for name in Self.names("valid") {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["openssl", "asn1parse", "-inform", "DER", "-i"]
            let (input, output) = (Pipe(), Pipe())
            process.standardInput = input
            process.standardOutput = output
            try process.run()
            try input.fileHandleForWriting.write(contentsOf: Data(Self.bytes("valid/\(name)")))
            try input.fileHandleForWriting.close()
            let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0 && text.contains("SEQUENCE"), "\(name)")
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
        let start: String
        let items: [Item]
    }

    @Test func `the running digest is that of openssl`() throws {
        let channel: Channel = try Self.json("running-digest")
        #expect(Digest(hexadecimal: channel.start) == .zero)
        var position = ChannelPosition.start
        for entry in channel.items {
            let item = ChannelItem(
                number: SequenceNumber(entry.number), messageID: try #require(MessageID(entry.messageID)),
                messageDigest: try #require(Digest(hexadecimal: entry.messageDigest)))
            position = position.extended(by: item) { bytes in (try? OpenSSLDigest.sha256(bytes)) ?? .zero }
            #expect(position.runningDigest.description == entry.runningDigest)
        }
        #expect(position.number == SequenceNumber(8))
    }

    private struct Log: Decodable {
        struct Row: Decodable {
            let leaf: LeafValue
            let hash: String
        }
        let start: String
        let leaves: [Row]
    }

    @Test func `the audit chain is that of openssl`() throws {
        let log: Log = try Self.json("audit-chain")
        var head = try #require(Digest(hexadecimal: log.start))
        #expect(head == .zero)
        for row in log.leaves {
            head = try OpenSSLDigest.sha256(head.bytes + (try #require(row.leaf.structure)).wireBytes)
            #expect(head.description == row.hash)
        }
    }
}
