// The first word of query keys that more than one feature refreshes.

/** Everything about cards; refreshing it refreshes every list that shows one. */
export const CARDS = ["cards"] as const;

/** Everything about runs. */
export const RUNS = ["runs"] as const;
