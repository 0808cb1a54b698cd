package stage

import (
	"context"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"heka/lib/frame"
	"heka/lib/pollfd"
)

// fileReader reads a file, pipe, socket or terminal so that waiting for it can be
// cut short: by a context at once, by stop when what others have written is read. A
// regular file keeps what is not read, and stop ends it at once, too. What ends at
// once ends with frame.ErrCut.
type fileReader struct {
	f    *os.File
	ctx  context.Context
	stop <-chan struct{}
	wait *pollfd.Waiter // nil for a regular file
}

func newFileReader(ctx context.Context, f *os.File, stop <-chan struct{}) (*fileReader, error) {
	r := &fileReader{f: f, ctx: ctx, stop: stop}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, unix.EISDIR
	}
	if !info.Mode().IsRegular() {
		r.wait, err = pollfd.New(ctx, stop, int(f.Fd()))
	}
	return r, err
}

// Close gives up what waiting needed; the file stays open.
func (r *fileReader) Close() {
	if r.wait != nil {
		r.wait.Close()
	}
}

// Ready reports whether Read would return at once.
func (r *fileReader) Ready() bool { return r.wait == nil || r.wait.Ready() }

// Read implements io.Reader.
func (r *fileReader) Read(p []byte) (int, error) {
	if r.wait == nil {
		select {
		case <-r.ctx.Done():
			return 0, frame.ErrCut
		case <-r.stop:
			return 0, frame.ErrCut
		default:
			return r.f.Read(p)
		}
	}
	ready, err := r.wait.Wait()
	switch {
	case err != nil:
		return 0, frame.ErrCut
	case !ready:
		return 0, io.EOF
	}
	return r.f.Read(p)
}
