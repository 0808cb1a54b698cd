package file

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"heka/heka-tail/internal/logstream"
	"heka/heka-tail/internal/rotation"
	"heka/heka-tail/internal/source"
	"heka/lib/stage"
)

// matchOptions are the flags of streams that a regular expression makes.
type matchOptions struct {
	expr           string
	priority       string
	differentiator string
	translate      logstream.Translation
	oldest         string
}

func (o *matchOptions) set() bool { return o.expr != "" }

func (o *matchOptions) declare(fs *pflag.FlagSet) {
	fs.StringVar(&o.expr, "file-match", "",
		"read the files below the folder SOURCE whose path there matches `REGEX`, as streams")
	fs.StringVar(&o.priority, "priority", "",
		"with --file-match: `GROUPS` that order a stream's files, oldest first; ^ reverses")
	fs.StringVar(&o.differentiator, "differentiator", "",
		"with --file-match: `GROUPS` and text that make the names of streams")
	fs.Var(&o.translate, "translate",
		"with --file-match: numbers for texts of a group, `GROUP:TEXT=N,...` (repeatable)")
	fs.StringVar(&o.oldest, "oldest", o.oldest,
		"with --file-match: leave files alone that are older than this `AGE`; 0: none")
}

// layout checks the options.
func (o *matchOptions) layout(root, name string) (*tree, error) {
	opt := logstream.Options{
		Root: root, Name: cmp.Or(name, filepath.Base(root)), FileMatch: o.expr, Translation: o.translate,
	}
	var errs []error
	var err error
	if o.priority != "" {
		opt.Priority, err = logstream.ParsePriority(o.priority)
		errs = append(errs, err)
	}
	if o.differentiator != "" {
		opt.Differentiator, err = logstream.ParseDifferentiator(o.differentiator)
		errs = append(errs, err)
	}
	opt.Oldest, err = logstream.ParseOldest(o.oldest)
	errs = append(errs, err)
	if err := usage(errs...); err != nil {
		return nil, err
	}
	l, err := logstream.New(opt)
	if err != nil {
		return nil, usage(err)
	}
	return &tree{
		layout: l, root: root, oldest: opt.Oldest > 0,
		places: map[string]placed{}, now: time.Now,
	}, nil
}

// usage makes one mistake in the command line of several.
func usage(errs ...error) error {
	var all []error
	for _, err := range errs {
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			all = append(all, usage(several.Unwrap()...))
		} else if err != nil {
			all = append(all, &stage.UsageError{Msg: err.Error()})
		}
	}
	return join(all)
}

// tree is the layout of files below a folder that a regular expression makes streams
// of, as Heka's logstreamer did.
type tree struct {
	layout *logstream.Layout
	root   string
	oldest bool
	places map[string]placed // what was found before, by path below root
	folder []string
	now    func() time.Time
}

// placed is what the layout says of a path.
type placed struct {
	place logstream.Place
	ok    bool
	err   error
}

func (t *tree) waited() []string { return nil }

func (t *tree) named() (all []finding, errs []error) {
	places := map[string]placed{}
	dirs := map[string]bool{t.root: true}
	var found []logstream.Place
	for path, err := range t.layout.Walk() {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		p, known := t.places[path]
		if !known {
			p.place, p.ok, p.err = t.layout.Place(path)
		}
		places[path] = p
		if !p.ok {
			continue
		}
		dirs[filepath.Join(t.root, filepath.Dir(path))] = true
		if p.err != nil {
			errs = append(errs, p.err)
			continue
		}
		if !t.tooOld(path) {
			found = append(found, p.place)
		}
	}
	t.places, t.folder = places, t.folder[:0]
	for d := range dirs {
		t.folder = append(t.folder, d)
	}
	streams := logstream.Group(found)
	if err := t.layout.Check(streams); err != nil {
		errs = append(errs, err)
	}
	for _, s := range streams {
		for i, f := range s.Files {
			all = append(all, finding{
				path: filepath.Join(t.root, f.Path), stream: s.Name, base: i == len(s.Files)-1, named: true, listed: true,
				name: rotation.Of(filepath.Base(f.Path)), order: f.Order,
			})
		}
	}
	return all, errs
}

func (t *tree) tooOld(path string) bool {
	if !t.oldest {
		return false
	}
	st, err := source.Stat(filepath.Join(t.root, path))
	return err == nil && t.layout.TooOld(time.Unix(0, st.Mtime), t.now())
}

// rotations returns nothing: what belongs to a stream, the expression says.
func (t *tree) rotations(...string) []finding { return nil }

func (t *tree) again(streams ...string) []finding {
	all, _ := t.named()
	return slices.DeleteFunc(all, func(f finding) bool { return !slices.Contains(streams, f.stream) })
}

func (t *tree) concerns(string) bool { return true }

func (t *tree) dirs() []string {
	if len(t.folder) == 0 {
		return []string{t.root}
	}
	return t.folder
}

// check finds mistakes that only a look at the tree shows.
func (t *tree) check() error {
	info, err := os.Stat(t.root)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return &stage.UsageError{Msg: t.root + " is no folder",
			Hint: "--file-match looks through the tree of the folder that SOURCE names"}
	}
	var places []logstream.Place
	for path, err := range t.layout.Walk() {
		if p, ok, perr := t.layout.Place(path); err == nil && ok && perr == nil && !t.tooOld(path) {
			places = append(places, p)
		}
	}
	if err := t.layout.Check(logstream.Group(places)); err != nil {
		return usage(err)
	}
	return nil
}
