import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import HTTPTypes
import Hummingbird
import NIOCore

/// How requests on the local API are read into the model's types, each error naming what may stand there.
extension Request {
    /// The caller's key; those of the node's own beginning are its own.
    func idempotencyKey() throws(NodeError) -> String? {
        let key = headers[.idempotencyKey]
        guard key?.hasPrefix(WatchedFolder.keyPrefix) != true else {
            throw NodeError(
                .idempotencyKeyInvalid,
                "keys that begin with \(WatchedFolder.keyPrefix) are the node's own; use another")
        }
        return key
    }

    func collectLocal() async throws -> [UInt8] {
        let maximumBytes = JSONLimits.localRequest.byteCount
        do {
            return Array(try await body.collect(upTo: maximumBytes).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw NodeError(.requestTooLarge, "shorten the request to \(maximumBytes) bytes")
        }
    }

    func localObject(members: [String]) async throws -> ObjectReader {
        try ObjectReader(
            JSONParser.parse(try await collectLocal(), limits: .localRequest), at: .document, members: members)
    }

    /// Why a person moves a delivery, in the words that are kept and declared to the partner: they begin with the role
    /// in which it was done. A withdrawal is somebody's, always. And the message that is meant, where it is named.
    func declaration(for event: TransportEvent) async throws -> (reason: String, message: MessageID?) {
        let reader = try await localObject(members: ["role", "reason", "message"])
        let message = try reader.optionalMessageID("message")
        let role = reader.optional("role") == nil ? nil : try reader.text("role")
        let reason = try reader.text("reason")
        if role == nil, event == .withdrawnByPerson {
            throw NodeError(.requestInvalid, "role: say who withdraws it, by duty role, such as duty-officer")
        }
        if let role, role.allSatisfy(\.isWhitespace) {
            throw NodeError(.requestInvalid, "role: give a duty role, such as duty-officer")
        }
        let declared = (role.map { $0 + ": " } ?? "") + reason
        guard !reason.allSatisfy(\.isWhitespace), declared.utf8.count <= ProtocolLimits.detailMaximumBytes else {
            throw NodeError(
                .requestInvalid,
                "reason: give one; with the role it may have \(ProtocolLimits.detailMaximumBytes) bytes at most")
        }
        return (declared, message)
    }
}

extension LocalRequestContext {
    var messageID: MessageID {
        get throws {
            try MessageID(try parameters.require("id")).orThrow("name a message by its id, a UUIDv7 in lower case")
        }
    }

    var caseReference: CaseReference {
        get throws {
            try CaseReference(try parameters.require("reference"))
                .orThrow("name the case by its reference, a UUIDv4 in lower case")
        }
    }

    var deliveryKey: DeliveryKey {
        get throws {
            let partner = try OIN(try parameters.require("partner")).orThrow("name the partner by its OIN")
            let highest = ProtocolLimits.sequenceNumberMaximum
            let number = try UInt64(try parameters.require("number")).flatMap { $0 <= highest ? $0 : nil }.orThrow(
                "name the delivery by its number, as `queue list` shows it: 0 to \(highest)")
            return DeliveryKey(partner: partner, number: SequenceNumber(number))
        }
    }

    var consumerName: ConsumerName {
        get throws { try ConsumerName(try parameters.require("name")).orThrow(Self.nameAdvice) }
    }

    /// One that a caller may make, move or remove: the node's own are its own.
    var foreignConsumerName: ConsumerName {
        get throws {
            let name = try consumerName
            guard !name.isOwn else {
                throw NodeError(.notPermitted, "\(name) is the node's own consumer; use a name of another beginning")
            }
            return name
        }
    }

    private static let nameAdvice =
        "name a consumer with 1 to \(ConsumerName.maximumBytes) lower-case letters and digits, and single hyphens between"
}

extension DeliveryFilter {
    static let parameters = ["open", "partner", "caseRef", "limit", "after"]

    init(_ request: Request) throws {
        self.init()
        let parameters = request.uri.queryParameters
        partner = try request.partnerAsked()
        if let text = parameters["caseRef"] {
            caseReference = try CaseReference(text).orThrow("caseRef: use a case reference, a UUIDv4")
        }
        onlyOpen = try request.flagAsked("open")
        (after, maximumItems) = try request.pageAsked()
    }
}

extension InboxFilter {
    static let parameters = ["state", "limit", "after"]

