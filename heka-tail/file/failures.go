package file

import (
	"fmt"
	"log/slog"
)

// failures are the sources of a run that could not be read.
type failures struct {
	of      int // sources there are
	log     *slog.Logger
	bad     int   // sources with an error
	damaged int   // those of them of which something was read
	first   error // of them
}

// note reports err at once, unless it is what the run fails with. damaged says that
// something of the source was read.
func (f *failures) note(err error, damaged bool) {
	if f.bad++; f.first == nil {
		f.first = err
	}
	if damaged {
		f.damaged++
	}
	if f.of > 1 {
		f.log.Error(err.Error())
	}
}

// outcome is the error of the run: if nothing could be read, or not all of what
// could be opened.
func (f *failures) outcome() error {
	switch {
	case f.bad == 0, f.bad < f.of && f.damaged == 0:
		return nil
	case f.of == 1:
		return f.first
	}
	return fmt.Errorf("%d of %d sources could not be read whole, the first: %w", f.bad, f.of, f.first)
}
