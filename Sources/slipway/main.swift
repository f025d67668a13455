import Commands

EntryPoint.main(Array(CommandLine.arguments.dropFirst()))
