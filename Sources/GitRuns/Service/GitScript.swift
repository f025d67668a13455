/// The commands that a run gives Git, for `/bin/sh`.
enum GitScript {
    /// What git prints about the commit, beside the checkout.
    static let commitFile = "commit"
    static let treeFile = "tree"
    static let configurationFile = "gitconfig"

    /// Arguments: the address; `commit` or `name`; the commit, or the name of a branch or a tag. Nothing of the commit is
    /// written as a file yet.
    static let fetch = """
        set -eu
        git init -q --template= .
        fetch() { git fetch -q --depth=1 --no-tags --no-recurse-submodules -- "$@"; }
        if [ "$2" = commit ]; then fetch "$1" "$3"
        else fetch "$1" "refs/heads/$3" || fetch "$1" "refs/tags/$3"; fi
        git log -1 --no-show-signature --format='%H%n%an <%ae>%n%s' FETCH_HEAD > ../\(commitFile)
        git ls-tree -r -l -z --full-tree FETCH_HEAD > ../\(treeFile)
        """

    static let checkOut = "set -eu; git checkout -q --detach --no-recurse-submodules FETCH_HEAD"

    /// All of the configuration that Git has: nothing of the machine's or a person's own. Whose the folders are is for the
    /// server's list to say; redirects would lead where that list does not.
    static let configuration = """
        [safe]
        \tdirectory = *
        [http]
        \tfollowRedirects = false
        [core]
        \thooksPath = /dev/null
        \tfsmonitor = false
        [credential]
        \thelper =
        [gc]
        \tauto = 0
        [maintenance]
        \tauto = false
        [submodule]
        \trecurse = false
        [advice]
        \tdetachedHead = false

        """

    /// - Parameters:
    ///   - scheme: the only protocol that is spoken, whatever a repository refers to.
    ///   - configuration: the file with `configuration`.
    static func environment(scheme: String, configuration: String) -> [String: String] {
        [
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_CONFIG_GLOBAL": configuration,
            "GIT_ATTR_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "/bin/false",
            "SSH_ASKPASS": "/bin/false",
            "GIT_SSH_COMMAND": "/bin/false", "GIT_ALLOW_PROTOCOL": scheme, "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_LFS_SKIP_SMUDGE": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C",
        ]
    }
}
