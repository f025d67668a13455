import Commands

await CommandLineTool.main(Array(CommandLine.arguments.dropFirst()))
