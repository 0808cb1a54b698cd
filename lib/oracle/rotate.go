package oracle

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// How is a way to rotate a file.
type How int

// The ways. Unless a way says otherwise, no line is lost by it to a reader that finds
// the names that the file takes.
const (
	Create   How = iota // app.log.1 to app.log.2 and so on, app.log to app.log.1, app.log new
	Date                // app.log to app.log-20240102, a day later each time; app.log new
	Double              // Create three times at once, with lines in the files between
	Late                // Create; the writer goes on in the renamed file for a while, another in the new one
	Partial             // Create in the middle of a line; the rest of each second goes to the renamed file, else nowhere
	Copy                // copytruncate: app.log copied to app.log.1, then cut to nothing, no line between
	CopyRace            // the same with lines between: they are lost
	Truncate            // cut to nothing: what stands there is lost to who has not read it
	Regrow              // cut, and longer than before by the next write; the same is lost
	Delete              // removed and made anew; lost to who does not have it open
	Inode               // the same, with the inode of the one removed if the file system gives it
	Symlink             // app.log links to app.log-20240102, a day later each time
)

var hows = [...]string{
	"create", "date", "double", "late", "partial", "copy", "copyrace", "truncate", "regrow",
	"delete", "inode", "symlink",
}

// String returns the name that ParseHow takes.
func (h How) String() string { return hows[h] }

// Hows returns the names of all ways.
func Hows() []string { return hows[:] }

// ParseHow returns the way of this name.
func ParseHow(name string) (How, error) {
	for i, n := range hows {
		if n == name {
			return How(i), nil
		}
	}
	return 0, fmt.Errorf("no way to rotate is called %q; there are %s", name, strings.Join(hows[:], ", "))
}

// Rotation says how a Rotator rotates.
type Rotation struct {
	Hows  []How  // in turn
	Keep  int    // rotated files that stay, if more than 0; those beyond are removed, read or not
	Pack  string // what rotated files are compressed to: "gz", "zst", "xz"; or ""
	Delay bool   // one is left as it is until the next rotation
}

// Rotator rotates the file of a Writer. It is for one goroutine, which may be another
// than that of the writer.
type Rotator struct {
	w   *Writer
	opt Rotation
	n   int // rotations done
	day time.Time
}

