import ExchangeCatalogue
import ExchangeCore
import Testing

struct CodeListTests {
    @Test func `ids are unique and every list has a version, a source and codes`() {
        #expect(Set(CodeList.all.map(\.id)).count == CodeList.all.count)
        for list in CodeList.all {
            #expect(!list.version.isEmpty && !list.source.isEmpty && !list.codes.isEmpty, "\(list.id)")
            #expect(list.codes.allSatisfy { list.contains($0.value) }, "\(list.id)")
        }
    }

    @Test func `every list that a type uses is among all lists`() {
        func lists(_ kind: FieldKind) -> [CodeList] {
            switch kind {
            case .code(let list), .codes(let list, _): [list]
            case .codeOfNamedList(let lists): lists
            case .object(let fields): fields.flatMap { lists($0.kind) }
            case .array(let element, _): lists(element)
            default: []
            }
        }
        for definition in Catalogue.standard.all {
            for list in definition.fields.flatMap({ lists($0.kind) }) {
                #expect(CodeList.all.contains(list), "\(list.id) of \(definition.type)")
            }
        }
    }

    @Test func `the country list is the whole of ISO 3166-1`() {
        #expect(CodeList.country.codes.count == 249)
        #expect(CodeList.country.codes.allSatisfy { $0.value.utf8.count == 3 })
        #expect(
            CodeList.country.contains("NLD") && CodeList.country.contains("ERI") && !CodeList.country.contains("XXA"))
    }

    @Test func `a stateless child has a nationality code`() { #expect(CodeList.nationality.contains("XXA")) }

    @Test func `the methods of control are the 17 of the definitions file`() {
        #expect(CodeList.methodsOfControl.codes.count == 17)
        #expect(CodeList.methodsOfControl.codes.allSatisfy { $0.value.hasPrefix("MethodsOfControl") })
        #expect(CodeList.methodsOfControl.contains("MethodsOfControlRestrictsMovement"))
    }

    @Test func `Delphi codes are dimension and row, with the list's weight`() {
        let list = IndicatorList.iloDelphiChildLabour
        #expect(list.codeList.codes.count == 10 + 10 + 15 + 8 + 15 + 7)
        #expect(list.strength(of: "2.4") == .strong && list.strength(of: "2.5") == .medium)
        #expect(list.codeList.codes.first { $0.value == "2.4" }?.meaning == "debt bondage")
        #expect(list.strength(of: "5.8") == .strong && list.strength(of: "5.9") == .medium)
        #expect(list.strength(of: "7.1") == nil && list.strength(of: "2.11") == nil)
        #expect(IndicatorList.unodcChild.strength(of: "16") == .notWeighted)
    }

    @Test func `a character that only looks like a letter is not that letter`() {
        #expect(!CodeList.country.contains("\u{212A}EN"))
        #expect(
            !CodeList.country.contains("nld") && !CodeList.country.contains("NLD ") && !CodeList.country.contains(""))
    }

    @Test func `the core's enumerations and their lists are the same`() {
        #expect(CodeList.role.codes.map(\.value) == Role.allCases.map(\.rawValue))
        #expect(CodeList.requestPriority.codes.map(\.value) == ["routine", "urgent", "asap", "stat"])
        #expect(CodeList.trafficLightProtocol.codes.map(\.value) == ["red", "amber+strict", "amber", "green", "clear"])
    }

    @Test func `a refusal shows the first codes of a long list and holds them all`() {
        let refusal = CodeList.country.refusal(at: FieldPath("x"))
        #expect(refusal.allowed.count == 249)
        #expect(refusal.message.contains("(249 codes)") && refusal.message.utf8.count < 300)
        #expect(refusal.list?.description == "iso-3166-1-alpha-3 version 2020")
    }
}
