package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// FileOptions are those of a File. The zero FileOptions serve.
type FileOptions struct {
	Perm     fs.FileMode // of a file that is made; 0: 0644
	Mkdir    bool        // make the directories that are missing, with 0755
	Truncate bool        // empty the file when it is opened for the first time

	// Whole returns how many bytes of p are whole units: records, lines. p is the
	// first part of what a Write was given, the rest of which did not fit on the
	// disk. nil: a Write is one unit.
	Whole func(p []byte) int

	// Lines says that each unit ends in a newline: one is put behind what stands in
	// the file if its last line was torn by a crash.
	Lines bool
}

// File is a file that is appended to. It is opened at the first Write, and may be
// closed in between. Devices and pipes by name serve as well. It is for one
// goroutine.
type File struct {
	dir  Dir
	name string
	opt  FileOptions

	f       *os.File
	regular bool
	waits   bool // a write may block: a pipe, a terminal
	begun   bool // was open before: it is not to be emptied again
	made    bool // the directory does not hold it durably yet
	dirty   bool // written to since the last Sync
	size    int64
}

// NewFile returns the file of this name. It opens nothing.
func NewFile(dir Dir, name string, opt FileOptions) *File {
	if opt.Perm == 0 {
		opt.Perm = 0o644
	}
	if opt.Whole == nil {
		opt.Whole = func([]byte) int { return 0 }
	}
	return &File{dir: dir, name: name, opt: opt}
}

// Name returns the file's name.
func (f *File) Name() string { return f.name }

// IsOpen reports whether the file is open.
func (f *File) IsOpen() bool { return f.f != nil }

// Size returns the size of the file in bytes, as far as it was written here; 0
// if it is not open or not a regular file.
func (f *File) Size() int64 { return f.size }

// Open opens the file if it is not open. Only a pipe by name that nobody reads
// makes it wait; ctx ends that.
func (f *File) Open(ctx context.Context) error {
	if f.f != nil {
		return nil
	}
	h, created, err := f.open(ctx)
	if err != nil {
		return err
	}
	info, err := h.Stat()
	if err != nil {
		h.Close()
		return err
	}
	f.f, f.regular, f.size = h, info.Mode().IsRegular(), 0
	f.begun, f.made = true, f.made || created
	f.waits = h.SetWriteDeadline(time.Time{}) == nil
	if f.regular {
		f.size = info.Size()
	}
	if f.regular && f.opt.Lines && f.size > 0 {
		return f.endLine(ctx)
	}
	return nil
}

// open opens or makes the file, and its directories.
func (f *File) open(ctx context.Context) (h *os.File, created bool, err error) {
	flag := os.O_WRONLY | os.O_APPEND
	if f.opt.Truncate && !f.begun {
		flag |= os.O_TRUNC
	}
	info, err := f.dir.Stat(f.name)
	if err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		h, err = openPipe(ctx, f.dir, f.name)
		return h, false, err
	}
	if err == nil {
		h, err = f.dir.OpenFile(f.name, flag, 0)
		if !errors.Is(err, fs.ErrNotExist) {
			return h, false, err
		}
	}
	flag |= os.O_CREATE
	h, err = f.dir.OpenFile(f.name, flag, f.opt.Perm)
	if errors.Is(err, fs.ErrNotExist) && f.opt.Mkdir {
		if err := f.dir.MkdirAll(filepath.Dir(f.name), 0o755); err != nil {
			return nil, false, err
		}
		h, err = f.dir.OpenFile(f.name, flag, f.opt.Perm)
	}
	return h, err == nil, err
}

// openPipe opens a pipe by name, which waits for a reader. If ctx ends first, the
// wait is ended by reading from it ourselves.
func openPipe(ctx context.Context, dir Dir, name string) (*os.File, error) {
	stop := context.AfterFunc(ctx, func() {
		if r, err := dir.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0); err == nil {
			r.Close()
		}
	})
	defer stop()
	h, err := dir.OpenFile(name, os.O_WRONLY, 0)
	if err == nil && ctx.Err() != nil {
		h.Close()
		return nil, ctx.Err()
	}
	return h, err
}

// endLine ends the last line of the file if it has no newline.
func (f *File) endLine(ctx context.Context) error {
	r, err := f.dir.OpenFile(f.name, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrPermission) {
		return nil // it may be written and not read: its tail is not ours to see
	}
	if err != nil {
		return err
	}
	defer r.Close()
	var last [1]byte
	if _, err := r.ReadAt(last[:], f.size-1); err != nil || last[0] == '\n' {
		return nil
	}
	return f.Write(ctx, []byte{'\n'})
}

// Write appends p, which is whole units, and keeps nothing of it. If not all of
// it fits, the units that do stay, the rest is cut away, and the error says why: of
// the system, as an *fs.PathError. A file that was made here and could take nothing
// is removed.
func (f *File) Write(ctx context.Context, p []byte) error {
	if err := f.Open(ctx); err != nil {
		return err
	}
	if len(p) == 0 {
		return nil
	}
	f.dirty = true
	if f.waits {
		return writeCtx(ctx, f.f, p)
	}
	n, err := f.f.Write(p)
	f.size += int64(n)
	if err == nil || !f.regular {
		return err
	}
	err = f.cut(p[:n], err)
	if f.made && f.size == 0 { // made here, and nothing of it is of use
		f.Close()
		f.dir.Remove(f.name)
	}
	return err
}

// cut takes away what of p, which was written last, is not whole units, unless
// another process has written behind it.
func (f *File) cut(p []byte, cause error) error {
	torn := int64(len(p) - f.opt.Whole(p))
	if torn == 0 {
		return cause
	}
	end, err := f.f.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("%w; its last %d bytes are torn: %w", cause, torn, err)
	}
	info, err := f.f.Stat()
	if err != nil || info.Size() != end {
		return fmt.Errorf("%w; %d bytes before byte %d are torn", cause, torn, end)
	}
	if err := f.f.Truncate(end - torn); err != nil {
		return fmt.Errorf("%w; its last %d bytes are torn: %w", cause, torn, err)
	}
	f.size -= torn
	return cause
}

// Sync makes what was written durable, and the file's name if it was made here.
func (f *File) Sync() error {
	if f.f == nil || !f.regular || !f.dirty {
		return nil
	}
	if err := f.f.Sync(); err != nil {
		return err
	}
	f.dirty = false
	if !f.made {
		return nil
	}
	f.made = false
	return syncDir(f.dir, filepath.Dir(f.name))
}

func syncDir(dir Dir, name string) error {
	d, err := dir.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, unix.EINVAL) {
		return err
	}
	return nil
}

// Close closes the file. A later Write opens it again.
func (f *File) Close() error {
	if f.f == nil {
		return nil
	}
	err := f.f.Close()
	f.f, f.size = nil, 0
	return err
}
