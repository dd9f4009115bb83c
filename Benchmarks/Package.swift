// swift-tools-version: 6.2
import PackageDescription

// A package of its own: whoever builds, tests or imports the node compiles nothing of it. It takes the programs of the
// package above, in release, so that one build folder holds both.
let package = Package(
    name: "exchange-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "signal-exchange", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
    ],
    targets: [
        .executableTarget(
            name: "exchange-bench",
            dependencies: [
                .product(name: "ExchangeTesting", package: "signal-exchange"),
                // Runs as a process: it is built beside this one.
                .product(name: "exchange-node", package: "signal-exchange"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .treatAllWarnings(as: .error),
            ])
    ]
)
