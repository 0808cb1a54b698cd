package oracle

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// numbered is a rotated file whose name ends in a number: app.log.3, app.log.3.gz.
type numbered struct {
	n    int
	tail string // "", or ".gz" and the like
}

// numbered returns the rotated files with numbers, the oldest, whose number is the
// largest, first.
func (r *Rotator) numbered() ([]numbered, error) {
	entries, err := os.ReadDir(filepath.Dir(r.w.path))
	if err != nil {
		return nil, err
	}
	var all []numbered
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), filepath.Base(r.w.path)+".")
		if !ok {
			continue
		}
		num, tail, packed := strings.Cut(rest, ".")
		n, err := strconv.Atoi(num)
		if _, known := packers[tail]; err != nil || packed && (!known || tail == "") {
			continue
		}
		if packed {
			tail = "." + tail
		}
		all = append(all, numbered{n, tail})
	}
	slices.SortFunc(all, func(a, b numbered) int { return b.n - a.n })
	return all, nil
}

func (r *Rotator) name(f numbered) string { return r.w.path + "." + strconv.Itoa(f.n) + f.tail }

// shift gives each number to the next file, so that 1 is free.
func (r *Rotator) shift() error {
	all, err := r.numbered()
	if err != nil {
		return err
	}
	for _, f := range all {
		if err := os.Rename(r.name(f), r.name(numbered{f.n + 1, f.tail})); err != nil {
			return err
		}
	}
	return nil
}

// prune removes the rotated files beyond those that are kept.
func (r *Rotator) prune() error {
	if r.opt.Keep <= 0 {
		return nil
	}
	all, err := r.numbered()
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.n > r.opt.Keep {
			if err := os.Remove(r.name(f)); err != nil {
				return err
			}
		}
	}
	dated, err := filepath.Glob(escape(r.w.path) + "-[0-9]*")
	for ; err == nil && len(dated) > r.opt.Keep; dated = dated[1:] { // Glob sorts
		err = os.Remove(dated[0])
	}
	return err
}

// toPack returns the rotated file that is to be packed now, "" if there is none.
func (r *Rotator) toPack(how How) string {
	if r.opt.Pack == "" {
		return ""
	}
	if how == Date || how == Symlink {
		back := 0
		if r.opt.Delay {
			back = 1
		}
		if how == Symlink { // the last is the one that is written
			back++
		}
		return r.w.path + r.day.AddDate(0, 0, -back).Format("-20060102")
	}
	if r.opt.Delay || how == Late { // who is late writes yet
		return r.w.path + ".2"
	}
	return r.w.path + ".1"
}

// pack packs what is to be packed, and a file beside it that an earlier rotation left.
func (r *Rotator) pack(how How) error {
	path := r.toPack(how)
	if path == "" {
		return nil
	}
	if _, err := os.Lstat(path); err != nil {
		return nil
	}
	return packFile(path, r.opt.Pack)
}
