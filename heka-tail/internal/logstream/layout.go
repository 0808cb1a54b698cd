// Package logstream finds which files of a tree make which streams, and in which
// order, by the rules of Heka's logstreamer: a regular expression whose named
// groups say what of a path orders files, and what tells streams apart.
//
//	l, err := logstream.New(logstream.Options{
//		Root: "/var/log/nginx", Name: "web",
//		FileMatch:      `(?P<Host>[^/]+)/access\.log\.?(?P<Seq>\d*)`,
//		Priority:       []string{"^Seq"},
//		Differentiator: []string{"nginx-", "Host"},
//	})
//	for path, err := range l.Walk() { ... }      // paths below the root
//	p, ok, err := l.Place("a.example/access.log.1")
//
// Placing does no input or output, and is dear enough to do it once for a path: the
// caller keeps the places. Group sorts them into streams. All but Walk may be
// called by several goroutines at once.
package logstream

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Options are the rules of one set of streams, as flags or a configuration give them.
type Options struct {
	Root string // the folder whose tree is looked through
	Name string // of the stream, if Differentiator is empty

	// FileMatch is a regular expression of Go, matched against the whole path below
	// Root; the slash between them may stand at its start. Its named groups are what
	// the other options name.
	FileMatch string
	// Priority has the groups that order the files of a stream, oldest first: the
	// first group first. ^Name turns the order about: the lowest is the newest.
	Priority []string
	// Differentiator is what the names of streams are made of: what is the name of a
	// group stands for the text that it matched, all else for itself.
	Differentiator []string
	// Translation gives, for a group, the numbers of texts to order by; case does not
	// count. The text "missing" is for a group that matched nothing.
	Translation map[string]map[string]int
	// Oldest is the age from which on files are ignored; 0: none are.
	Oldest time.Duration
}

// Layout is a set of rules, checked.
type Layout struct {
	opts  Options
	match *regexp.Regexp
	start string // the folder to walk
	slash bool   // match wants a slash before the path
	keys  []key
	name  []part
}

// part is one of those that a stream's name is made of.
type part struct {
	text   string
	groups []int // none: text as it is
}

// Place is where a file belongs.
type Place struct {
	Path   string // below the root
	Stream string
	// Order has a number for each group of Priority; those of the oldest file are lowest.
	Order []int
}

// Compare is negative if a comes before b: it is older, or as old and its path
// is first. For files of one stream.
func Compare(a, b Place) int {
	if c := slices.Compare(a.Order, b.Order); c != 0 {
		return c
	}
	return cmp.Compare(a.Path, b.Path)
}

// Place tells where the file of that path belongs, which is relative to the root,
// clean and with slashes. ok is false if FileMatch does not match it. An error says
// that it does, but that there is no order for what a group matched: a *PlaceError.
func (l *Layout) Place(path string) (p Place, ok bool, err error) {
	subject := l.subject(path)
	at := l.match.FindStringSubmatchIndex(subject)
	if at == nil {
		return Place{}, false, nil
	}
	p = Place{Path: path, Stream: l.stream(subject, at)}
	if len(l.keys) > 0 {
		p.Order = make([]int, len(l.keys))
	}
	for i, k := range l.keys {
		n, err := k.number(text(subject, at, k.groups))
		if err != nil {
			return p, true, &PlaceError{Path: path, Err: err}
		}
		if k.descending {
			n = -n
		}
		p.Order[i] = n
	}
	return p, true, nil
}

// subject is what of a path is matched.
func (l *Layout) subject(path string) string {
	if l.slash {
		return "/" + path
	}
	return path
}

// text is what a group matched: of several of one name, the last that matched
// something. Empty if none did.
func text(path string, at []int, groups []int) string {
	for i := len(groups) - 1; i >= 0; i-- {
		if from, to := at[2*groups[i]], at[2*groups[i]+1]; from < to {
			return path[from:to]
		}
	}
	return ""
}

func (l *Layout) stream(path string, at []int) string {
	var b strings.Builder
	for _, p := range l.name {
		if p.groups != nil {
			b.WriteString(text(path, at, p.groups))
		} else {
			b.WriteString(p.text)
		}
	}
	if b.Len() == 0 {
		return l.opts.Name
	}
	return b.String()
}

// TooOld reports whether a file last written at mtime is to be ignored at now.
func (l *Layout) TooOld(mtime, now time.Time) bool {
	return l.opts.Oldest > 0 && !mtime.After(now.Add(-l.opts.Oldest))
}

// Stream is one, with its files, the oldest first.
type Stream struct {
	Name  string
	Files []Place
}

// Group makes streams of places, sorted by name. It sorts places itself, and the
// streams share their memory.
func Group(places []Place) []Stream {
	slices.SortFunc(places, func(a, b Place) int {
		if c := cmp.Compare(a.Stream, b.Stream); c != 0 {
			return c
		}
		return Compare(a, b)
	})
	var all []Stream
	for len(places) > 0 {
		name, n := places[0].Stream, 1
		for n < len(places) && places[n].Stream == name {
			n++
		}
		all = append(all, Stream{Name: name, Files: places[:n:n]})
		places = places[n:]
	}
	return all
}
