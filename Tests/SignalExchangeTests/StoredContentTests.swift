import ExchangeCMS
import ExchangeStore
import SignalExchange
import Testing

/// What is told to a partner that asks back, and to people: damage stays, and a moment's want passes.
@Suite struct StoredContentTests {
    @Test(arguments: [CMSErrorCode.decryptionFailed, .malformed, .digestMismatch, .signatureInvalid, .storageKeyWrong])
    func `content that can never be read again is damage`(code: CMSErrorCode) {
        #expect(code.isDamageOfStored)
        let error = #expect(throws: CMSError.self) { try UnverifiedEnvelope([1, 2], at: .store) }
        #expect(error.map { StoredContent.isDamage($0) } == true)
        #expect(StoredContent.isDamage(StoreError(.storeDamaged, "a test")))
    }

    @Test func `what passes is no damage, so that nobody takes a message for lost`() {
        #expect(!CMSErrorCode.cryptographicLibrary.isDamageOfStored)
        for code in [StoreError.Code.storeUnavailable, .storeLocked, .durabilityLost, .diskFull] {
            #expect(!StoredContent.isDamage(StoreError(code, "a test")), "\(code)")
        }
        #expect(!StoredContent.isDamage(CancellationError()))
    }
}
