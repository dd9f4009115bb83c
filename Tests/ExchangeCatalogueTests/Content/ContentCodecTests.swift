import ExchangeCatalogue
import ExchangeCore
import Testing

struct ContentCodecTests {
    private func refusal(_ bytes: [UInt8]) -> ContentError? {
        do throws(ContentError) {
            _ = try ContentCodec.decode(bytes)
            return nil
        } catch {
            return error
        }
    }

    private func refusal(replacing path: PathStep..., with value: JSONValue?) throws -> ContentError? {
        refusal(try SignedContent.signal().document.replacing(path, with: value).padded())
    }

    @Test func `content is written in the order of the protocol and read back the same`() throws {
        let content = try SignedContent.signal()
        let bytes = try ContentCodec.encode(content)
        #expect(try ContentCodec.decode(bytes) == content)
        #expect(try ContentCodec.encode(content) == bytes)
        guard case .object(let object) = try JSONParser.parse(bytes) else { return #expect(Bool(false), "no object") }
        #expect(
            object.members.map(\.name) == [
                "id", "type", "version", "sender", "recipients", "caseRef", "conversation", "created", "priority",
                "purpose", "legalBasis", "handling", "body", "attachments", "padding",
            ])
        #expect(bytes.count == Padme.size(atLeast: bytes.count))
    }

    @Test func `any content is read back the same`() throws {
        var generator = SplitMix64(seed: printedSeed(of: "content round trip"))
        for _ in 0..<200 {
            var content = try SignedContent.signal()
            content.id = MessageID(
                at: Timestamp(milliseconds: .random(in: 0...4_000_000_000_000, using: &generator)),
                random: Bytes16(high: generator.next(), low: generator.next()))
            content.created = Timestamp(milliseconds: .random(in: 0...4_000_000_000_000, using: &generator))
            content.priority = Priority.allCases.randomElement(using: &generator) ?? .stat
            content.handling = HandlingCode.allCases.randomElement(using: &generator) ?? .red
            content.inReplyTo = Bool.random(using: &generator) ? Community.messageID(generator.next()) : nil
            content.supersedes = Bool.random(using: &generator) ? Community.messageID(generator.next()) : nil
            content.body = JSONValue.randomObject(depth: 5, using: &generator)
            let bytes = try ContentCodec.encode(content)
            #expect(try ContentCodec.decode(bytes) == content)
            #expect(bytes.count == Padme.size(atLeast: bytes.count))
        }
    }

    @Test func `padding that is not zeros is refused`() throws {
        var bytes = try ContentCodec.encode(SignedContent.paddedSignal())
        bytes[bytes.count - 4] = UInt8(ascii: "1")
        let refusal = refusal(bytes)
        #expect(refusal?.code == .paddingInvalid)
        #expect(refusal?.path.description == "padding")
    }

    @Test func `a size that is not Padmé's is refused`() throws {
        let bytes = try ContentCodec.encode(SignedContent.paddedSignal())
        #expect(refusal(bytes.dropLast(3) + Array("\"}".utf8))?.code == .paddingInvalid)
        #expect(refusal(bytes + [0x20])?.code == .paddingInvalid)
    }

    @Test func `padding that is not the last member is refused`() throws {
        guard case .object(let object) = try SignedContent.signal().document else { return }
        var moved = JSONObject()
        moved["padding"] = object["padding"]
        for member in object.members where member.name != "padding" { moved[member.name] = member.value }
        #expect(refusal(try JSONValue.object(moved).bytes)?.code == .paddingInvalid)
    }

    @Test func `a member that is named twice is refused`() throws {
        let text = String(decoding: try ContentCodec.encode(SignedContent.signal()), as: UTF8.self)
        let twice = text.replacing("\"priority\":\"asap\"", with: "\"priority\":\"asap\",\"priority\":\"stat\"")
        let refusal = refusal(Array(twice.utf8))
        #expect(refusal?.code == .duplicateMember)
        #expect(refusal?.path.description == "priority")
    }

    @Test func `content deeper than sixteen is neither written nor read`() throws {
        var content = try SignedContent.signal()
        content.body["deep"] = (0..<14).reduce(JSONValue.null) { value, _ in [value] }
        #expect(try ContentCodec.decode(ContentCodec.encode(content)) == content)
        content.body["deep"] = (0..<15).reduce(JSONValue.null) { value, _ in [value] }
        #expect { try ContentCodec.encode(content) } throws: { ($0 as? ContentError)?.code == .contentTooDeep }
        let text = String(decoding: try ContentCodec.encode(SignedContent.signal()), as: UTF8.self)
        let nested = String(repeating: "[", count: 15) + String(repeating: "]", count: 15)
        let deep = text.replacing("\"body\":{", with: "\"body\":{\"deep\":\(nested),")
        #expect(refusal(Array(deep.utf8))?.code == .contentTooDeep)
    }

