import ExchangeCore
import Testing

/// One structure of the wire with what a test needs to take it apart.
struct WireSample: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let maximumBytes: Int
    let maximumNodes: Int
    /// Decodes and encodes again.
    let again: @Sendable ([UInt8]) throws(WireError) -> [UInt8]

    init<Structure: WireStructure>(_ name: String, _ structure: Structure) {
        testDescription = name
        bytes = structure.wireBytes
        maximumBytes = Structure.maximumBytes
        maximumNodes = Structure.maximumNodes
        again = { (bytes) throws(WireError) in try Structure(wireBytes: bytes).wireBytes }
    }
}

extension Sample {
    static let manifest = Manifest(
        sender: nidos, recipient: avim, incarnation: incarnation(1), created: wall,
        items: [
            ManifestItem(item: item(3), kind: .message),
            ManifestItem(item: item(4), kind: .void, reason: "withdrawn: sent to the wrong case"),
            ManifestItem(item: item(6), kind: .held, reason: "asked to wait"),
            ManifestItem(item: item(7), kind: .message, replaces: SequenceNumber(2)),
        ],
        runningDigest: digest(0x77))

    static let batch = Batch(signedManifest: [1, 2, 3], envelopes: [[4, 5], [6, 7, 8]])

    static let answer = BatchAnswer(
        manifestDigest: digest(0x31),
        outcomes: [
            ItemOutcome(number: SequenceNumber(3), answer: .receipt([9, 9])),
            ItemOutcome(number: SequenceNumber(4), answer: .noted),
            ItemOutcome(number: SequenceNumber(6), answer: .refusal([8])),
            ItemOutcome(number: SequenceNumber(7), answer: .later(.keyUnknown, detail: "no key for this certificate")),
        ])

    static let refusal = Refusal(
        sender: nidos, recipient: avim, item: item(6), code: .schemaViolated,
        detail: "body.location: not in the list location-codes, version 2", at: wall)

    static let tally = Tally(
        node: nidos, partner: avim, incarnation: incarnation(2),
        predecessors: [
            PredecessorClaim(
                incarnation: incarnation(1),
                last: ChannelPosition(number: SequenceNumber(40), runningDigest: digest(0x40))),
            PredecessorClaim(
                incarnation: incarnation(9),
                last: ChannelPosition(number: SequenceNumber(38), runningDigest: digest(0x38))),
        ],
        created: wall, isRecovering: false,
        issued: ChannelPosition(number: SequenceNumber(41), runningDigest: digest(0x41)),
        received: ChannelPosition(number: SequenceNumber(300), runningDigest: digest(0x42)),
        safe: SequenceNumber(299),
        gaps: [
            NumberRange(SequenceNumber(301), SequenceNumber(301)),
            NumberRange(SequenceNumber(310), SequenceNumber(400)),
        ],
        outcomes: [
            OutcomeRange(NumberRange(SequenceNumber(1), SequenceNumber(298)), .receipt),
            OutcomeRange(NumberRange(SequenceNumber(299), SequenceNumber(299)), .refusal),
            OutcomeRange(NumberRange(SequenceNumber(300), SequenceNumber(300)), .noted),
            OutcomeRange(NumberRange(SequenceNumber(302), SequenceNumber(309)), .noted),
        ])

    static let firstTally = Tally(
        node: nidos, partner: avim, incarnation: incarnation(1), predecessors: [], created: wall, isRecovering: true,
        issued: .start, received: .start, safe: .none, gaps: [])

    static let refillRequest = RefillRequest(
        asker: nidos, holder: avim, incarnation: incarnation(2), for: .behind(SequenceNumber(40)))

    static let contentRequest = RefillRequest(
        asker: nidos, holder: avim, incarnation: incarnation(2), for: .message(item(41).messageID))

    static let refillAnswer = RefillAnswer(
        base: digest(0x40), upTo: SequenceNumber(50),
        items: [
            RefillItem(item: item(41), answer: .receipt([9, 9]), envelope: [1, 2, 3]),
            RefillItem(item: item(42), answer: .refusal(.typeUnknown, [8]), envelope: []),
            RefillItem(item: item(43), answer: .noted(.void, reason: "withdrawn: sent twice"), envelope: []),
            RefillItem(item: item(45), answer: .noted(.held, reason: "asked to wait"), envelope: []),
            RefillItem(item: item(50), answer: .receipt([7]), envelope: []),
        ])

    static let wire = [
        WireSample("manifest", manifest), WireSample("batch", batch), WireSample("batch answer", answer),
        WireSample("refusal", refusal), WireSample("tally", tally), WireSample("first tally", firstTally),
        WireSample("refill request", refillRequest), WireSample("content request", contentRequest),
        WireSample("refill answer", refillAnswer),
        WireSample("empty refill answer", RefillAnswer(base: nil, upTo: .none, items: [])),
    ]

    /// Of each structure one that has as many values as it can have.
    static let largest = [
        WireSample(
            "manifest",
            Manifest(
                sender: nidos, recipient: avim, incarnation: incarnation(1), created: wall,
                items: (1...ProtocolLimits.batchMaximumItems).map {
                    ManifestItem(item: item(UInt64($0) + 100), kind: .message, replaces: SequenceNumber(UInt64($0)))
                }, runningDigest: digest(1))),
        WireSample(
            "batch",
            Batch(signedManifest: [1], envelopes: [[UInt8]](repeating: [], count: ProtocolLimits.batchMaximumItems))),
        WireSample(
            "batch answer",
            BatchAnswer(
                manifestDigest: digest(1),
                outcomes: (1...ProtocolLimits.batchMaximumItems).map {
                    ItemOutcome(number: SequenceNumber(UInt64($0)), answer: .noted)
                })),
        WireSample("refusal", refusal), WireSample("refill request", contentRequest),
        WireSample(
            "refill answer",
            RefillAnswer(
                base: digest(1), upTo: SequenceNumber(100),
                items: (1...ProtocolLimits.batchMaximumItems).map {
                    RefillItem(item: item(UInt64($0)), answer: .receipt([1]), envelope: [2])
                })),
        WireSample(
            "tally",
            Tally(
                node: nidos, partner: avim, incarnation: incarnation(2),
                predecessors: (1...ProtocolLimits.tallyMaximumPredecessors).map {
                    PredecessorClaim(incarnation: incarnation(UInt64($0) + 2), last: .start)
                }, created: wall, isRecovering: true, issued: .start, received: .start, safe: .none,
                gaps: (1...ProtocolLimits.tallyMaximumGaps).map {
                    NumberRange(SequenceNumber(UInt64($0) * 2), SequenceNumber(UInt64($0) * 2))
                },
                outcomes: (1...ProtocolLimits.tallyMaximumOutcomes).map {
                    let number = SequenceNumber(UInt64($0) * 2 + 1)
                    return OutcomeRange(NumberRange(number, number), .receipt)
                })),
    ]
}
