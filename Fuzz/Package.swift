// swift-tools-version: 6.3
import PackageDescription

// A package of its own, because a fuzzer replaces `main` and wants all of the code under test compiled with coverage.
// `Core` is a link to the project's core: `package` declarations can be used only within one package.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func core(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Core/\(name)", swiftSettings: settings)
}

/// A program that libFuzzer drives.
func fuzzer(_ name: String) -> Target {
    .executableTarget(
        name: "fuzz-\(name)",
        dependencies: ["FuzzTargets"],
        path: "Fuzzers/\(name)",
        swiftSettings: settings
    )
}

let package = Package(
    name: "podsight-fuzz",
    targets: [
        .target(name: "CIntrinsics", path: "C/CIntrinsics"),
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
        core("ReverseNames", ["NetworkAddressing", "FlowModel", "ClusterModel", "ClusterHistory"]),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "NetworkAddressing", "PacketParsing", "FlowModel", "FlowMetering", "JSONText", "ClusterModel",
                "ClusterHistory", "AddressResolution", "ReverseNames",
            ],
            path: "Targets",
            swiftSettings: settings
        ),
        fuzzer("packets"),
        fuzzer("captures"),
        fuzzer("dns"),
        fuzzer("http"),
        fuzzer("meter"),
        fuzzer("names"),
        fuzzer("questions"),
        .executableTarget(
            name: "fuzz-seeds",
            dependencies: ["FuzzTargets", "PacketParsing"],
            path: "Seeds",
            swiftSettings: settings
        ),
    ]
)
