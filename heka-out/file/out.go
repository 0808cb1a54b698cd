package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"heka/lib/encode"
	"heka/lib/stage"
	"heka/lib/target"
)

// maxOpen is how many files are open at once.
const maxOpen = 64

// What is wrong with messages that name no good file.
var (
	errPath    = errors.New("its values make no path of a file")
	errTooMany = errors.New("more files than --max-files allows")
)

// tooMany stands for all files beyond --max-files. It is never changed.
var tooMany = &out{bad: errTooMany}

// badData ends a strict pipeline.
type badData struct{ cause error }

func (e *badData) Error() string { return fmt.Sprintf("%v: file: %v", stage.ErrBadData, e.cause) }
func (e *badData) Unwrap() error { return stage.ErrBadData }

// out is one file of a sink.
type out struct {
	path   string // as the template makes it
	bad    error  // no messages can go here, and why
	file   *target.File
	packed *target.Packed // nil: bytes are written as they are
	enc    encode.Encoder // nil: records
	sink   *sink
	buf    []byte // of the batch at hand
	used   uint64
	wrote  bool // since it was rotated

	unsynced bool // written to since it was synced
}

// add adds the file that path stands for; name is its name in s.dir.
func (s *sink) add(path, name string) *out {
	o := &out{path: path, enc: s.enc, sink: s, file: target.NewFile(s.dir, name, s.fileOptions())}
	if s.packed != nil {
		o.packed = target.NewPacked(o.file, s.packed)
	}
	s.files[path] = o
	return o
}

// openRoot opens the directory that no message leads out of.
func (s *sink) openRoot() error {
	if s.shutDir != nil {
		return nil
	}
	name := s.root
	if name == "" {
		name = "."
	}
	if s.opt.mkdir {
		if err := os.MkdirAll(name, 0o755); err != nil {
			return err
		}
	}
	r, err := os.OpenRoot(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; --mkdir makes it", err)
	}
	if err != nil {
		return err
	}
	s.dir, s.shutDir = r, r.Close
	return nil
}

// badPath returns what is wrong with a path that a template made; nil if nothing.
func badPath(name string) error {
	if !filepath.IsLocal(name) || len(name) >= unix.PathMax {
		return errPath
	}
	return nil
}

// isPathsFault reports whether a file can't be opened for what its path is, which
// is the fault of the message that made it, and not of the disk.
func isPathsFault(err error) bool {
	var path *os.PathError
	if !errors.As(err, &path) {
		return false
	}
	for _, e := range []error{
		unix.ENOTDIR, unix.EISDIR, unix.ENAMETOOLONG, unix.ELOOP, unix.EINVAL,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	_, system := path.Err.(unix.Errno)
	return !system // os.Root says so in its own words when a link leads out of it
}

// use opens o if it is not open, and closes another if too many are.
func (s *sink) use(ctx context.Context, o *out) error {
	s.used++
	o.used = s.used
	if o.file.IsOpen() {
		return o.fresh(ctx)
	}
	if len(s.open) >= maxOpen {
		oldest := slices.MinFunc(s.open, func(a, b *out) int { return int(a.used) - int(b.used) })
		if err := s.shut(ctx, oldest); err != nil {
			return err
		}
	}
	if err := o.file.Open(ctx); err != nil {
		if s.template != nil && s.root != "" {
			err = fmt.Errorf("in %s: %w", s.root, err)
		} else if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w; --mkdir makes its directory", err)
		}
		return err
	}
	o.begin()
	s.open = append(s.open, o)
	return nil
}

// begin makes the encoder of a file in an ordered format: one with a header if
// the file is empty.
func (o *out) begin() {
	s := o.sink
	if s.header == nil || s.enc != nil {
		return
	}
	if o.file.Size() == 0 {
		o.enc = s.header()
	} else if o.enc == nil {
		o.enc = s.more()
	}
}

