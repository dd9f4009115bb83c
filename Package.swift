// swift-tools-version: 6.2
import PackageDescription

// One list of settings for all targets: warnings stop the build, and `any` and imports are spelled out.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "signal-exchange",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "SignalExchange", targets: ["SignalExchange"]),
        .library(name: "ExchangeTesting", targets: ["ExchangeTesting"]),
        .executable(name: "exchange-node", targets: ["exchange-node"]),
        .executable(name: "exchange-lab", targets: ["exchange-lab"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
        .package(url: "https://github.com/apple/swift-asn1", .upToNextMinor(from: "1.7.4")),
        .package(url: "https://github.com/apple/swift-collections", .upToNextMinor(from: "1.6.0")),
        .package(
            url: "https://github.com/apple/swift-configuration", .upToNextMinor(from: "1.4.0"), traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-http-types", .upToNextMinor(from: "1.8.0")),
        .package(url: "https://github.com/apple/swift-log", .upToNextMinor(from: "1.16.2")),
        .package(url: "https://github.com/apple/swift-metrics", .upToNextMinor(from: "2.13.0")),
        .package(url: "https://github.com/apple/swift-nio", .upToNextMinor(from: "2.101.2")),
        .package(url: "https://github.com/apple/swift-nio-extras", .upToNextMinor(from: "1.35.2")),
        .package(url: "https://github.com/apple/swift-nio-ssl", .upToNextMinor(from: "2.37.6")),
        .package(url: "https://github.com/groue/GRDB.swift", .upToNextMinor(from: "7.10.0")),
        .package(url: "https://github.com/hummingbird-project/hummingbird", .upToNextMinor(from: "2.28.1")),
        .package(url: "https://github.com/swift-server/async-http-client", .upToNextMinor(from: "1.37.0")),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle", .upToNextMinor(from: "2.13.0")),
        .package(url: "https://github.com/swiftlang/swift-subprocess", .upToNextMinor(from: "1.0.2"), traits: []),
        .package(url: "https://github.com/apple/swift-system", .upToNextMinor(from: "1.8.1")),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL"),
        .target(name: "CFaultyDisk", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "ExchangeCore",
            dependencies: [
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: house),
        .target(name: "ExchangeCatalogue", dependencies: ["ExchangeCore"], swiftSettings: house),
        .target(
            name: "ExchangeCMS",
            dependencies: [
                "COpenSSL", "ExchangeCore", .product(name: "SwiftASN1", package: "swift-asn1"),
            ],
            swiftSettings: house + [.strictMemorySafety()]),
        .target(
            name: "ExchangeStore",
            dependencies: ["ExchangeCore", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: house),
        .target(
            name: "SignalExchange",
            dependencies: [
                "ExchangeCore", "ExchangeCatalogue", "ExchangeCMS", "ExchangeStore",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            // In the program itself: they are shown wherever the program is put.
            resources: [.embedInCode("Local/openapi.json"), .embedInCode("Console/examples.json")],
            swiftSettings: house),
        .executableTarget(
            name: "exchange-node",
            dependencies: [
                "SignalExchange",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house),
        .target(
            name: "ExchangeTesting",
            dependencies: [
                "ExchangeCore", "ExchangeCatalogue", "ExchangeCMS", "ExchangeStore", "SignalExchange",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: house),
        .executableTarget(
            name: "exchange-lab",
            dependencies: [
                "ExchangeTesting", "SignalExchange", "ExchangeCore", "ExchangeCatalogue",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house),
        .executableTarget(
            name: "example-case-system", dependencies: ["SignalExchange"], path: "Examples/swift", swiftSettings: house),
        .testTarget(name: "ExchangeCoreTests", dependencies: ["ExchangeCore"], swiftSettings: house),
        .testTarget(
            name: "ExchangeCatalogueTests", dependencies: ["ExchangeCatalogue", "ExchangeCore"], swiftSettings: house),
        .testTarget(
            name: "ExchangeCMSTests",
            dependencies: [
                "ExchangeCMS", "ExchangeCore", "ExchangeTesting", .product(name: "SwiftASN1", package: "swift-asn1"),
            ],
            swiftSettings: house),
        .testTarget(
            name: "ExchangeStoreTests",
            dependencies: [
                "ExchangeStore", "ExchangeCore", "ExchangeTesting", "CFaultyDisk",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: house),
        .testTarget(
            name: "SignalExchangeTests",
            dependencies: [
                "SignalExchange", "ExchangeTesting", "ExchangeCore", "ExchangeCatalogue", "ExchangeCMS",
                "ExchangeStore", .product(name: "Logging", package: "swift-log"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            exclude: ["Support/hook.py", "Support/agency_system.py"], swiftSettings: house),
        .testTarget(
            name: "ExchangeTestingTests",
            dependencies: [
                "ExchangeTesting", "ExchangeCore", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ], swiftSettings: house),
        .testTarget(
            name: "ExchangeLabTests",
            dependencies: ["exchange-lab", "ExchangeTesting", "ExchangeCatalogue", "ExchangeCore"],
            swiftSettings: house),
        .testTarget(
            name: "SimulationTests", dependencies: ["ExchangeTesting", "ExchangeCMS", "ExchangeCore"],
            path: "Tests/Simulation",
            swiftSettings: house),
        .testTarget(
            name: "InteropTests", dependencies: ["ExchangeCMS", "ExchangeCore", "ExchangeTesting"],
            path: "Tests/Interop", exclude: ["bouncycastle"], swiftSettings: house),
        .testTarget(name: "TidyTests", swiftSettings: house),
    ]
)