    init(_ request: Request) throws {
        self.init()
        if let text = request.uri.queryParameters["state"] {
            let names = InboxState.allCases.map(\.rawValue).joined(separator: ", ")
            states = try text.split(separator: ",", omittingEmptySubsequences: false).map {
                try InboxState(rawValue: String($0)).orThrow("state: use one or more of \(names), with commas between")
            }
        }
        (after, maximumItems) = try request.pageAsked()
    }
}

extension Request {
    private static let pageMaximumItems = 1000
    private static let waitMaximumSeconds: Int64 = 600

    /// A filter with a slip in its name would list what was not asked for, and nobody would notice.
    func demandParameters(_ known: [String]) throws(NodeError) {
        var seen: Set<Substring> = []
        for (name, _) in uri.queryParameters {
            guard known.contains(String(name)) else {
                let advice = known.isEmpty ? "leave it out" : "use \(known.joined(separator: ", "))"
                throw NodeError(.requestInvalid, "\(name): this request has no such parameter; \(advice)")
            }
            guard seen.insert(name).inserted else { throw NodeError(.requestInvalid, "\(name): give it once") }
        }
    }

    /// A parameter that is `false` where it is left out.
    func flagAsked(_ name: Substring) throws(NodeError) -> Bool {
        switch uri.queryParameters[name] {
        case nil, "false": false
        case "true": true
        default: throw NodeError(.requestInvalid, "\(name): use true or false")
        }
    }

    /// How long the answer may be kept back until what is waited for has happened.
    func waitAsked() throws(NodeError) -> Milliseconds {
        guard let text = uri.queryParameters["waitSeconds"] else { return .zero }
        return .seconds(
            try Int64(text).flatMap { (0...Self.waitMaximumSeconds).contains($0) ? $0 : nil }
                .orThrow("waitSeconds: use 0 to \(Self.waitMaximumSeconds)"))
    }

    /// Behind which number a list begins.
    func numberAsked(_ name: Substring) throws(NodeError) -> Int64? {
        guard let text = uri.queryParameters[name] else { return nil }
        return try Int64(text).flatMap { $0 >= 0 ? $0 : nil }.orThrow("\(name): use the `next` of the answer before")
    }

    /// How many entries a page of a feed may have.
    func feedLimitAsked() throws(NodeError) -> Int {
        guard let text = uri.queryParameters["limit"] else { return ConsumerViews.pageDefaultItems }
        let highest = ConsumerViews.pageMaximumItems
        return try Int(text).flatMap { (1...highest).contains($0) ? $0 : nil }.orThrow("limit: use 1 to \(highest)")
    }

    /// Whether what happens is to be sent as it happens.
    var asksForEvents: Bool { headers[.accept]?.contains(AgencyAPI.eventStreamType) == true }

    /// Whose deliveries are asked for; everybody's where it is left out.
    func partnerAsked() throws(NodeError) -> OIN? {
        guard let text = uri.queryParameters["partner"] else { return nil }
        return try OIN(text).orThrow("partner: use an OIN, 20 positions")
    }

    /// How far a delivery shall be for the answer that is kept back.
    func progressAsked() throws(NodeError) -> AwaitedProgress {
        guard let text = uri.queryParameters["until"] else { return .answered }
        let names = AwaitedProgress.allCases.map(\.rawValue).joined(separator: ", ")
        return try AwaitedProgress(rawValue: String(text)).orThrow("until: use one of \(names)")
    }

    /// Which page of a list is asked for: behind which position, and how many entries it may have.
    fileprivate func pageAsked() throws -> (after: ListPosition?, maximumItems: Int) {
        let parameters = uri.queryParameters
        let after = try parameters["after"].map {
            try ListPosition(String($0)).orThrow("after: use the `next` of the page before")
        }
        let limit = try parameters["limit"].map { text in
            try Int(text).flatMap { (1...Self.pageMaximumItems).contains($0) ? $0 : nil }
                .orThrow("limit: use 1 to \(Self.pageMaximumItems), and `after` for what follows")
        }
        return (after, limit ?? Self.pageMaximumItems)
    }
}

extension Optional {
    func orThrow(_ message: String) throws(NodeError) -> Wrapped {
        guard let self else { throw NodeError(.requestInvalid, message) }
        return self
    }
}
