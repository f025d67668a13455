/// The release this code belongs to; client and server of one build say the same.
public enum Release {
    public static let version = "0.1.0"
}
