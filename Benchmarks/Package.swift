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
                .product(name: "Analysis", package: "muster"),
                .product(name: "Discovery", package: "muster"),
                .product(name: "Dispatching", package: "muster"),
                .product(name: "Exposition", package: "muster"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .treatAllWarnings(as: .error),
            ]
        )
    ]
)