// NewRotator returns a rotator of the file of w.
func NewRotator(w *Writer, opt Rotation) (*Rotator, error) {
	if err := CheckPack(opt.Pack); err != nil {
		return nil, err
	}
	r := &Rotator{w: w, opt: opt, day: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
	dated, _ := filepath.Glob(escape(w.path) + "-[0-9]*")
	for _, name := range dated {
		text := name[len(w.path)+1:]
		if t, err := time.Parse("20060102", text[:min(8, len(text))]); err == nil && t.After(r.day) {
			r.day = t
		}
	}
	for _, how := range opt.Hows {
		if how == Symlink {
			return r, r.link()
		}
	}
	return r, nil
}

// escape quotes what a glob takes for more than itself.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// Count returns how many rotations were done.
func (r *Rotator) Count() int { return r.n }

// Rotate rotates once, in the way whose turn it is, and packs what is to be packed.
func (r *Rotator) Rotate() error {
	how := Create
	if len(r.opt.Hows) > 0 {
		how = r.opt.Hows[r.n%len(r.opt.Hows)]
	}
	r.n++
	if err := r.locked(how); err != nil {
		return fmt.Errorf("rotate %s by %s: %w", r.w.path, how, err)
	}
	r.w.ledger.Note(fmt.Sprintf("rotated %s by %s, the %d. time", filepath.Base(r.w.path), how, r.n))
	if err := r.pack(how); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return nil
}

func (r *Rotator) locked(how How) error {
	w := r.w
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.endLate(); err != nil {
		return err
	}
	switch how {
	case Date:
		return r.moved(r.nextDay(), w.reopen)
	case Double:
		for range 2 {
			if err := r.created(w.reopen); err != nil {
				return err
			}
			if err := w.write(3, 0); err != nil {
				return err
			}
		}
		return r.created(w.reopen)
	case Late:
		return r.created(w.split)
	case Partial:
		return r.partial()
	case Copy:
		return r.copied(0)
	case CopyRace:
		return r.copied(3)
	case Truncate, Regrow:
		return r.cut(how == Regrow)
	case Delete, Inode:
		return r.remade(how == Inode)
	case Symlink:
		return r.link()
	}
	return r.created(w.reopen)
}

// created moves all names on and the file to the first of them.
func (r *Rotator) created(reopen func() error) error {
	if err := r.shift(); err != nil {
		return err
	}
	return r.moved(r.w.path+".1", reopen)
}

// moved renames the file, makes a new one, and lets the writer have it.
func (r *Rotator) moved(to string, reopen func() error) error {
	if err := os.Rename(r.w.path, to); err != nil {
		return err
	}
	if err := reopen(); err != nil {
		return err
	}
	return r.prune()
}

// nextDay returns the next dated name.
func (r *Rotator) nextDay() string {
	r.day = r.day.AddDate(0, 0, 1)
	return r.w.path + r.day.Format("-20060102")
}

// partial rotates in the middle of a line.
func (r *Rotator) partial() error {
	w := r.w
	if err := w.half(w.cur); err != nil {
		return err
	}
	return r.created(func() error {
		if r.n%2 == 0 {
			if err := w.finish(w.cur); err != nil {
				return err
			}
		}
		return w.reopen()
	})
}

// copied copies the file, writes lines that nobody will see, and cuts it.
func (r *Rotator) copied(between int) error {
	w := r.w
	if err := w.finish(w.cur); err != nil {
		return err
	}
	if err := r.shift(); err != nil {
		return err
	}
	to, err := os.Create(w.path + ".1")
	if err != nil {
		return err
	}
	_, err = io.Copy(to, io.NewSectionReader(w.cur.file, 0, 1<<62))
	if cerr := to.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if between > 0 {
		first := w.cur.next
		if err := w.write(between, 0); err != nil {
			return err
		}
		w.ledger.lost(w.cur.src, first, w.cur.next-1)
	}
	w.cur.first = w.cur.next
	if err := w.cur.file.Truncate(0); err != nil {
		return err
	}
	return r.prune()
}

// maxRegrow is how long a file gets by being longer than before again and again.
const maxRegrow = 8 << 20

func (r *Rotator) cut(regrow bool) error {
	w := r.w
	st, err := w.cur.file.Stat()
	if err != nil {
		return err
	}
	w.lose()
	if err := w.cur.file.Truncate(0); err != nil {
		return err
	}
	if regrow && st.Size() < maxRegrow {
		return w.write(0, int(st.Size())+1)
	}
	return nil
}

// remade removes the file and makes another.
func (r *Rotator) remade(same bool) error {
	w := r.w
	old, err := w.cur.file.Stat()
	if err != nil {
		return err
	}
	w.lose()
	w.cur.file.Close()
	if err := os.Remove(w.path); err != nil {
		return err
	}
	if err := w.reopen(); err != nil || !same {
		return err
	}
	st, err := w.cur.file.Stat()
	if err == nil {
		w.ledger.Note(fmt.Sprintf("the same inode: %v", os.SameFile(old, st)))
	}
	return err
}

// link lets the name be a link to a new file.
func (r *Rotator) link() error {
	w := r.w
	if st, err := os.Lstat(w.path); err == nil && st.Mode().IsRegular() && st.Size() > 0 {
		if err := os.Rename(w.path, r.nextDay()); err != nil {
			return err
		}
	}
	to, tmp := r.nextDay(), w.path+".tmp"
	f, err := open(to)
	if err != nil {
		return err
	}
	f.Close()
	if err := os.Symlink(filepath.Base(to), tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, w.path); err != nil {
		return err
	}
	if err := w.reopen(); err != nil {
		return err
	}
	return r.prune()
}
