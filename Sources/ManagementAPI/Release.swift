/// The release this code belongs to; client and server of one build say the same.
public enum Release {
    /// MAJOR.MINOR.PATCH as in Semantic Versioning 2.0.0.
    public static let version = "0.1.0"
}
