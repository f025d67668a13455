package import Identity
package import Journal

/// Says who a caller is and whether they may do what they ask, before anything of a body is read.
package struct CallerAuthority: Sendable {
    private let authorizer: Authorizer

    package init(_ authorizer: Authorizer) {
        self.authorizer = authorizer
    }

    /// The caller. On loopback everyone is `local`; keys and tokens come with authentication, and are read here.
    package func caller() -> Principal { .local }

    /// The one place of both ports that asks for a permission.
    package func admit(_ caller: Principal, _ permission: Permission, space: String) throws(ControlError) {
        try authorizer.authorise(caller, permission, space: space)
    }
}
