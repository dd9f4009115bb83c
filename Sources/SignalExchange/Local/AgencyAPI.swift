import HTTPTypes

/// What is the same for every request and answer of the API.
enum AgencyAPI {
    /// Semantic versioning: the major version stands in the path, all of it in the header `API-Version`.
    static let version = "1.0.0"
    static let root = "/v1"
    static let eventStreamType = "text/event-stream"

    /// What every answer bears. Content about a child is kept by no cache, and shown in no frame.
    static func headers(isOverTLS: Bool) -> [(HTTPField.Name, String)] {
        [
            (.apiVersion, version), (.cacheControl, "no-store"), (.xContentTypeOptions, "nosniff"),
            (.contentSecurityPolicy, "frame-ancestors 'none'"), (.frameOptions, "DENY"),
        ] + (isOverTLS ? [(.strictTransportSecurity, "max-age=31536000")] : [])
    }
}

extension HTTPField.Name {
    /// The key under which an agency may submit again without making a second message.
    static let idempotencyKey = own("Idempotency-Key")
    /// Where a stream of events broke off (HTML Living Standard §9.2).
    static let lastEventID = own("Last-Event-ID")
    static let apiVersion = own("API-Version")
    fileprivate static let frameOptions = own("X-Frame-Options")

    private static func own(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no field's name") }
        return name
    }
}
