"""The table of jobs, their ticks and heartbeats. Due work is rows; what happens here only asks for it."""
