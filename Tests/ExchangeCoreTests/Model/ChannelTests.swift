import ExchangeCore
import Testing

@Suite struct ChannelTests {
    @Test func `the running digest covers the digest before, the number, the id and the message digest`() {
        let item = Sample.item(1)
        let position = ChannelPosition.start.extended(by: item) { input in
            // A stand-in for SHA-256 that keeps what it was given in its length and its bytes' sum.
            Sample.digest(input.reduce(UInt8(input.count)) { $0 &+ $1 })
        }
        let seen = Digest.zero.bytes + UInt64(1).bigEndianBytes + item.messageID.bytes + item.messageDigest.bytes
        #expect(seen.count == 88)
        #expect(position.number == SequenceNumber(1))
        #expect(position.runningDigest == Sample.digest(seen.reduce(88) { $0 &+ $1 }))
    }

    @Test func `any of the three changes the running digest`() {
        let base = ChannelPosition.start.extended(by: Sample.item(1), using: FakeHash.digest)
        let otherID = ChannelPosition.start.extended(by: Sample.item(1, message: 9), using: FakeHash.digest)
        let otherDigest = ChannelPosition.start.extended(by: Sample.item(1, digest: 9), using: FakeHash.digest)
        #expect(Set([base, otherID, otherDigest]).count == 3)
    }

    #if !os(Windows)
        @Test func `a hole in our own channel stops the process`() async {
            await #expect(processExitsWith: .failure) {
                _ = ChannelPosition.start.extended(by: Sample.item(2), using: FakeHash.digest)
            }
        }
    #endif
}
