/// A name for who gives none: an adjective, an animal and a number, so that people can tell runs apart when they talk.
enum RunName {
    private static let adjectives = [
        "able", "brave", "brisk", "calm", "clever", "curious", "daring", "eager", "early", "fair", "fast", "gentle",
        "glad",
        "honest", "keen", "kind", "lively", "lucky", "mellow", "merry", "neat", "nimble", "patient", "polite", "proud",
        "quick", "quiet", "rare", "sharp", "shy", "silent", "sincere", "smooth", "steady", "sunny", "swift", "tidy",
        "upbeat",
        "warm", "wise",
    ]
    private static let animals = [
        "ant", "badger", "bat", "bear", "bee", "bison", "crab", "crane", "crow", "deer", "dove", "eagle", "elk",
        "finch",
        "fox", "frog", "gull", "hare", "hawk", "heron", "ibis", "jay", "kite", "lark", "lynx", "mole", "moth", "newt",
        "otter",
        "owl", "panda", "quail", "raven", "robin", "seal", "stork", "swan", "toad", "trout", "wren",
    ]

    static func random() -> String {
        let adjective = adjectives.randomElement() ?? "plain"
        let animal = animals.randomElement() ?? "run"
        return "\(adjective)-\(animal)-\(Int.random(in: 100...999))"
    }
}
