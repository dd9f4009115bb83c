import ExchangeCore

extension SignedContent {
    /// What must hold between the members whatever the type is. Checked when content is written and when it is read.
    func checkConsistency() throws(ContentError) {
        try checkRecipients()
        try checkLegalBasis()
        if inReplyTo == id { throw selfReference("inReplyTo") }
        if supersedes == id { throw selfReference("supersedes") }
        guard attachments.count <= Self.attachmentCountLimit else {
            throw ContentError(
                .fieldInvalid, at: FieldPath("attachments"),
                "attach at most \(Self.attachmentCountLimit) files to one message")
        }
        for (index, attachment) in attachments.enumerated() {
            _ = try AttachmentDescriptor(attachment.json, at: FieldPath("attachments").element(index))
        }
        // A year of five digits would be written and not read.
        guard Timestamp(created.description) == created else {
            throw ContentError(.fieldInvalid, at: FieldPath("created"), "put \(Form.timestamp) here")
        }
    }

    /// A delivery is one message to one organisation: listed twice it would have two fates, and nobody is told by
    /// themselves.
    private func checkRecipients() throws(ContentError) {
        let path = FieldPath("recipients")
        guard Self.recipientCountRange.contains(recipients.count) else {
            throw ContentError(
                .fieldInvalid, at: path,
                "name \(Self.recipientCountRange.lowerBound) to \(Self.recipientCountRange.upperBound) recipients")
        }
        for (index, recipient) in recipients.enumerated() {
            let place = path.element(index)
            if recipient.party.oin == sender.oin {
                throw ContentError(.fieldInvalid, at: place.member("oin"), "remove the sender from its recipients")
            }
            if recipients[..<index].contains(where: { $0.party.oin == recipient.party.oin }) {
                throw ContentError(.fieldInvalid, at: place.member("oin"), "name each organisation once")
            }
            if recipient.previous == id {
                throw ContentError(
                    .fieldInvalid, at: place.member("previous"), "name an earlier message, not this one")
            }
        }
    }

    private func checkLegalBasis() throws(ContentError) {
        let path = FieldPath("legalBasis")
        guard Self.legalBasisCountRange.contains(legalBasis.count) else {
            throw ContentError(
                .fieldInvalid, at: path,
                "name \(Self.legalBasisCountRange.lowerBound) to \(Self.legalBasisCountRange.upperBound) legal bases")
        }
        for (index, code) in legalBasis.enumerated() {
            guard CodeList.legalBasis.contains(code) else { throw CodeList.legalBasis.refusal(at: path.element(index)) }
            guard !legalBasis[..<index].contains(code) else {
                throw ContentError(.fieldInvalid, at: path.element(index), "name each legal basis once")
            }
        }
    }

    private func selfReference(_ name: String) -> ContentError {
        ContentError(.fieldInvalid, at: FieldPath(name), "name another message, not this one")
    }
}
