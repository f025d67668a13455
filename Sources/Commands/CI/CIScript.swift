/// `slipway-ci.sh`: the four steps for any CI that can run a script.
struct CIScript: Sendable {
    private let steps: CISteps

    init(_ plan: CIPlan) {
        steps = CISteps(plan)
    }

    var text: String {
        """
        #!/usr/bin/env bash
        # From a commit to production in four steps. Made by `slipway ci init generic` out of slipway.yaml; yours to change.
        #
        # It needs bash, git, and slipway on the path, a commit that is checked out, and of the CI's secrets
        #   SLIPWAY_SERVER  the server's address
        #   SLIPWAY_TOKEN   a key (only a server that asks nobody who they are needs none)
        # SLIPWAY_SPACE is where versions are pushed, \(CIPlan.space) unless given; SLIPWAY_WAIT how long people may take to approve.
        # What was done already for the same bytes is not done again: a job that waited too long can be started once more.
        set -euo pipefail
        cd "$(dirname "${BASH_SOURCE[0]}")"

        : "${SLIPWAY_SERVER:?set the address of the server}"
        export SLIPWAY_SERVER SLIPWAY_SPACE="${SLIPWAY_SPACE:-\(CIPlan.space)}"

        # The names that GitLab, Jenkins and Buildkite have for them; else what git says.
        COMMIT=${CI_COMMIT_SHA:-${GIT_COMMIT:-${BUILDKITE_COMMIT:-$(git rev-parse HEAD)}}}
        BRANCH=${CI_COMMIT_BRANCH:-${GIT_BRANCH:-${BUILDKITE_BRANCH:-$(git rev-parse --abbrev-ref HEAD)}}}
        AUTHOR=$(git log -1 --format='%an <%ae>' "$COMMIT")
        RUN_URL=${CI_JOB_URL:-${BUILD_URL:-${BUILDKITE_BUILD_URL:-}}}

        echo "== 1. validate the data"
        \(steps.validate.joined(separator: "\n"))

        echo "== 2. train, test and push"
        \(steps.push.joined(separator: "\n"))

        echo "== 3. promote"
        \(steps.promote.joined(separator: "\n"))

        echo "== 4. deploy"
        \(steps.deploy.joined(separator: "\n"))

        """
    }
}
