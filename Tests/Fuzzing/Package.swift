// swift-tools-version: 6.2
import PackageDescription

// The agent's own targets are compiled here once more, through the link `Muster`, because libFuzzer finds its way by
// what the code under test reports of itself. Tests of internals need `-enable-testing` too.
let instrumented: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .unsafeFlags(["-sanitize=fuzzer", "-enable-testing"]),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = [], path: String) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: instrumented)
}

/// `name` is also that of its folder in `Corpus`, with `Fuzz` before it.
func fuzz(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: "Fuzz\(name)",
        dependencies: dependencies + ["FuzzSupport"],
        swiftSettings: instrumented,
        // The default linker of Swift on Linux fails on libFuzzer.
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]
    )
}

let package = Package(
    name: "fuzzing",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CLibFuzzer"),
        .target(name: "FuzzSupport", dependencies: ["CLibFuzzer"], swiftSettings: instrumented),
        .systemLibrary(name: "CLinux", path: "Muster/CLinux"),
        library("Exposition", path: "Muster/Exposition"),
        library("Analysis", ["Exposition"], path: "Muster/Analysis"),
        library("Settings", [.product(name: "Yams", package: "Yams")], path: "Muster/Settings"),
        library("QueryFiles", ["Exposition", "Settings"], path: "Muster/Exporters/QueryFiles"),
        library(
            "Discovery",
            [
                "CLinux", "Settings",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Muster/Discovery"
        ),
        .systemLibrary(name: "CCurl", path: "Muster/CCurl", pkgConfig: "libcurl"),
        .systemLibrary(name: "CSnappy", path: "Muster/CSnappy", pkgConfig: "snappy"),
        .systemLibrary(name: "CZlib", path: "Muster/CZlib", pkgConfig: "zlib"),
        library("Transport", ["CCurl", "CLinux"], path: "Muster/Transport"),
        library(
            "ExportingModules",
            ["CSnappy", "CZlib", "Exposition", "Settings", "Transport"],
            path: "Muster/ExportingModules"
        ),
        // The queue alone: nothing else of it reads what may be damaged.
        .target(
            name: "Delivery",
            dependencies: [
                "ExportingModules", "Exposition",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            path: "Muster/Delivery",
            sources: ["Queue"],
            swiftSettings: instrumented
        ),
        fuzz("Negotiation", ["Exposition"]),
        fuzz("Queue", ["Delivery", "ExportingModules"]),
        fuzz("QueueFile", ["Delivery", "ExportingModules"]),
        fuzz("QueryFiles", ["Exposition", "QueryFiles", "Settings"]),
        fuzz("Replay", ["Analysis"]),
        fuzz("Services", ["Discovery", "Settings"]),
        fuzz("Settings", ["Discovery", "Settings"]),
        fuzz("SpotStates", ["Analysis", "Exposition"]),
        fuzz("TextParser", ["Exposition"]),
    ]
)
