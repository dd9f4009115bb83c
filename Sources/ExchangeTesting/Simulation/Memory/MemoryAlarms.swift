import ExchangeCore
import ExchangeStore

extension MemoryTransaction {
    /// Opens an alarm, or counts it where it is open already; its detail is then the latest, its time the first.
    ///
    /// An alarm that opens has an audit leaf. Beyond ``StoreLimits/alarmsMaximumOpen`` of one code and partner, and of no
    /// partner for each sender, further messages count on one row of no message.
    mutating func raise(_ alarm: Alarm) {
        let share = share(of: alarm)
        let messageID = isCrowded(alarm, share: share) ? nil : alarm.messageID
        let key = alarmKey(alarm.code, alarm.partner, messageID)
        tell(.alarmsChanged)
        if let ordinal = store.openAlarmKeys[key], let known = store.alarms[ordinal] {
            let first = known.alarm
            store.alarms[ordinal] = AlarmEntry(
                alarm: Alarm(
                    code: first.code, partner: first.partner, messageID: first.messageID, detail: alarm.detail,
                    at: first.at),
                count: known.count + 1, clearedAt: nil)
            return
        }
        let ordinal = Int64(store.alarms.count) + 1
        store.alarms[ordinal] = AlarmEntry(
            alarm: Alarm(
                code: alarm.code, partner: alarm.partner, messageID: messageID, detail: alarm.detail, at: alarm.at),
            count: 1, clearedAt: nil)
        let counted = Triple(key.first, key.second, messageID == nil ? "" : share)
        store.openAlarms[ordinal] = counted
        store.openAlarmKeys[key] = ordinal
        store.openAlarmCounts[counted, default: 0] += 1
        append(
            AuditLeaf(
                .alarmRaised, at: alarm.at, messageID: messageID, partner: alarm.partner, note: alarm.code.rawValue))
    }

    /// Whose share of the open alarms it counts on: of one that names no partner, that of the message's sender.
    private func share(of alarm: Alarm) -> String {
        guard alarm.partner == nil, let message = alarm.messageID else { return "" }
        return store.messages[message]?.summary.sender.oin.text ?? ""
    }

    private func isCrowded(_ alarm: Alarm, share: String) -> Bool {
        let key = alarmKey(alarm.code, alarm.partner, alarm.messageID)
        guard alarm.messageID != nil, !store.openAlarmKeys.contains(key) else { return false }
        return store.openAlarmCounts[Triple(key.first, key.second, share)] ?? 0 >= limits.alarmsMaximumOpen
    }

    /// Clears exactly this alarm: that of the message, or the one of no message.
    mutating func clear(_ code: AlarmCode, partner: OIN?, messageID: MessageID?, at: Timestamp) {
        let key = alarmKey(code, partner, messageID)
        if store.openAlarmKeys.contains(key) { end([key], at: at) }
    }

    /// Clears the alarms of a code and partner, whatever their message.
    mutating func clearAll(_ code: AlarmCode, partner: OIN?, at: Timestamp) {
        let first = alarmKey(code, partner, nil)
        let keys = store.openAlarmKeys.ascending(from: first).rows {
            $0.first == first.first && $0.second == first.second
        }
        if !keys.isEmpty { end(keys.map(\.key), at: at) }
    }

    private mutating func end(_ keys: [Triple<String, String, Bytes16>], at: Timestamp) {
        for key in keys {
            guard let ordinal = store.openAlarmKeys[key], let known = store.alarms[ordinal] else { continue }
            store.alarms[ordinal] = AlarmEntry(alarm: known.alarm, count: known.count, clearedAt: at)
            if let counted = store.openAlarms[ordinal] { store.openAlarmCounts[counted, default: 0] -= 1 }
            store.openAlarms[ordinal] = nil
            store.openAlarmKeys[key] = nil
        }
        tell(.alarmsChanged)
    }

    /// The message of none is zero, which is the id of no message.
    private func alarmKey(
        _ code: AlarmCode, _ partner: OIN?, _ messageID: MessageID?
    ) -> Triple<String, String, Bytes16> {
        Triple(code.rawValue, partner?.text ?? "", messageID?.value ?? Bytes16(high: 0, low: 0))
    }

    /// Appends a leaf to the audit log: its hash is `SHA-256(hash before ‖ DER of the leaf)`, the first on 32 zero bytes.
    mutating func append(_ leaf: AuditLeaf) {
        let last = store.audit.last
        let bytes = leaf.wireBytes
        let hash = digest((last?.value.hash ?? .zero).bytes + bytes)
        store.audit[(last?.key ?? 0) + 1] = StoredLeaf(leaf: bytes, hash: hash)
    }
}

extension MemoryStore {
    /// In the order in which they were first raised, without their cases.
    func alarmEntries(includingCleared: Bool) -> [AlarmEntry] {
        includingCleared ? alarms.ascending.map(\.value) : openAlarms.ascending.compactMap { alarms[$0.key] }
    }

    /// The same with the case of each.
    func alarmsWithCases(includingCleared: Bool) -> [AlarmEntry] {
        alarmEntries(includingCleared: includingCleared).map { entry in
            AlarmEntry(
                alarm: entry.alarm, caseReference: caseReference(of: entry.alarm), count: entry.count,
                clearedAt: entry.clearedAt)
        }
    }

    private func caseReference(of alarm: Alarm) -> CaseReference? {
        guard let id = alarm.messageID else { return nil }
        if let kept = messages[id], kept.summary.type != ChannelRecovery.lostType { return kept.summary.caseReference }
        let word = words(on: id).first { $0.word.speaker == alarm.partner }
        return word.flatMap { messages[$0.word.saidIn] }?.summary.caseReference
    }

    /// Walks the chain from its first leaf.
    func verifyAuditChain(digest: DigestFunction) -> AuditChainState {
        var head = Digest.zero
        var leaves = 0
        for (ordinal, row) in audit.ascending {
            head = digest(head.bytes + row.leaf)
            guard ordinal == leaves + 1, row.hash == head else { return .broken(atLeaf: leaves + 1) }
            leaves += 1
        }
        return .intact(leaves: leaves, head: head)
    }
}

extension Table {
    /// The row of a key, or what is written in its place.
    fileprivate subscript(key: Key, default value: Value) -> Value {
        get { self[key] ?? value }
        set { self[key] = newValue }
    }
}
