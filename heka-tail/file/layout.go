package file

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"

	"heka/heka-tail/internal/rotation"
)

// finding is a file that the sources name, or that may be a rotation of one.
type finding struct {
	path   string
	stream string        // the name of the stream that it belongs to
	base   bool          // it has the stream's own name: the file in use
	named  bool          // the sources name it
	listed bool          // a directory had the name
	name   rotation.Name // of it
	order  []int         // its place in the stream, if the layout knows
}

// layout says which files make which streams.
type layout interface {
	// named returns what the sources name now, and what is wrong with that, if
	// anything.
	named() ([]finding, []error)

	// rotations returns the files beside the streams' own that may be rotations of
	// them, whether named or not.
	rotations(streams ...string) []finding

	// again looks through the directories of the streams, and returns what belongs to
	// them.
	again(streams ...string) []finding

	// waited returns the streams that there are even if no file of theirs is there.
	waited() []string

	// concerns reports whether a file of this name, in one of dirs, may be one that
	// named or rotations would return.
	concerns(name string) bool

	// dirs returns the directories in which files may appear.
	dirs() []string
}

// paths is the layout of sources that are paths and globs. A file that is named as
// rotation names them belongs to the stream of the file that it is a rotation of, if
// that is named, too; every other file is a stream of its own.
type paths struct {
	explicit []string
	patterns []string
	own      bool // each file is a stream of its own, and the order is that given
	is       map[string]bool
}

func newPaths(args []string, own bool) *paths {
	p := &paths{is: map[string]bool{}, own: own}
	for _, a := range args {
		switch {
		case a == "-":
		case isPattern(a):
			p.patterns = append(p.patterns, a)
		case !p.is[a]:
			p.is[a] = true
			p.explicit = append(p.explicit, a)
		}
	}
	return p
}

func (p *paths) waited() []string {
	var s []string
	for _, path := range p.explicit {
		if f := p.find(path, true); f.stream == path {
			s = append(s, path)
		}
	}
	return s
}

func (p *paths) named() ([]finding, []error) {
	var all []finding
	seen := map[string]bool{}
	for _, path := range p.explicit {
		all = append(all, p.find(path, true))
		seen[path] = true
	}
	for _, pattern := range p.patterns {
		found, _ := filepath.Glob(pattern) // the pattern is checked
		for _, path := range found {
			if !seen[path] {
				seen[path] = true
				f := p.find(path, true)
				f.listed = true
				all = append(all, f)
			}
		}
	}
	return all, nil
}

// find tells which stream path belongs to.
func (p *paths) find(path string, named bool) finding {
	dir, file := filepath.Split(path)
	f := finding{path: path, stream: path, base: true, named: named, name: rotation.Of(file)}
	if base := dir + f.name.Base; !p.own && base != path && (p.is[base] || p.matches(base)) {
		f.stream, f.base = base, false
	}
	return f
}

// matches reports whether a glob would find path.
func (p *paths) matches(path string) bool {
	return slices.ContainsFunc(p.patterns, func(pattern string) bool {
		ok, _ := filepath.Match(pattern, path)
		return ok
	})
}

func (p *paths) rotations(streams ...string) []finding {
	return slices.DeleteFunc(p.again(streams...), func(f finding) bool { return f.base })
}

func (p *paths) again(streams ...string) (all []finding) {
	dirs := map[string][]string{}
	for _, s := range streams {
		dir, base := filepath.Split(s)
		dirs[dir] = append(dirs[dir], base)
	}
	for dir, bases := range dirs {
		d, err := os.Open(cmp.Or(dir, "."))
		if err != nil {
			continue
		}
		names, _ := d.Readdirnames(-1)
		d.Close()
		slices.Sort(bases)
		for _, n := range names {
			f := p.find(dir+n, p.is[dir+n] || p.matches(dir+n))
			base := f.name.Base
			if _, own := slices.BinarySearch(bases, n); own && (n == base || f.stream == f.path) {
				base = n
			}
			if _, ok := slices.BinarySearch(bases, base); ok {
				f.stream, f.base, f.listed = dir+base, n == base, true
				all = append(all, f)
			}
		}
	}
	return all
}

func (p *paths) concerns(name string) bool {
	base := rotation.Of(name).Base
	return slices.ContainsFunc(p.explicit, func(path string) bool {
		own := filepath.Base(path)
		return name == own || base == own
	}) || slices.ContainsFunc(p.patterns, func(pattern string) bool {
		pattern = filepath.Base(pattern)
		ok, _ := filepath.Match(pattern, name)
		if !ok {
			ok, _ = filepath.Match(pattern, base)
		}
		return ok
	})
}

func (p *paths) dirs() []string {
	var dirs []string
	for _, path := range p.explicit {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, pattern := range p.patterns {
		found, _ := filepath.Glob(filepath.Dir(pattern))
		dirs = append(dirs, found...)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}
