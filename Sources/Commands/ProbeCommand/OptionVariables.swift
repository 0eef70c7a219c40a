/// Options from the environment: `PODSIGHT_IDLE_TIMEOUT` stands for `--idle-timeout`, where that is not given.
enum OptionVariables {
    /// The arguments, with what the environment has for options that are not among them.
    ///
    /// - Parameters:
    ///   - arguments: The arguments of the command.
    ///   - options: The long names, without dashes; those that may be repeated take a list with commas.
    ///   - repeated: Which of them may be repeated.
    ///   - aliases: Other names of options, as they are typed, such as `-o` for `output`.
    static func adding(
        to arguments: [String],
        options: [String],
        repeated: Set<String>,
        aliases: [String: String],
        environment: [String: String]
    ) -> [String] {
        var given: Set<String> = []
        for argument in arguments.prefix(while: { $0 != "--" }) {
            let name = argument.prefix { $0 != "=" }
            if let option = aliases[String(name)] { given.insert(option) }
            if name.hasPrefix("--") { given.insert(String(name.dropFirst(2))) }
        }
        var result = arguments
        for option in options where !given.contains(option) {
            guard let value = environment[variable(option)], !value.isEmpty else { continue }
            let values = repeated.contains(option) ? value.split(separator: ",").map(String.init) : [value]
            for value in values { result.append("--\(option)=\(value)") }
        }
        return result
    }

    /// The variable of an option.
    static func variable(_ option: String) -> String {
        "PODSIGHT_" + option.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }
}
