// Package supervise runs stages as processes: our own pipelines in a process of their
// own, with acknowledgements over a socket pair, and commands that are not ours.
package supervise
