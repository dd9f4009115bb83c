extension CodeList {
    /// Every list of the catalogue, in a fixed order.
    package static let all: [CodeList] =
        [
            .role, .requestPriority, .trafficLightProtocol, .taskStatus, .legalBasis, .yesNoUnknown,
            .accountScope, .toldStanding,
            .traffickingStatus, .decisionMakingOrganisation, .methodsOfControl, .typeOfExploitation,
            .methodOfRecruitment,
            .roleInProcess, .forcedLabourIndustry, .vulnerability, .riskAxis, .supportPlanType,
            .dutchFormOfExploitation,
            .indicatorList, .indicatorStrength,
        ] + IndicatorList.all.map(\.codeList) + [
            .sex, .datePrecision, .birthDateSource, .country, .nationality,
            .talkType, .signalLocation, .signalDecision, .placementGround, .placementDecision, .consultationOutcome,
            .riskLevel, .receptionKind, .whereaboutsClass, .accompaniment, .departureRisk,
            .discipline, .meetingForm, .attendanceAnswer, .contributionRestriction,
            .signalChange, .departureUrgency, .missingAlertCategory, .searchStatus, .credibility, .departureEnd,
            .foundBy, .yesNoNotYet, .conferenceDecision, .closureReason,
            .statementForm, .statementTopic, .reuseConsent, .statementPurpose, .accessAnswer, .accessGround,
            .cooperationKind, .investigationStatus, .permitDecision, .exOfficioReason, .exOfficioQuestion,
            .procedureTrack, .procedureEvent, .continuedResidenceGround, .consentGiver,
            .careCoordinationEvent, .stayProposal, .transferKind, .plausibility,
        ]
}
