/// What one variant of a rollout has done so far. Counts only ever grow; they begin again at 0 when the server starts.
///
/// Only requests count that were given to the variant by its weight: who names a variant says nothing about it.
package struct ArmCounts: Sendable, Hashable, Codable {
    /// Answered one way or the other; without those whose callers went away.
    package var requests: UInt64
    /// The model's or the server's fault: it failed, was not there, took too long or had too much to do; also where the
    /// model itself refused inputs that fit its signature, since its sibling gets the same inputs. Never a request that
    /// was refused before a variant was chosen.
    package var errors: UInt64
    /// Answers with a NaN or an infinity in a float output.
    package var nonFinite: UInt64
    /// Successes by the bounds of `LatencyHistogram`, one more for what is above: waiting and computing.
    package var latency: [UInt64]
    /// By output of the model, in the order of its signature.
    package var outputs: [OutputCounts]

    package init(
        requests: UInt64 = 0, errors: UInt64 = 0, nonFinite: UInt64 = 0, latency: [UInt64] = [],
        outputs: [OutputCounts] = []
    ) {
        self.requests = requests
        self.errors = errors
        self.nonFinite = nonFinite
        self.latency = latency
        self.outputs = outputs
    }
}

/// The first elements of an output's rows, counted in fixed bins: `ValueBins` for numbers, `TextBins` for texts.
package struct OutputCounts: Sendable, Hashable, Codable {
    package var name: String
    /// Of numbers the bins are in the order of the values; of texts in no order.
    package var bins: [UInt64]

    package init(name: String, bins: [UInt64]) {
        self.name = name
        self.bins = bins
    }
}

/// What one variant of an open rollout has done, as the data plane has it now.
package struct ArmReading: Sendable, Hashable, Codable {
    package var variant: String
    /// The rollout whose variant it is.
    package var rollout: Int
    package var counts: ArmCounts

    package init(variant: String, rollout: Int, counts: ArmCounts) {
        self.variant = variant
        self.rollout = rollout
        self.counts = counts
    }
}
