"""What a gateway installs: the decision as a pure function. Standard library only; imports nothing of ours."""
