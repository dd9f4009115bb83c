/// Code lists of IOM's Human Trafficking Case Data Standard (HTCDS) 2.0, CC BY 4.0; code names as they stand there.
extension CodeList {
    private static let htcds = "IOM, Human Trafficking Case Data Standard 2.0 (CC BY 4.0)"

    package static let traffickingStatus = CodeList(
        id: "htcds-trafficking-status", version: "2.0", source: htcds + ", vic_TraffickingStatus",
        codes: ["PossibleVictimOfTrafficking", "ActualVictimOfTrafficking", "NotAVictimOfTrafficking"])

    package static let decisionMakingOrganisation = CodeList(
        id: "htcds-decision-making-org", version: "2.0", source: htcds + ", vic_TraffickingStatusDecisionMakingOrg",
        codes: ["Police", "NGO", "CourtOrProsecution", "NonPoliceGovernmentalOrganization", "Other"])

    /// The 17 names of the definitions file; the standard's picklist lacks RestrictsMovement.
    package static let methodsOfControl = CodeList(
        id: "htcds-methods-of-control", version: "2.0", source: htcds + ", field definitions",
        codes: [
            "MethodsOfControlDebtBondage", "MethodsOfControlTakesEarnings", "MethodsOfControlRestrictsFinancialAccess",
            "MethodsOfControlThreats", "MethodsOfControlPsychologicalAbuse", "MethodsOfControlPhysicalAbuse",
            "MethodsOfControlSexualAbuse", "MethodsOfControlFalsePromises", "MethodsOfControlPsychoactiveSubstances",
            "MethodsOfControlRestrictsMovement", "MethodsOfControlRestrictsMedicalCare",
            "MethodsOfControlExcessiveWorkingHours", "MethodsOfControlUsesChildren",
            "MethodsOfControlThreatOfLawEnforcement", "MethodsOfControlWithholdsNecessities",
            "MethodsOfControlWithholdsDocuments", "MethodsOfControlOther",
        ])

    package static let typeOfExploitation = CodeList(
        id: "htcds-type-of-exploitation", version: "2.0", source: htcds + ", vic_TypeOfExploitation",
        codes: [
            "ForcedLabour", "SexualExploitation", "ChildLabour", "ForcedMarriage", "Servitude",
            "ForcedMilitaryByNonStateActors", "OrganRemoval", "ForcedBegging", "ForcedAdoption", "Surrogacy", "Other",
        ])

    package static let methodOfRecruitment = CodeList(
        id: "htcds-method-of-recruitment", version: "2.0", source: htcds + ", vic_MethodOfRecruitment",
        codes: [
            "AtAPlaceOfBusiness", "AtAnEducationalInstitution", "AtWork", "ThroughOnlineSocialNetworks",
            "ThroughAnOnlineAdvertisement", "ThroughATelevisionAdvert", "ThroughANewspaperAdvert",
            "ThroughFamilyOrFamilyEvents", "ThroughFriendsOrSocialEvents", "Other",
        ])

    package static let roleInProcess = CodeList(
        id: "htcds-role-in-process", version: "2.0", source: htcds + ", per_RoleInProcess",
        codes: [
            "TravellingPartner", "Transporter", "RecruiterOrIntermediary", "BrokerTravelAgent", "TransferredIndividual",
            "HarbouredIndividual", "SoldIndividual", "BoughtIndividual", "ReceivedIndividual", "ControlledIndividual",
            "Smuggler", "Abuser", "Kidnapper", "Exploiter", "Other",
        ])

    package static let forcedLabourIndustry = CodeList(
        id: "htcds-forced-labour-industry", version: "2.0", source: htcds + ", vic_ForcedLabourIndustry (ISIC rev. 4)",
        codes: [
            "A_AgricultureForestryAndFishing", "B_MiningAndQuarrying", "C_Manufacturing",
            "D_ElectricityGasSteamAndAirConditioningSupply", "E_WaterSupplySewerageWasteManagement", "F_Construction",
            "G_WholesaleAndRetailTradeRepairOfMotorVehicles", "H_TransportationAndStorage",
            "I_AccommodationAndFoodServiceActivities", "J_InformationAndCommunication",
            "K_FinancialAndInsuranceActivities", "L_RealEstateActivities",
            "M_ProfessionalScientificAndTechnicalActivities", "N_AdministrativeAndSupportServiceActivities",
            "O_PublicAdministrationAndDefence", "P_Education", "Q_HumanHealthAndSocialWorkActivities",
            "R_ArtsEntertainmentAndRecreation", "S_OtherServiceActivities", "T_ActivitiesOfHouseholdsAsEmployers",
            "U_ActivitiesOfExtraterritorialOrganizations",
        ])

    /// Deprecated in HTCDS 2.0 in favour of assessments, which define no codes yet; see ``riskAxis``.
    package static let vulnerability = CodeList(
        id: "htcds-vulnerabilities", version: "2.0", source: htcds + ", vic_Vulnerabilities (deprecated there)",
        codes: [
            "Addiction", "SocialGroup", "Discrimination", "Poverty", "DisabilityAndPhysicalHealth", "MentalHealth",
            "Migration", "Homelessness", "AbuseSocialMedia", "AbusePhysical", "Education", "WorkEnvironment",
        ])

    /// The three sections of HTCDS 2.0's assessment and planning.
    package static let riskAxis = CodeList(
        id: "htcds-risk-axis", version: "2.0", source: htcds + ", assessment and planning",
        codes: ["individual", "household", "community"])

    package static let supportPlanType = CodeList(
        id: "htcds-support-plan-type", version: "2.0", source: htcds + ", spl_Type",
        codes: [
            "Education", "Financial", "Health", "LabourExploitationRehabilitation", "Legal", "Livelihood",
            "RightsBasedTraining", "SexualExploitationRehabilitation", "SocialCare",
        ])

    /// The forms that Dutch police and policy distinguish; HTCDS has no code for forced criminality.
    package static let dutchFormOfExploitation = CodeList(
        id: "nl-vorm", version: "1", source: "forms under article 273f of the Dutch criminal code",
        codes: [
            Code("seksueel", "sexual"), Code("arbeid", "labour"), Code("crimineel", "forced criminality"),
            Code("orgaan", "organ removal"), Code("overig", "other"), Code("onbekend", "unknown"),
        ])
}
