import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import HTTPTypes
import Hummingbird

/// The requests of who operates the node. An operation is the last part of a path and begins with `_`.
extension LocalServer {
    func addOperation(to routes: inout LocalRoutes) {
        let (context, links) = (context, links)
        for (name, event) in [
            ("_hold", TransportEvent.heldByOperator), ("_release", .releasedByOperator),
            ("_withdraw", .withdrawnByPerson),
        ] {
            routes.add(.post, "deliveries/:partner/:number/\(name)", for: .operator) { request, requestContext in
                let key = try requestContext.deliveryKey
                let declaration = try await request.declaration(for: event)
                guard let meant = try await context.ledger.delivery(key) else { throw NodeError(unknown: key) }
                // Numbers move while a channel is got back: who looked before that means another message.
                let isRecovering = try await context.ledger.account(with: key.partner).standing.isRecovering
                guard declaration.message != nil || !isRecovering else {
                    throw NodeError(
                        .stepNotPossible,
                        "this node is getting back from this partner what it had sent to it, so that the number may stand "
                            + "for another message than before: look again, and name the message too "
                            + "(now `--message \(meant.shownID)`)")
                }
                // The partner's id of a message that is lost here is the one that people know.
                let named = declaration.message.map { $0 == meant.shownID ? meant.message.id : $0 }
                let isMoved = try await context.ledger.moveTransport(
                    key, event, of: named ?? meant.message.id, reason: declaration.reason,
                    by: requestContext.caller.actor, at: context.now.wall)
                guard let found = try await context.ledger.delivery(key) else { throw NodeError(unknown: key) }
                guard isMoved else {
                    guard found.message.id == named ?? found.message.id else {
                        throw NodeError(
                            .stepNotPossible,
                            "number \(key.number) stands for another message, \(found.shownID); look again "
                                + "(`exchange-node queue list`)")
                    }
                    throw NodeError(.stepNotPossible, found.objection)
                }
                return LocalReply([
                    "done": true, "message": .string(found.shownID.description),
                    "state": .string(found.state.rawValue),
                ])
            }
        }
        routes.add(.post, "alarms/:code/_clear", for: .operator) { request, requestContext in
            let code = try AlarmCode(rawValue: try requestContext.parameters.require("code")).orThrow(
                "code: use one of \(AlarmCode.allCases.map(\.rawValue).joined(separator: ", "))")
            // An operator who ends it would end what the next one sees of a child, and not what is owed.
            guard code != .acknowledgementOverdue else {
                throw NodeError(
                    .requestInvalid,
                    "\(code.rawValue) ends by itself, when what is owed is there; note a call with `exchange-node queue told`, "
                        + "or withdraw what was sent with `exchange-node queue withdraw`")
            }
            let reader = try await request.localObject(members: ["partner", "message"])
            let partner = try reader.optionallyParsed("partner", form: "an OIN") { OIN($0) }
            let message = try reader.optionalMessageID("message")
            let open = try await context.ledger.alarms(includingCleared: false).map(\.alarm).filter { $0.code == code }
            let count = open.count {
                $0.partner == partner && (message == nil || $0.messageID == message)
            }
            guard count > 0 else {
                let others = Set(open.map(\.partner)).subtracting([partner]).map { other in
                    "`exchange-node alarms clear \(code.rawValue)" + (other.map { " --partner \($0)" } ?? "") + "`"
                }.sorted()
                throw NodeError(
                    .requestInvalid,
                    "no alarm \(code.rawValue) of that partner and message is open, so that none was cleared; "
                        + (others.isEmpty
                            ? "see `exchange-node alarms`"
                            : "those that are open are cleared with \(others.prefix(8).joined(separator: ", "))"))
            }
            if let message {
                try await context.ledger.clear(code, partner: partner, messageID: message, at: context.now.wall)
            } else {
                try await context.ledger.clearAll(code, partner: partner, at: context.now.wall)
            }
            return LocalReply(["cleared": .integer(Int64(count))])
        }
        routes.add(.post, "store/_backup", for: .operator) { request, requestContext in
            let reader = try await request.localObject(members: ["file"])
            let path = try reader.text("file")
            let backup = try await StoreCopy(context).make(at: path, by: requestContext.caller.actor)
            return LocalReply([
                "file": .string(path), "bytes": .integer(backup.byteCount),
                "partners": .integer(Int64(backup.partnerCount)),
            ])
        }
        routes.add(.post, "partners/_greet", for: .operator) { _, _ in
            for driver in links.all { driver.greet() }
            return LocalReply(["greeted": .integer(Int64(links.all.count))])
        }
        routes.add(.post, "directory/_reload", for: .operator) { _, _ in
            let community = try context.communityHolder.reload(context.now)
            try await context.adoptDirectory()
            links.followDirectory()
            return LocalReply(["directoryVersion": .integer(community.directory.version)])
        }
    }
}

extension NodeError {
    fileprivate init(unknown key: DeliveryKey) {
        self.init(
            .deliveryUnknown,
            "no delivery \(key.number) to \(key.partner); see `exchange-node queue list --partner \(key.partner)`")
    }
}

extension DeliveryEntry {
    /// Why an operator's step cannot be taken: the state, since when, and what it means for who has to be told.
    fileprivate var objection: String {
        if message.type == ChannelRecovery.lostType, transport == .held {
            return
                "its content was lost with this node's store and no partner gave it back, so that there is nothing to "
                + "send: withdraw it, and send it again as a new message if they have to know"
        }
        return switch transport {
        case .receipted:
            "receipted since \(receiptedAt?.description ?? "before"): the partner HAS it, and it cannot be withdrawn, held "
                + "or released; call them"
        case .refused:
            "the partner refused it (\(detail)): it is sent no more, so that nothing is to be held or released; withdraw "
                + "it, or send a new message that supersedes it"
        case .withdrawn:
            "it was withdrawn (\(detail)), which is final: nobody is sent it any more, and no receipt is here; send a new "
                + "message if they have to know"
        case .held:
            "it is held already (\(detail)): it is not sent until it is released (`queue release`, or `_release` on the "
                + "API)"
        case .open: "it is not held: it is on its way, and the node goes on by itself"
        }
    }
}
