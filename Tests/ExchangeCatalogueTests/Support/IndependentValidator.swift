import ExchangeCatalogue
import Foundation
import Testing

/// A JSON Schema validator that shares nothing with ours: python3-jsonschema of Debian.
enum IndependentValidator {
    private static let interpreter = "/usr/bin/python3"

    /// One judgement: whether the document at `$defs/…` or as a whole fits the schema.
    struct Question {
        let schema: JSONValue
        let document: JSONValue
    }

    static let isPresent: Bool = (try? run("import jsonschema", input: [])) != nil

    /// The newest draft that the installed version supports judges; before 2020-12 that is draft 7, which reads these
    /// schemas too but ignores what stands beside a `$ref`, descriptions only.
    private static let script = """
        import json, sys, warnings
        warnings.simplefilter("ignore")
        import jsonschema
        draft = getattr(jsonschema, "Draft202012Validator", None) or jsonschema.Draft7Validator
        questions = json.load(sys.stdin)
        validators = []
        for schema in questions["schemas"]:
            draft.check_schema(schema)
            validators.append(draft(schema))
        verdicts = [not any(True for _ in validators[index].iter_errors(document))
                    for index, document in questions["documents"]]
        json.dump({"draft": draft.__name__, "verdicts": verdicts}, sys.stdout)
        """

    /// - Returns: for each question whether the document fits.
    static func judge(_ questions: [Question]) throws -> [Bool] {
        var schemas: [JSONValue] = []
        var documents: [JSONValue] = []
        for question in questions {
            let index = schemas.firstIndex(of: question.schema) ?? schemas.count
            if index == schemas.count { schemas.append(question.schema) }
            documents.append([.integer(Int64(index)), question.document])
        }
        let limits = JSONLimits(byteCount: 64 << 20, depth: 64)
        let input = try JSONWriter.write(["schemas": .array(schemas), "documents": .array(documents)], limits: limits)
        let answer = try JSONParser.parse(run(script, input: input), limits: limits)
        guard case .object(let object) = answer, case .array(let verdicts)? = object["verdicts"] else { return [] }
        print("independent validator: jsonschema, \(object["draft"]?.text ?? "unknown draft")")
        return verdicts.map { $0 == true }
    }

    private static func run(_ script: String, input: [UInt8]) throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Input through a file: a pipe would fill up while the other one is read.
        let inputFile = folder.appending(path: "input.json")
        try Data(input).write(to: inputFile)
        let process = Process()
        process.executableURL = URL(filePath: interpreter)
        process.arguments = ["-c", script]
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.standardError
        try process.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
        return Array(answer)
    }

    struct Failure: Error {
        let status: Int32
    }
}
