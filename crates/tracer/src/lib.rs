//! Shows a connection step by step and says what each step means.
