/// Lists that describe a person: ISO codes, and how well a birth date is known.
extension CodeList {
    package static let sex = CodeList(
        id: "iso-5218", version: "2022", source: "ISO/IEC 5218",
        codes: [Code("0", "not known"), Code("1", "male"), Code("2", "female"), Code("9", "not applicable")])

    /// A birth date may be estimated or disputed: the age-18 switch must know how far it can rely on it.
    package static let datePrecision = CodeList(
        id: "date-precision", version: "1", source: "this project",
        codes: [
            Code("day", "the date is exact"), Code("month", "the day is not known and set to 01"),
            Code("year", "month and day are not known and set to 01"), Code("estimated", "the year is an estimate"),
        ])

    package static let birthDateSource = CodeList(
        id: "birth-date-source", version: "1", source: "this project",
        codes: ["document", "own-statement", "age-assessment", "other"])

    /// All 249 country codes.
    package static let country = CodeList(
        id: "iso-3166-1-alpha-3", version: "2020", source: "ISO 3166-1:2020, alpha-3", codes: countryCodes)

    /// Countries, and those who have none: without them a stateless child could not be placed.
    package static let nationality = CodeList(
        id: "nationality", version: "1",
        source: "ISO 3166-1:2020, alpha-3; ICAO Doc 9303-3 section 5 for persons without a defined nationality",
        codes: countryCodes + [
            Code("RKS", "Kosovo"), Code("XXA", "stateless person"), Code("XXB", "refugee (1951 convention)"),
            Code("XXC", "refugee, other"),
            Code("XXX", "nationality unspecified or unknown"),  // ICAO's code on passports, Doc 9303-3 section 5.
        ])

    private static let countryCodes = """
        ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR
        BHS BIH BLM BLR BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL
        COM CPV CRI CUB CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK
        FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HMD HND HRV
        HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO
        LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG
        MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN PCN
        PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU SDN SEN SGP SGS SHN SJM SLB SLE
        SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON TTO
        TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE
        """.split(whereSeparator: \.isWhitespace).map { Code(String($0)) }
}
