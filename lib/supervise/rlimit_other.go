//go:build !linux

package supervise

// rlimits sets nothing: limits of another process are Linux's.
func (l *Limits) rlimits(int, bool) error { return nil }
