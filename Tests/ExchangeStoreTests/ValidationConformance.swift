import ExchangeCore
import ExchangeStore
import Testing

/// By what signatures were judged, and when.
@Suite(.temporaryFolder) struct ValidationConformance {
    private func object(_ name: String, _ kind: ValidationObject.Kind = .revocationList) -> ValidationObject {
        ValidationObject(kind, digest: Sample.digest(name), der: Array(name.utf8))
    }

    private func at(_ minute: Int64) -> Timestamp { Sample.start + .minutes(minute) }

    private func kinds(_ objects: ValidationObject...) -> [Digest: ValidationObject.Kind] {
        Dictionary(uniqueKeysWithValues: objects.map { ($0.digest, $0.kind) })
    }

    @Test(arguments: StoreForm.all)
    func `what was in use at a moment is told as it was, whatever came into its place, also after a restart`(
        form: StoreForm
    ) async throws {
        var ledger = try await form.open()
        let (root, first, second) = (object("root", .anchor), object("list 1"), object("list 2"))
        #expect(try await ledger.validationData(at: at(9)).isEmpty)
        // An object that is named twice is there once.
        try await ledger.keepValidationData([root, first, root], since: at(10), at: at(10))
        // Noted late: the store could not be written at once.
        try await ledger.keepValidationData([root, second], since: at(20), at: at(28))
        try await ledger.keepValidationData([root, first], since: at(30), at: at(30))
        for _ in 1...2 {
            #expect(try await ledger.validationData(at: at(9)).isEmpty, "before anything was noted")
            #expect(try await ledger.validationData(at: at(15)) == kinds(root, first))
            #expect(try await ledger.validationData(at: at(20)) == kinds(root, second))
            #expect(try await ledger.validationData(at: at(25)) == kinds(root, second))
            #expect(try await ledger.validationData(at: at(99)) == kinds(root, first), "it came back into use")
            try await ledger.close()
            ledger = try await form.open()
        }
        #expect(
            try await ledger.validationObjects([second.digest, Sample.digest("unknown")]) == [second.digest: second.der]
        )
        try await ledger.close()
    }

    @Test(arguments: StoreForm.all)
    func
        `one that is used for something else has another period, and a clock that was set back ends none before it began`(
            form: StoreForm
        ) async throws
    {
        let ledger = try await form.open()
        let (stray, root) = (object("root", .intermediate), object("root", .anchor))
        try await ledger.keepValidationData([stray], since: at(10), at: at(10))
        try await ledger.keepValidationData([root], since: at(20), at: at(20))
        #expect(try await ledger.validationData(at: at(15)) == kinds(stray))
        #expect(try await ledger.validationData(at: at(25)) == kinds(root))
        try await ledger.keepValidationData([object("other", .anchor)], since: at(5), at: at(5))
        try await ledger.keepValidationData([root], since: at(30), at: at(30))
        #expect(try await ledger.validationData(at: at(35)) == kinds(root))
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
        try await ledger.keepValidationData([object("list 1")], since: at(0), at: at(0))
        try await ledger.keepValidationData([object("list 1")], since: at(1), at: at(1))
        #expect(try await leaves() == before + 1)
        try await ledger.keepValidationData([object("list 2")], since: at(2), at: at(2))
        #expect(try await leaves() == before + 2)
        try await ledger.close()
    }
}
