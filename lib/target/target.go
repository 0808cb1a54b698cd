package target

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Target takes records. It is for one goroutine.
type Target interface {
	// Write takes whole records, end to end, and keeps none of p. It waits while
	// the target is slow, until ctx ends.
	Write(ctx context.Context, p []byte) error

	// Flush writes what was taken and is still held.
	Flush(ctx context.Context) error

	// Holds reports whether anything is: whether Flush would write.
	Holds() bool

	// Close flushes, and waits until the target is done with what it was given. A
	// target that was never written to was never opened.
	Close(ctx context.Context) error

	// String returns the target as it was typed.
	String() string
}

// Options are what the targets of a program share.
type Options struct {
	// Stdout returns the standard output of commands, when the first of them starts;
	// nil: they have none.
	Stdout func() *os.File
}

// Parse returns the target that spec names:
//
//	PATH              a file, appended to; records as they are, or in blocks if the
//	                  name ends in .heka; devices and pipes by name as well
//	|COMMAND          what sh runs, with the records as its standard input
//	unix:PATH         a socket
//	tcp:HOST:PORT     likewise
//
// It opens nothing. An error says what is wrong and how it should look.
func Parse(spec string, opt Options) (Target, error) {
	if spec == "" {
		return nil, errors.New(
			"the target is empty; want a PATH, |COMMAND, unix:PATH or tcp:HOST:PORT")
	}
	if strings.IndexByte(spec, 0) >= 0 {
		return nil, fmt.Errorf("the target %q has a byte 0 in it", spec)
	}
	if text, ok := strings.CutPrefix(spec, "|"); ok {
		if text = strings.TrimSpace(text); text == "" {
			return nil, fmt.Errorf("no command stands behind the |")
		}
		return &command{text: text, opt: opt}, nil
	}
	scheme, rest, ok := strings.Cut(spec, ":")
	if ok && isScheme(scheme) {
		return parseSocket(spec, scheme, rest)
	}
	if strings.HasSuffix(spec, "/") {
		return nil, fmt.Errorf("%s: a directory can't take records; name a file in it", spec)
	}
	if strings.HasSuffix(spec, ".heka") {
		return &capture{NewPacked(NewFile(OS{}, spec, FileOptions{}), NewBlocks(Fast))}, nil
	}
	return &file{NewFile(OS{}, spec, FileOptions{Whole: Records})}, nil
}

// isScheme reports whether s looks like the scheme of a URL: letters, at least two.
func isScheme(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && c != '+' {
			return false
		}
	}
	return len(s) > 1
}

func parseSocket(spec, scheme, rest string) (Target, error) {
	rest = strings.TrimPrefix(rest, "//")
	switch scheme {
	case "unix":
		if rest == "" || len(rest) > 107 {
			return nil, fmt.Errorf("%s: want unix:PATH, of at most 107 bytes", spec)
		}
	case "tcp":
		host, port, err := net.SplitHostPort(rest)
		if err != nil || host == "" || port == "" {
			return nil, fmt.Errorf("%s: want tcp:HOST:PORT", spec)
		}
	default:
		return nil, fmt.Errorf("%s: no target %s:, there are unix: and tcp:; "+
			"write ./%s for a file of that name", spec, scheme, spec)
	}
	return &socket{spec: spec, network: scheme, address: rest}, nil
}

// file is a file of records as they are.
type file struct{ f *File }

func (t *file) String() string              { return t.f.name }
func (t *file) Flush(context.Context) error { return nil }
func (t *file) Holds() bool                 { return false }
func (t *file) Close(context.Context) error { return t.f.Close() }

// Write turns EPIPE, which elsewhere says that our own reader wants no more, into
// an error of its own: who reads a pipe by name has left while data was coming.
func (t *file) Write(ctx context.Context, p []byte) error {
	err := t.f.Write(ctx, p)
	if errors.Is(err, unix.EPIPE) {
		return &fs.PathError{Op: "write", Path: t.f.name, Err: errReaderLeft}
	}
	return err
}

var errReaderLeft = errors.New("its reader has left")

// capture is a file of blocks.
type capture struct{ p *Packed }

func (t *capture) String() string                            { return t.p.name }
func (t *capture) Write(ctx context.Context, p []byte) error { return t.p.Add(ctx, p) }
func (t *capture) Flush(ctx context.Context) error           { return t.p.Flush(ctx) }
func (t *capture) Holds() bool                               { return t.p.Holds() }

func (t *capture) Close(ctx context.Context) error {
	err := t.p.Flush(ctx)
	if cerr := t.p.File.Close(); err == nil {
		err = cerr
	}
	return err
}
