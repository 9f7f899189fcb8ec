"""The switch per agreement: activation, and the stack of holds that may keep it shut."""
