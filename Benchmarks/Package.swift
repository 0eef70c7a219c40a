// swift-tools-version: 6.3
import PackageDescription

// A package of its own, so that the core is built and measured without the libraries that the commands need.
// `Core` and `C` are links to the project's: `package` declarations can be used only within one package.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func core(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Core/\(name)", swiftSettings: settings)
}

let package = Package(
    name: "podsight-benchmarks",
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
        .executableTarget(
            name: "meter-benchmark",
            dependencies: [
                "NetworkAddressing", "PacketParsing", "FlowModel", "FlowMetering", "ClusterHistory", "FlowAttribution",
                "RecordFormats",
            ],
            path: "MeterBenchmark",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "history-benchmark",
            dependencies: ["NetworkAddressing", "FlowModel", "JSONText", "ClusterModel", "ClusterHistory"],
            path: "HistoryBenchmark",
            swiftSettings: settings
        ),
    ],
    cLanguageStandard: .c2x
)
