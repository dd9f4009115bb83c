import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Testing

@Suite struct StatementBodyTests {
    @Test func `the witness reads what the signature covers`() async throws {
        let community = try await Shared.community
        let signer = community.signer(ofSeat: 0)
        for length in [0, 1, 100, 127, 128, 255, 256, 40_000] {
            let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
            let signed = try SignedStatement.sign(payload, kind: .tally, by: signer, at: community.start)
            #expect(StatementBody.payload(of: signed) == payload)
            #expect(try SignedStatement.unverifiedPayload(signed, kind: .tally) == payload)
        }
    }

    @Test func `what ends too early, or is nothing signed, has no payload`() async throws {
        let community = try await Shared.community
        let payload = [UInt8](repeating: 7, count: 200)
        let signed = try SignedStatement.sign(
            payload, kind: .manifest, by: community.signer(ofSeat: 1), at: community.start)
        // Where the payload is whole, what follows is not looked at.
        for length in 0..<200 { #expect(StatementBody.payload(of: Array(signed.prefix(length))) == nil) }
        #expect(StatementBody.payload(of: [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]) == nil)
        #expect(StatementBody.payload(of: [0x04, 0x01, 0x00]) == nil)
        #expect(StatementBody.payload(of: [0x30, 0x00]) == nil)
    }
}
