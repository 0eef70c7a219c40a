// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A core target: values in, values out; `Scripts/check-architecture` holds it to that.
func core(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Core/\(name)", swiftSettings: settings)
}

/// An edge target: one kind of I/O.
func edge(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Edges/\(name)", swiftSettings: settings)
}

/// What several commands share; only commands use it.
func part(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Commands/\(name)", swiftSettings: settings)
}

/// The tests of one target.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "podsight",
    products: [
        .executable(name: "podsight", targets: ["podsight"]),
        .executable(name: "podsight-probe", targets: ["podsight-probe"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Named by their modules in what the libraries above hand out.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // C
        .target(name: "CIntrinsics", path: "Sources/C/CIntrinsics"),
        .target(name: "CLinux", path: "Sources/C/CLinux"),
        .target(name: "CConsole", path: "Sources/C/CConsole"),
        .target(name: "CDemo", path: "Sources/C/CDemo", exclude: ["robot-shop"]),

        // Core, in tiers: each may use what stands above it.
        core("NetworkAddressing"),
        core("PacketParsing", ["NetworkAddressing", "CIntrinsics"]),
        core("FlowModel", ["NetworkAddressing", "CIntrinsics"]),
        core("FlowMetering", ["NetworkAddressing", "PacketParsing", "FlowModel", "CIntrinsics"]),
        core("JSONText"),
        core("ClusterModel", ["NetworkAddressing", "FlowModel", "JSONText"]),
        core("ClusterHistory", ["NetworkAddressing", "FlowModel", "ClusterModel"]),
        core("FlowAttribution", ["NetworkAddressing", "FlowModel", "ClusterHistory"]),
        core("FlowQuery", ["NetworkAddressing", "FlowModel", "ClusterHistory", "FlowAttribution"]),
        core(
            "RecordFormats",
            ["NetworkAddressing", "FlowModel", "JSONText", "ClusterHistory", "FlowAttribution", "FlowQuery"]
        ),

        core(
            "AddressResolution",
            [
                "NetworkAddressing", "FlowModel", "JSONText", "ClusterModel", "ClusterHistory", "FlowAttribution",
                "RecordFormats",
            ]
        ),
        core("ClusterChanges", ["NetworkAddressing", "FlowModel", "JSONText", "ClusterModel", "RecordFormats"]),
        core("ReverseNames", ["NetworkAddressing", "FlowModel", "ClusterModel", "ClusterHistory"]),

        // Edges: one kind of I/O each; none imports another.
        edge("PacketCapture", ["CLinux", "CIntrinsics", "NetworkAddressing", "PacketParsing", "FlowModel"]),
        edge("ProcessPrivileges", ["CLinux"]),
        edge(
            "KubernetesAPI",
            [
                "NetworkAddressing", "FlowModel", "JSONText", "ClusterModel",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),
        edge(
            "FlowStorage",
            [
                "NetworkAddressing", "FlowModel", "JSONText", "ClusterModel", "ClusterHistory", "FlowAttribution",
                "FlowQuery",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        edge(
            "FlowExport",
            [
                "NetworkAddressing", "FlowModel",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        edge(
            "NameService",
            [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        edge(
            "QueryAPI",
            [
                "CConsole", "NetworkAddressing", "FlowModel", "ClusterModel", "ClusterHistory", "FlowAttribution",
                "FlowQuery", "RecordFormats", "JSONText", "AddressResolution", "ClusterChanges",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),

        // Commands only wire.
        part(
            "Terminal",
            [
                "NetworkAddressing", "FlowModel", "FlowMetering",
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        part(
            "ProbeCommand",
            [
                "CLinux", "NetworkAddressing", "PacketParsing", "FlowModel", "FlowMetering", "ClusterHistory",
                "FlowAttribution", "RecordFormats", "PacketCapture", "ProcessPrivileges", "FlowExport", "Terminal",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .executableTarget(
            name: "podsight-probe",
            dependencies: ["ProbeCommand", "Terminal"],
            path: "Sources/Commands/podsight-probe",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "podsight",
            dependencies: [
                "NetworkAddressing", "PacketParsing", "FlowModel", "FlowMetering", "JSONText", "ClusterModel",
                "ClusterHistory", "FlowAttribution", "FlowQuery", "RecordFormats", "AddressResolution", "ReverseNames",
                "ClusterChanges", "PacketCapture", "NameService", "KubernetesAPI", "FlowStorage", "QueryAPI", "CDemo",
                "Terminal", "ProbeCommand",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Sources/Commands/podsight",
            swiftSettings: settings
        ),

        // Tests
        .target(
            name: "TestSupport",
            dependencies: ["NetworkAddressing", "FlowModel", "ClusterModel"],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "NetworkAddressing", "PacketParsing", "FlowModel", "FlowMetering", "JSONText", "ClusterModel",
                "ClusterHistory", "AddressResolution", "ReverseNames",
            ],
            path: "Fuzz/Targets",
            swiftSettings: settings
        ),
        tests("FuzzTargets", ["FuzzTargets", "TestSupport"]),
        tests("NetworkAddressing", ["NetworkAddressing"]),
        tests("PacketParsing", ["PacketParsing", "NetworkAddressing", "FlowModel", "JSONText", "TestSupport"]),
        tests("FlowModel", ["FlowModel", "NetworkAddressing", "PacketParsing", "JSONText", "TestSupport"]),
        tests(
            "FlowMetering",
            ["FlowMetering", "FlowModel", "NetworkAddressing", "PacketParsing", "JSONText", "TestSupport"]
        ),
        tests("JSONText", ["JSONText", "TestSupport"]),
        tests("ClusterModel", ["ClusterModel", "FlowModel", "JSONText", "NetworkAddressing", "TestSupport"]),
        tests(
            "ClusterHistory",
            ["ClusterHistory", "ClusterModel", "FlowModel", "JSONText", "NetworkAddressing", "TestSupport"]
        ),
        tests(
            "FlowAttribution",
            [
                "FlowAttribution", "ClusterHistory", "ClusterModel", "FlowModel", "JSONText", "NetworkAddressing",
                "TestSupport",
            ]
        ),
        tests(
            "FlowQuery",
            ["FlowQuery", "FlowAttribution", "ClusterHistory", "FlowModel", "NetworkAddressing", "TestSupport"]
        ),
        tests(
            "RecordFormats",
            [
                "RecordFormats", "FlowQuery", "FlowAttribution", "ClusterHistory", "FlowModel", "JSONText",
                "NetworkAddressing", "TestSupport",
            ]
        ),
        tests(
            "AddressResolution",
            [
                "AddressResolution", "FlowAttribution", "ClusterHistory", "ClusterModel", "FlowModel", "JSONText",
                "NetworkAddressing", "TestSupport",
            ]
        ),
        tests(
            "ClusterChanges",
            ["ClusterChanges", "ClusterModel", "FlowModel", "JSONText", "NetworkAddressing", "TestSupport"]
        ),
        tests(
            "ReverseNames",
            [
                "ReverseNames", "PacketParsing", "ClusterHistory", "ClusterModel", "FlowModel", "NetworkAddressing",
            ]
        ),
        tests(
            "NameService",
            [
                "NameService",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        tests(
            "PacketCapture",
            [
                "PacketCapture", "PacketParsing", "FlowMetering", "FlowModel", "NetworkAddressing", "CLinux",
                "ProcessPrivileges", "TestSupport",
            ]
        ),
        tests("ProcessPrivileges", ["ProcessPrivileges", "CLinux"]),
        tests(
            "KubernetesAPI",
            [
                "KubernetesAPI", "ClusterModel", "FlowModel", "JSONText", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        tests("FlowExport", ["FlowExport", "FlowModel", "NetworkAddressing"]),
        tests(
            "ProbeCommand",
            ["ProbeCommand", "FlowExport", "FlowModel", "NetworkAddressing", "RecordFormats", "Terminal"]
        ),
        tests(
            "FlowStorage",
            [
                "FlowStorage", "FlowQuery", "FlowAttribution", "ClusterHistory", "ClusterModel", "FlowModel",
                "NetworkAddressing",
                "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
    ],
    cLanguageStandard: .c2x
)
