package supervise

import (
	"errors"

	"heka/lib/stage"
)

// What an error of a child's pipeline is, beside its text: bits of its control record.
const (
	isPermanent = 1 << iota
	isBug
	isBadData
)

// natures returns what err is.
func natures(err error) (is byte) {
	if errors.As(err, new(stage.Permanent)) {
		is |= isPermanent
	}
	if errors.Is(err, stage.ErrBug) {
		is |= isBug
	}
	if errors.Is(err, stage.ErrBadData) {
		is |= isBadData
	}
	return is
}

// failure is the error of a child's pipeline: with its text, and as much of what it is as
// stage and the daemon ask for.
type failure struct {
	text string
	is   []error
}

func newFailure(is byte, text string) error {
	f := &failure{text: text}
	if is&isBug != 0 {
		f.is = append(f.is, stage.ErrBug)
	}
	if is&isBadData != 0 {
		f.is = append(f.is, stage.ErrBadData)
	}
	if is&isPermanent != 0 {
		return stage.Permanent{Err: f}
	}
	return f
}

func (f *failure) Error() string   { return f.text }
func (f *failure) Unwrap() []error { return f.is }