// shut writes what o holds, and closes it. It may be opened again.
func (s *sink) shut(ctx context.Context, o *out) error {
	s.open = slices.DeleteFunc(s.open, func(e *out) bool { return e == o })
	err := o.commit(ctx)
	if err == nil {
		err = o.settle(ctx)
	}
	if cerr := o.file.Close(); err == nil {
		err = cerr
	}
	o.buf = nil
	if o.packed != nil {
		o.packed = target.NewPacked(o.file, s.packed)
	}
	return err
}

// commit writes what was gathered of a batch.
func (o *out) commit(ctx context.Context) error {
	if len(o.buf) == 0 {
		return nil
	}
	p := o.buf
	o.buf = spare(p)
	if o.packed == nil {
		return o.write(ctx, p)
	}
	if err := o.room(ctx, 0); err != nil {
		return err
	}
	o.wrote = true
	before := o.file.Size()
	o.unsynced = true
	err := o.packed.Add(ctx, p)
	o.count(before)
	return err
}

// spare returns p emptied, for the next batch; nil if it is of uncommon size.
func spare(p []byte) []byte {
	if cap(p) > 4*target.PackSize {
		return nil
	}
	return p[:0]
}

// unit writes a unit that is ready, behind what is gathered.
func (o *out) unit(ctx context.Context, p []byte) error {
	if err := o.flush(ctx); err != nil {
		return err
	}
	return o.write(ctx, p)
}

func (o *out) write(ctx context.Context, p []byte) error {
	if err := o.room(ctx, len(p)); err != nil {
		return err
	}
	o.wrote, o.unsynced = true, true
	err := o.file.Write(ctx, p)
	if err == nil {
		o.sink.env.Stats.OutBytes.Add(int64(len(p)))
	}
	return err
}

// flush writes what is gathered for a unit.
func (o *out) flush(ctx context.Context) error {
	if o.packed == nil || !o.file.IsOpen() {
		return nil
	}
	before := o.file.Size()
	err := o.packed.Flush(ctx)
	o.count(before)
	return err
}

func (o *out) count(before int64) {
	o.sink.env.Stats.OutBytes.Add(max(0, o.file.Size()-before))
}

// fresh rotates a file in an ordered format that is as large as it may be: before
// a message is rendered, because the first of a file brings the header.
func (o *out) fresh(ctx context.Context) error {
	limit := o.sink.opt.rotate
	if limit == 0 || o.sink.enc != nil || o.sink.header == nil || o.file.Size() < limit {
		return nil
	}
	if err := o.commit(ctx); err != nil {
		return err
	}
	if err := o.rotate(ctx); err != nil {
		return err
	}
	o.begin()
	return nil
}

// room rotates the file if n bytes more would make it larger than it may be.
func (o *out) room(ctx context.Context, n int) error {
	limit := o.sink.opt.rotate
	if o.sink.header != nil && o.sink.enc == nil { // fresh does it
		return nil
	}
	if limit == 0 || o.file.Size() == 0 || o.file.Size()+int64(n) <= limit {
		return nil
	}
	return o.rotate(ctx)
}

// rotate puts the file aside and opens a new one.
func (o *out) rotate(ctx context.Context) error {
	if err := o.settle(ctx); err != nil {
		return err
	}
	if err := o.sink.settled(); err != nil {
		return err
	}
	if err := o.file.Rotate(o.sink.opt.keep); err != nil {
		return err
	}
	o.wrote = false
	return o.file.Open(ctx)
}

// rotateAll rotates the files that were written to since the last multiple of
// --rotate-every, if t is in another. The first tick tells only if it is one itself.
func (s *sink) rotateAll(ctx context.Context, t int64) error {
	if s.opt.every == 0 {
		return nil
	}
	was, every := s.slice, int64(s.opt.every)
	s.slice = t / every
	if was == s.slice || was < 0 && t%every != 0 {
		return nil
	}
	for _, o := range s.files {
		if !o.wrote || o.bad != nil {
			continue
		}
		if err := s.putAside(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// putAside rotates o; it is opened again when there is something to write.
func (s *sink) putAside(ctx context.Context, o *out) error {
	if err := s.shut(ctx, o); err != nil {
		return err
	}
	if err := o.file.Open(ctx); err != nil {
		return err
	}
	o.wrote = false
	return o.file.Rotate(s.opt.keep)
}