    @Test func `content larger than 64 KiB is neither written nor read`() throws {
        var content = try SignedContent.signal()
        content.body["long"] = .string(String(repeating: "x", count: 66_000))
        #expect { try ContentCodec.encode(content) } throws: { ($0 as? ContentError)?.code == .contentTooLarge }
        #expect(refusal([UInt8](repeating: 0x20, count: 65_537))?.code == .contentTooLarge)
    }

    @Test func `content that fills 64 KiB to the last byte is written and read`() throws {
        var content = try SignedContent.signal()
        content.body = JSONObject()
        let bare = try content.document.replacing(["padding"], with: "").bytes.count
        content.body["long"] = .string(String(repeating: "x", count: 65_536 - bare - "\"long\":\"\"".utf8.count))
        let bytes = try ContentCodec.encode(content)
        #expect(bytes.count == 65_536)
        #expect(try ContentCodec.decode(bytes) == content)
    }

    @Test func `a member that the protocol does not foresee is refused by name`() throws {
        let outer = try refusal(replacing: "urgent", with: true)
        #expect(outer?.code == .fieldUnknown && outer?.path.description == "urgent")
        let inner = try refusal(replacing: "recipients", 1, "name", with: "x")
        let lookAlike = try refusal(replacing: "\u{212A}", with: "x")
        #expect(lookAlike?.code == .fieldUnknown)
        #expect(inner?.code == .fieldUnknown && inner?.path.description == "recipients[1].name")
    }

    @Test(arguments: [
        "id", "type", "version", "sender", "recipients", "caseRef", "conversation", "created", "priority", "purpose",
        "legalBasis", "handling", "body", "attachments",
    ])
    func `a member that is missing is named`(name: String) throws {
        let refusal = try refusal(replacing: .member(name), with: nil)
        #expect(refusal?.code == .fieldMissing)
        #expect(refusal?.path.description == name)
    }

    @Test(
        arguments: [
            (["id"], "019AB13B-5001-7C21-9F3A-0B5D6E7F8A90"), (["id"], "5f0c2a6e-9d1b-4c37-8a54-2e7d1f90b3c6"),
            (["type"], "sig-01"), (["version"], 0), (["version"], "1"), (["sender"], "police"),
            (["sender", "oin"], "99000000001000"), (["recipients"], []), (["recipients", 0, "previous"], "x"),
            (["caseRef"], "019ab13b-5001-7c21-9f3a-0b5d6e7f8a90"), (["conversation"], .null), (["inReplyTo"], .null),
            (["created"], "2026-11-23T17:14:48Z"), (["created"], "2026-02-29T17:14:48.000Z"), (["purpose"], "signals"),
            (["purpose"], "https://a.example/x#y"), (["purpose"], "https://a.example/a b"), (["purpose"], "urn:%zz"),
            (["legalBasis"], []), (["body"], []), (["attachments"], .null), (["attachments", 0, "sha256"], "AB"),
            (["attachments", 0, "byteCount"], 0), (["attachments", 0, "chunkByteCount"], 1),
            (["attachments", 0, "name"], "../../passwd"), (["attachments", 0, "name"], ".."),
            (["attachments", 0, "mediaType"], "image"), (["attachments", 0, "mediaType"], "Image/JPEG"),
            (["attachments", 0, "key"], "00"),
        ] as [([PathStep], JSONValue)])
    func `a value of another form is refused at its place`(path: [PathStep], value: JSONValue) throws {
        let refusal = refusal(try SignedContent.signal().document.replacing(path, with: value).padded())
        #expect(refusal?.code == .fieldInvalid)
        #expect(refusal?.path.description == path.fieldPath)
    }

