// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "muster", path: "..")
    ],
    targets: [
        .executableTarget(
            name: "bench",
            dependencies: [
                "CMalloc",
                .product(name: "Analysis", package: "muster"),
                .product(name: "Delivery", package: "muster"),
                .product(name: "Discovery", package: "muster"),
                .product(name: "Dispatching", package: "muster"),
                .product(name: "ExportingModules", package: "muster"),
                .product(name: "Exposition", package: "muster"),
                .product(name: "SQLModule", package: "muster"),
                .product(name: "Transport", package: "muster"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .treatAllWarnings(as: .error),
            ]
        ),
        .systemLibrary(name: "CMalloc"),
    ]
)
