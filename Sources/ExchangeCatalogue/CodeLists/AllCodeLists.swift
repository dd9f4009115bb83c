extension CodeList {
    /// Every list of the catalogue, in a fixed order.
    package static let all: [CodeList] =
        [
            .role, .requestPriority, .trafficLightProtocol, .taskStatus, .legalBasis, .yesNoUnknown,
            .traffickingStatus, .decisionMakingOrganisation, .methodsOfControl, .typeOfExploitation,
            .methodOfRecruitment,
            .roleInProcess, .forcedLabourIndustry, .vulnerability, .riskAxis, .dutchFormOfExploitation,
            .indicatorList, .indicatorStrength,
        ] + IndicatorList.all.map(\.codeList) + [
            .sex, .datePrecision, .birthDateSource, .country, .nationality,
            .talkType, .signalLocation, .signalDecision, .placementGround, .placementDecision, .consultationOutcome,
            .riskLevel, .receptionKind, .whereaboutsClass, .accompaniment, .departureRisk,
            .discipline, .meetingForm, .attendanceAnswer, .contributionRestriction,
        ]
}
