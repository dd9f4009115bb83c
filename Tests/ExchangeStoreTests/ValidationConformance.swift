import ExchangeCore
import ExchangeStore
import Testing

/// By what signatures were judged, and when.
@Suite(.temporaryFolder) struct ValidationConformance {
    private func object(_ name: String, _ kind: ValidationObject.Kind = .revocationList) -> ValidationObject {
        ValidationObject(
            kind, digest: Sample.digest(name), keyIdentifier: kind == .revocationList ? [] : Array("key".utf8),
            der: Array(name.utf8))
    }

    private func at(_ minute: Int64) -> Timestamp { Sample.start + .minutes(minute) }

    @Test(arguments: StoreForm.all)
    func `what was in use at a moment is told as it was, whatever came into its place, also after a restart`(
        form: StoreForm
    ) async throws {
        var ledger = try await form.open()
        let (root, first, second) = (object("root", .anchor), object("list 1"), object("list 2"))
        #expect(try await ledger.validationData(at: at(9)).isEmpty)
        // An object that is named twice is there once.
        try await ledger.keepValidationData([root, first, root], at: at(10))
        try await ledger.keepValidationData([root, second], at: at(20))
        try await ledger.keepValidationData([root, first], at: at(30))
        for _ in 1...2 {
            #expect(try await ledger.validationData(at: at(9)).isEmpty, "before anything was noted")
            #expect(try await Set(ledger.validationData(at: at(15))) == [root, first])
            #expect(try await Set(ledger.validationData(at: at(25))) == [root, second])
            #expect(try await Set(ledger.validationData(at: at(99))) == [root, first], "it came back into use")
            // A node judges by fresh files a moment before it has noted them.
            #expect(try await Set(ledger.validationData(at: at(20) + .seconds(-5))) == [root, first, second])
            try await ledger.close()
            ledger = try await form.open()
        }
        try await ledger.close()
    }

    @Test(arguments: StoreForm.all)
    func `a signer's certificate is found by its key when it is long out of use, the last first`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        let (old, fresh) = (object("old", .signer), object("fresh", .signer))
        try await ledger.keepValidationData([object("authority", .intermediate), old], at: at(0))
        try await ledger.keepValidationData([fresh], at: at(1))
        try await ledger.keepValidationData([object("list")], at: at(2))
        #expect(try await ledger.signers(named: Array("key".utf8)) == [fresh, old])
        #expect(try await ledger.signers(named: Array("other".utf8)).isEmpty)
        try await ledger.close()
    }

    @Test(arguments: StoreForm.all)
    func `a change has its leaf in the audit log, and no change has none`(form: StoreForm) async throws {
        let ledger = try await form.open()
        func leaves() async throws -> Int {
            guard case .intact(let leaves, head: _) = try await ledger.verifyAuditChain() else { return -1 }
            return leaves
        }
        let before = try await leaves()
        try await ledger.keepValidationData([object("list 1")], at: at(0))
        try await ledger.keepValidationData([object("list 1")], at: at(1))
        #expect(try await leaves() == before + 1)
        try await ledger.keepValidationData([object("list 2")], at: at(2))
        #expect(try await leaves() == before + 2)
        try await ledger.close()
    }
}
