/// `.github/workflows/slipway.yml`: the four steps for GitHub Actions.
struct CIWorkflow: Sendable {
    private let steps: CISteps

    init(_ plan: CIPlan) {
        steps = CISteps(plan)
    }

    /// Names that come from outside (of branches, of people) reach bash as variables only, never as a part of the script.
    var text: String {
        """
        # From a commit to production in four steps. Made by `slipway ci init github` out of slipway.yaml; yours to change.
        # What was done already for the same bytes is not done again: a job that waited too long can be started once more.
        name: slipway
        on:
          push:
            branches: [main]
          workflow_dispatch:
        permissions:
          contents: read
        # One commit after the other.
        concurrency:
          group: slipway-${{ github.ref }}
          cancel-in-progress: false
        jobs:
          slipway:
            runs-on: ubuntu-latest
            timeout-minutes: 350
            env:
              SLIPWAY_SERVER: ${{ secrets.SLIPWAY_SERVER }}
              SLIPWAY_TOKEN: ${{ secrets.SLIPWAY_TOKEN }}
              SLIPWAY_DOWNLOAD: ${{ vars.SLIPWAY_DOWNLOAD }}
              SLIPWAY_SPACE: \(CIPlan.space)
            steps:
              - uses: actions/checkout@v4
                with:
                  lfs: true
              - uses: actions/setup-python@v5
                with:
                  python-version: "3.12"
              - name: Prepare
                run: |
        \(Self.indented(Self.prepare))
              - name: 1. Validate the data
                run: |
        \(Self.indented(steps.validate + Self.handOver(["DATASET", "DATASET_SHA256"], in: steps.validate)))
              - name: 2. Train, test and push
                run: |
        \(Self.indented(steps.push + Self.handOver(["VERSION"], in: steps.push)))
              - name: 3. Promote
                run: |
        \(Self.indented(steps.promote))
              - name: 4. Deploy
                run: |
        \(Self.indented(steps.deploy))

        """
    }

    private static let prepare = [
        #"if [ -f requirements.txt ]; then python3 -m pip install -r requirements.txt; fi"#,
        #"if ! command -v slipway; then"#,
        #"  mkdir -p "$HOME/.local/bin""#,
        #"  curl --fail --silent --show-error --location --output "$HOME/.local/bin/slipway" "$SLIPWAY_DOWNLOAD""#,
        #"  chmod +x "$HOME/.local/bin/slipway""#,
        #"  echo "$HOME/.local/bin" >> "$GITHUB_PATH""#,
        #"fi"#,
        #"{"#,
        #"  echo "COMMIT=$GITHUB_SHA""#,
        #"  echo "BRANCH=$GITHUB_REF_NAME""#,
        #"  echo "AUTHOR=$(git log -1 --format='%an <%ae>' "$GITHUB_SHA")""#,
        #"  echo "RUN_URL=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID""#,
        #"} >> "$GITHUB_ENV""#,
    ]

    /// Variables that later steps want, as far as these lines set them.
    private static func handOver(_ names: [String], in lines: [String]) -> [String] {
        names.filter { name in lines.contains { $0.hasPrefix(name + "=") } }
            .map { #"echo "\#($0)=$\#($0)" >> "$GITHUB_ENV""# }
    }

    private static func indented(_ lines: [String]) -> String {
        lines.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }
            .map { $0.isEmpty ? "" : "          " + $0 }.joined(separator: "\n")
    }
}
