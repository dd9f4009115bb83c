import ExchangeCore

/// A submission judged without a node: by its form, its type and what one message shows. There is no directory, so that
/// each role stands for one organisation; and no case, so that the rules of the case are not judged.
package enum Rehearsal {
    /// What would be sealed, with organisations of no community in it.
    ///
    /// - Parameter bytes: as ``Submission/parse(_:)`` takes them. Where they name no role, that of the first that may send
    ///   the type stands in.
    /// - Throws: ``ContentError`` for the first fault.
    package static func content(of bytes: [UInt8], by catalogue: Catalogue) throws(ContentError) -> SignedContent {
        let submission = try Submission.parse(bytes)
        let definition = try catalogue.definition(of: submission.type)
        guard let role = submission.role ?? definition.senderRoles.first else {
            preconditionFailure("\(definition.type) is sent by nobody")
        }
        let sender = Party(oin: organisation(Role.allCases.count), role: role)
        let answeredRole = definition.recipientRoles.first { $0 != role } ?? role
        let parties = try submission.parties(
            as: definition, sender: sender,
            answering: Party(oin: organisation(of: answeredRole), role: answeredRole),
            organisations: { [organisation(of: $0)] })
        let moment = Timestamp(milliseconds: 0)
        let id = MessageID(at: moment, random: Bytes16(high: 0, low: 0))
        let content = submission.content(
            as: definition, id: id, created: moment, sender: sender, recipients: parties.map { Recipient($0) },
            caseRef: CaseReference(random: Bytes16(high: 0, low: 0)), conversation: id)
        try catalogue.validate(content)
        try catalogue.judgeRecipients(
            of: content, by: .ofCatalogue, answering: Party(oin: organisation(of: answeredRole), role: answeredRole),
            in: CaseHistory([], of: catalogue))
        // What the form of content demands, such as a recipient that is named once.
        _ = try ContentCodec.encode(content)
        return content
    }

    private static func organisation(of role: Role) -> OIN {
        organisation(Role.allCases.firstIndex(of: role) ?? Role.allCases.count)
    }

    /// A number that only tests have, and no test of ours.
    private static func organisation(_ index: Int) -> OIN {
        guard let oin = OIN("00000099999999999" + String(100 + index)) else {
            preconditionFailure("the number of a rehearsal is an OIN")
        }
        return oin
    }
}
