"""Who may do what: keys and tokens at the door, and the policy on whose emotions are inferred."""
