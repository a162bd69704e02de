// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    .enableUpcomingFeature("ExistentialAny"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    .enableUpcomingFeature("MemberImportVisibility"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")

func library(_ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
    name: "muster",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "muster", targets: ["muster"]),
        .library(name: "Exposition", targets: ["Exposition"]),
        .library(name: "Discovery", targets: ["Discovery"]),
        .library(name: "Dispatching", targets: ["Dispatching"]),
        .library(name: "ExporterKit", targets: ["ExporterKit"]),
        .library(name: "ExportingModules", targets: ["ExportingModules"]),
        .library(name: "Delivery", targets: ["Delivery"]),
        .library(name: "Transport", targets: ["Transport"]),
        .library(name: "SQLModule", targets: ["SQLModule"]),
        .library(name: "Analysis", targets: ["Analysis"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // What a page is made of.
        library("Exposition"),
        // What should be monitored.
        library("Settings", [.product(name: "Yams", package: "Yams")]),
        library("Discovery", ["CLinux", "Settings", logging, .product(name: "Crypto", package: "swift-crypto")]),
        // What is monitored.
        library("ExporterKit", ["Exposition", logging, heap]),
        library("Dispatching", ["Discovery", "ExporterKit", "Exposition", logging, heap]),
        library("Transport", ["CCurl", "CLinux"]),
        library("PostgresClient", ["CPostgres", "Transport"]),
        library(
            "ExporterKinds",
            ["ExporterKit", "Exposition", "Settings", logging],
            path: "Sources/Exporters/Kinds"
        ),
        library("QueryFiles", ["Exposition", "Settings"], path: "Sources/Exporters/QueryFiles"),
        library(
            "PostgresExporter",
            [
                "CPostgres", "ExporterKinds", "ExporterKit", "Exposition", "PostgresClient", "QueryFiles", "Settings",
                "Transport", logging,
            ],
            path: "Sources/Exporters/Postgres"
        ),
        library(
            "SQLiteExporter",
            [
                "ExporterKinds", "ExporterKit", "Exposition", "QueryFiles", "Settings", "Transport", grdb, sqlite,
                logging,
            ],
            path: "Sources/Exporters/SQLite"
        ),
        library(
            "HostExporter",
            ["ExporterKinds", "ExporterKit", "Exposition", "Settings", logging],
            path: "Sources/Exporters/Host"
        ),
        // Where samples and alerts go.
        library("ExportingModules", ["CSnappy", "CZlib", "Exposition", "Settings", "Transport"]),
        library("Analysis", ["Exposition"]),
        library(
            "SQLModule",
            [
                "ExportingModules", "Exposition", "PostgresClient", "Settings", "Transport", grdb, sqlite,
                .product(name: "Crypto", package: "swift-crypto"),
            ]
        ),
        library(
            "Delivery",
            ["ExporterKit", "ExportingModules", "Exposition", "Settings", grdb, sqlite, logging]
        ),
        // The program.
        library(
            "Agent",
            [
                "Analysis", "CLinux", "CZlib", "CZstd", "Delivery", "Discovery", "Dispatching", "ExporterKinds",
                "ExporterKit", "ExportingModules", "Exposition", "HostExporter", "PostgresExporter", "QueryFiles",
                "SQLModule", "SQLiteExporter", "Settings", "Transport", grdb, lifecycle, logging,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .executableTarget(
            name: "muster",
            dependencies: [
                "Agent", "Analysis", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        // C libraries.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CSnappy", pkgConfig: "snappy", providers: [.apt(["libsnappy-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        // Tests.
        library("TestSupport", [logging], path: "Tests/TestSupport"),
        tests("TestSupportTests", ["TestSupport"]),
        tests("ExpositionTests", ["Exposition", "TestSupport"]),
        tests("SettingsTests", ["Settings", "TestSupport"]),
        tests("DiscoveryTests", ["CLinux", "Discovery", "Settings", "TestSupport"]),
        tests("DispatchingTests", ["Discovery", "Dispatching", "ExporterKit", "Exposition", "TestSupport", logging]),
        tests("ExporterKitTests", ["ExporterKit", "Exposition", "TestSupport", logging]),
        tests("TransportTests", ["CLinux", "TestSupport", "Transport"]),
        tests("QueryFilesTests", ["Exposition", "QueryFiles", "Settings", "TestSupport"]),
        tests("ExporterKindsTests", ["ExporterKinds", "Exposition", "TestSupport"]),
        tests(
            "HostExporterTests",
            ["ExporterKinds", "ExporterKit", "Exposition", "HostExporter", "Settings", "TestSupport", logging]
        ),
        tests(
            "PostgresExporterTests",
            [
                "CPostgres", "ExporterKinds", "ExporterKit", "Exposition", "PostgresClient", "PostgresExporter",
                "QueryFiles", "Settings", "TestSupport", "Transport", logging,
            ]
        ),
        tests(
            "SQLiteExporterTests",
            [
                "ExporterKinds", "ExporterKit", "Exposition", "QueryFiles", "SQLiteExporter", "Settings", "TestSupport",
                "Transport", grdb, logging,
            ]
        ),
        tests("AnalysisTests", ["Analysis", "Exposition", "TestSupport"], resources: [.copy("Resources")]),
        tests("ExportingModulesTests", ["ExportingModules", "Exposition", "Settings", "TestSupport", "Transport"]),
        // `make test-kill`.
        .executableTarget(
            name: "KillTest",
            dependencies: ["Agent", "ExporterKinds", "ExporterKit", "Exposition", "Settings", "TestSupport", grdb],
            path: "Tests/KillTest",
            swiftSettings: settings
        ),
        tests("PostgresClientTests", ["PostgresClient", "TestSupport", "Transport"]),
        tests(
            "SQLModuleTests",
            [
                "ExportingModules", "Exposition", "PostgresClient", "SQLModule", "Settings", "TestSupport", "Transport",
                grdb,
            ]
        ),
        tests(
            "DeliveryTests",
            [
                "Delivery", "ExporterKit", "ExportingModules", "Exposition", "Settings", "TestSupport", "Transport",
                grdb, logging,
            ]
        ),
        tests(
            "AgentTests",
            [
                "Agent", "Analysis", "CZlib", "CZstd", "Delivery", "Discovery", "Dispatching", "ExporterKinds",
                "ExporterKit", "Exposition",
                "ExportingModules", "HostExporter", "Settings", "TestSupport", grdb, lifecycle, logging,
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        // These start the program itself, so it has to be built.
        tests(
            "IntegrationTests",
            [
                "Agent", "Discovery", "Dispatching", "ExporterKit", "Exposition", "Settings", "TestSupport", logging,
                "muster",
            ]
        ),
    ]
)
