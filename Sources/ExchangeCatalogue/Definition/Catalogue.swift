package import ExchangeCore

/// The message types that a node knows, in a fixed order.
package struct Catalogue: Sendable {
    /// In the order of the families.
    package let all: [MessageTypeDefinition]

    /// A type that is there twice is a fault of ours and stops the process.
    package init(_ definitions: [MessageTypeDefinition]) {
        precondition(Set(definitions.map(\.type)).count == definitions.count, "a type is there twice")
        all = definitions
    }

    /// What every node of this version knows. A new type is one file and one line here.
    package static let standard = Catalogue([
        .signalNotice,
        .signalResponse,
        .signalChange,
        .chainNotice,
        .groupRiskNotice,
        .registration,
        .placementRequest,
        .placementDecision,
        .arrivalConfirmation,
        .restPeriod,
        .firstHearing,
        .departureAlert,
        .missingRegistration,
        .searchProgress,
        .departureEnd,
        .unknownDestination,
        .conferenceInvitation,
        .conferenceAttendance,
        .conferenceContribution,
        .riskAnalysis,
        .conferenceDecision,
        .conferenceAction,
        .conferenceClosure,
        .statementRegistered,
        .statementRequest,
        .statementAccess,
        .interviewIntention,
        .reportMade,
        .reflectionPeriod,
        .investigationProgress,
        .residenceDecision,
        .exOfficioQuery,
        .exOfficioAnswer,
        .procedureChoice,
        .continuedResidence,
        .guidancePlan,
        .guidancePlanEnd,
        .comingOfAge,
        .careCoordination,
        .transferProposal,
        .transferHandover,
        .plausibilityRequest,
        .plausibilityAdvice,
        .traffickingStatusEvent,
        .ownership,
        .outcome,
        .caseQuery,
        .probe,
        .caseAnswer,
    ])

    package subscript(type: MessageType) -> MessageTypeDefinition? { all.first { $0.type == type } }

    /// The definition of a type in a version.
    /// - Throws: ``ContentError`` `type-unknown` or `version-unknown`, which name what this node knows.
    package func definition(of type: MessageType) throws(ContentError) -> MessageTypeDefinition {
        if let definition = self[type] { return definition }
        let versions = all.filter { $0.type.code == type.code }.map { String($0.type.version) }
        if versions.isEmpty {
            let codes = all.map(\.type.code)
            throw ContentError(
                .typeUnknown, at: FieldPath("type"), allowed: codes,
                "this node knows the types \(codes.joined(separator: ", "))")
        }
        throw ContentError(
            .versionUnknown, at: FieldPath("version"), allowed: versions,
            "this node knows \(type.code) in version \(versions.joined(separator: ", "))")
    }

    /// Checks what a type demands of content whose form ``ContentCodec`` has checked. The same check runs before
    /// sealing and after opening.
    /// - Throws: ``ContentError`` for the first fault.
    package func validate(_ content: SignedContent) throws(ContentError) {
        try definition(of: content.type).check(content)
    }
}