    @Test(
        arguments: [
            (["priority"], "high", "fhir-request-priority"), (["handling"], "orange", "tlp"),
            (["sender", "role"], "chief", "role"), (["recipients", 0, "role"], "", "role"),
            (["legalBasis", 1], "A6-1-z", "legal-basis"),
        ] as [([PathStep], JSONValue, String)])
    func `a code outside its list is refused with list, version and codes`(
        path: [PathStep], value: JSONValue, list: String
    ) throws {
        let refusal = refusal(try SignedContent.signal().document.replacing(path, with: value).padded())
        #expect(refusal?.code == .codeUnknown)
        #expect(refusal?.path.description == path.fieldPath)
        #expect(refusal?.list?.id == list)
        #expect(refusal?.list?.version.isEmpty == false)
        #expect(refusal?.allowed.isEmpty == false)
    }

    @Test func `an organisation that is listed twice is refused`() throws {
        let twice = try refusal(replacing: "recipients", 1, "oin", with: "00000099000000001000")
        #expect(twice?.code == .fieldInvalid && twice?.path.description == "recipients[1].oin")
    }

    @Test func `a sender among its recipients is refused`() throws {
        let itself = try refusal(replacing: "recipients", 0, "oin", with: "00000099000000002000")
        #expect(itself?.code == .fieldInvalid && itself?.path.description == "recipients[0].oin")
    }

    @Test func `a message that names itself as its predecessor is refused`() throws {
        let id = JSONValue.string(Community.messageID(1).description)
        for path in [["inReplyTo"], ["supersedes"], ["recipients", 0, "previous"]] as [[PathStep]] {
            let refusal = refusal(try SignedContent.signal().document.replacing(path, with: id).padded())
            #expect(refusal?.code == .fieldInvalid && refusal?.path.description == path.fieldPath)
        }
    }

    @Test func `a legal basis that is named twice is refused`() throws {
        let twice = try refusal(replacing: "legalBasis", 1, with: "wpg:8")
        #expect(twice?.code == .fieldInvalid && twice?.path.description == "legalBasis[1]")
    }

    @Test func `more than 32 recipients or 16 attachments are refused`() throws {
        var content = try SignedContent.signal()
        content.attachments = Array(repeating: try SignedContent.attachment(), count: 17)
        #expect { try ContentCodec.encode(content) } throws: {
            ($0 as? ContentError)?.path.description == "attachments"
        }
        content = try .signal()
        content.recipients = (0..<33).compactMap { index in
            OIN("00000099" + String(repeating: "0", count: 10) + (index < 10 ? "0\(index)" : "\(index)"))
                .map { Recipient(Party(oin: $0, role: .guardian)) }
        }
        #expect(content.recipients.count == 33)
        #expect { try ContentCodec.encode(content) } throws: { ($0 as? ContentError)?.path.description == "recipients" }
    }

    @Test func `what would not be read is not written`() throws {
        var content = try SignedContent.signal()
        content.created = Timestamp(milliseconds: 300_000_000_000_000)
        #expect { try ContentCodec.encode(content) } throws: { ($0 as? ContentError)?.path.description == "created" }
        content = try .signal()
        let attachment = content.attachments[0]
        content.attachments[0] = AttachmentDescriptor(
            name: "a/b", mediaType: attachment.mediaType, byteCount: attachment.byteCount,
            chunkByteCount: attachment.chunkByteCount, sha256: attachment.sha256, key: attachment.key)
        #expect { try ContentCodec.encode(content) } throws: {
            ($0 as? ContentError)?.path.description == "attachments[0].name"
        }
    }

    @Test func `damaged content is refused or another content, and never stops the process`() throws {
        var generator = SplitMix64(seed: printedSeed(of: "damaged content"))
        let sound = try ContentCodec.encode(SignedContent.signal())
        for _ in 0..<1000 {
            var bytes = sound
            bytes[Int.random(in: bytes.indices, using: &generator)] ^= UInt8.random(in: 1 ... .max, using: &generator)
            guard let content = try? ContentCodec.decode(bytes) else { continue }
            #expect(try ContentCodec.decode(ContentCodec.encode(content)) == content)
        }
    }

    @Test func `an attachment's key does not show in any description`() throws {
        let key = try #require(AttachmentKey([UInt8](repeating: 0x5C, count: 32)))
        var dumped = ""
        dump(try SignedContent.signal(), to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(!text.contains("92, 92") && !text.lowercased().contains("5c5c") && !text.contains("- 92"))
        }
    }
}

extension [PathStep] {
    var fieldPath: String {
        var text = ""
        for step in self {
            switch step {
            case .member(let name): text += text.isEmpty ? name : "." + name
            case .element(let index): text += "[\(index)]"
            }
        }
        return text
    }
}
