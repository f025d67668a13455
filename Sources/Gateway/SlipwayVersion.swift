/// The version of this build, everywhere it is told.
package enum SlipwayVersion {
    package static let current = "0.1.0"
}
