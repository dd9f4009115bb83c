import ExchangeCore
import ExchangeStore

// By what signatures were judged, and when; and which directory was the last in use.

extension MemoryTransaction {
    mutating func keepValidationData(_ inUse: [ValidationObject]) throws {
        let objects = Dictionary(inUse.map { ($0.digest, $0) }) { first, _ in first }
        let digests = objects.keys.sorted()
        let before = store.validationDigestsInUse()
        guard digests != before.sorted() else { return }
        for digest in before where objects[digest] == nil { try end(digest) }
        for object in digests.compactMap({ objects[$0] }) where !before.contains(object.digest) {
            let known = store.validationOrdinals[object.digest]
            let isSound = !object.der.isEmpty && (object.kind == .revocationList) == object.keyIdentifier.isEmpty
            // As in the SQLite form, which passes over an object that its table does not take.
            guard known != nil || isSound else { continue }
            let ordinal = known ?? Int64(store.validationObjects.count) + 1
            if known == nil {
                store.validationObjects[ordinal] = object
                store.validationOrdinals[object.digest] = ordinal
            }
            store.validationInUse[ordinal] = at
        }
        append(
            AuditLeaf(
                .validationDataChanged, at: at, digest: digest(digests.flatMap(\.bytes)),
                note: "\(digests.count) objects"))
    }

    private mutating func end(_ digest: Digest) throws {
        guard let ordinal = store.validationOrdinals[digest], let from = store.validationInUse[ordinal] else {
            throw StoreError.invariant("no such object in use")
        }
        store.validationInUse[ordinal] = nil
        store.validationEnded[Triple(at, from, ordinal)] = ()
    }

    mutating func adoptDirectory(_ directory: DirectoryMark) throws -> DirectoryAdoption {
        let latest = store.latestDirectory
        let adoption = directory.adoption(after: latest)
        guard adoption == .inUse, latest != directory else { return adoption }
        guard directory.version > 0 else { throw StoreError.invariant("directories are counted from 1") }
        store.directories[directory.version] = directory
        append(AuditLeaf(.directoryInstalled, at: at, digest: directory.digest, note: "version \(directory.version)"))
        tell(.directoryAdopted)
        return .inUse
    }
}

extension MemoryStore {
    var latestDirectory: DirectoryMark? { directories.last?.value }

    /// In the order in which they were first noted.
    var validationDataInUse: [ValidationObject] { validationInUse.ascending.compactMap { validationObjects[$0.key] } }

    fileprivate func validationDigestsInUse() -> [Digest] { validationDataInUse.map(\.digest) }

    /// - Parameter delay: how much later than it judged by them a node may have noted fresh ones.
    func validationData(at moment: Timestamp, delay: Milliseconds) -> [ValidationObject] {
        let latest = moment + delay
        let lowest = Timestamp(milliseconds: .min)
        let open = validationInUse.ascending.filter { $0.value <= latest }.map(\.key)
        let ended = validationEnded.ascending(from: Triple(moment, lowest, 0)).filter { $0.key.second <= latest }
            .map(\.key.third)
        return Set(open + ended).sorted().compactMap { validationObjects[$0] }
    }

    func signers(named keyIdentifier: [UInt8]) -> [ValidationObject] {
        validationObjects.descending.map(\.value).filter { $0.kind == .signer && $0.keyIdentifier == keyIdentifier }
    }
}
