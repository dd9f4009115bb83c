import ExchangeCore
import ExchangeStore

// By what signatures were judged, and when; and which directory was the last in use.

extension MemoryTransaction {
    mutating func keepValidationData(_ inUse: [ValidationObject], since: Timestamp) throws {
        let objects = Dictionary(inUse.map { ($0.digest, $0) }) { first, _ in first }
        let digests = objects.keys.sorted()
        let before = store.validationInUse.ascending.map { (digest: $0.key, kind: $0.value.kind) }
        let isSame =
            before.count == digests.count && before.allSatisfy { objects[$0.digest]?.kind == $0.kind }
        guard !isSame else { return }
        for (digest, kind) in before where objects[digest]?.kind != kind { try end(digest, at: since) }
        for object in digests.compactMap({ objects[$0] }) where store.validationInUse[object.digest] == nil {
            if !store.validationObjects.contains(object.digest) {
                guard !object.der.isEmpty else { throw StoreError.invariant("an object in use has its bytes") }
                store.validationObjects[object.digest] = object.der
            }
            store.validationPeriods += 1
            store.validationInUse[object.digest] = ValidationUse(
                ordinal: store.validationPeriods, kind: object.kind, since: since)
        }
        append(
            AuditLeaf(
                .validationDataChanged, at: at, digest: digest(digests.flatMap(\.bytes)),
                note: "\(digests.count) objects"))
    }

    /// A clock that was set back ends nothing before it began.
    private mutating func end(_ digest: Digest, at since: Timestamp) throws {
        guard let use = store.validationInUse[digest] else { throw StoreError.invariant("no such object in use") }
        store.validationInUse[digest] = nil
        store.validationEnded[Pair(max(use.since, since), use.ordinal)] = (digest, use)
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

    /// In the order in which they came into use.
    var revocationListsInUse: [[UInt8]] {
        validationInUse.ascending.filter { $0.value.kind == .revocationList }
            .sorted { $0.value.ordinal < $1.value.ordinal }.compactMap { validationObjects[$0.key] }
    }

    func validationData(at moment: Timestamp) -> [Digest: ValidationObject.Kind] {
        let open = validationInUse.ascending.filter { $0.value.since <= moment }.map { ($0.key, $0.value.kind) }
        let ended = validationEnded.ascending(after: Pair(moment, .max)).map(\.value)
            .filter { $0.use.since <= moment }.map { ($0.digest, $0.use.kind) }
        return Dictionary(open + ended) { first, _ in first }
    }
}

/// What an object is used for, and since when.
struct ValidationUse: Sendable {
    /// Of this period among all of all objects.
    let ordinal: Int64
    let kind: ValidationObject.Kind
    let since: Timestamp
}
