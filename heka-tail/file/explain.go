package file

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"heka/heka-tail/internal/source"
	"heka/lib/encode"
	"heka/lib/position"
)

// explain tells which files make which stream, in which order, from where they are
// read and why. It reads no lines, and changes no positions.
func (t *tail) explain(ctx context.Context) error {
	if t.opt.state != "" {
		records, fresh, err := position.Look(t.opt.state, t.env.Logger())
		if err != nil {
			return err
		}
		t.recall(records, fresh)
	}
	t.failures = failures{of: len(t.args), log: t.env.Logger()}
	c := newCensus(t.layout(t.args, !t.families()), &logOnce{log: t.env.Logger()})
	r := &reader{tail: t, census: c, sink: t.sink, log: c.log, dry: true, pipes: newPipes(ctx, t, t.sink)}
	c.all()
	t.missing(t.args)
	out := t.env.Stdout
	if out == nil {
		out = os.Stdout
	}
	var text bytes.Buffer
	for _, s := range c.allStreams() {
		if err := r.plan(s); err != nil {
			return err
		}
		r.explain(&text, s)
	}
	if _, err := text.WriteTo(out); err != nil {
		return err
	}
	return t.failures.outcome()
}

// families reports whether what a file was renamed to belongs to its stream.
func (t *tail) families() bool {
	if t.opt.follow || t.opt.state != "" {
		return true
	}
	for _, a := range t.args {
		if isPattern(a) {
			return true
		}
	}
	return false
}

// explain writes what becomes of s, a line a file, those that are read numbered.
func (r *reader) explain(text *bytes.Buffer, s *stream) {
	list := r.views(s)
	if len(list) == 0 && len(s.missing) == 0 {
		return
	}
	fmt.Fprintf(text, "%s\n", visible(r.sink.Logger(s.name)))
	w := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	n := 0
	for i := range list {
		v := &list[i]
		number, from := "-", "left alone"
		if v.known == bound {
			n++
			number, from = fmt.Sprint(n), r.from(v)
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", number, visible(v.path), from, r.why(v))
	}
	for _, rec := range s.missing {
		fmt.Fprintf(w, "  -\t%s\tgone\t%s\n", visible(rec.Path), lostText(rec))
	}
	w.Flush()
}

func lostText(rec position.Record) string {
	if n := rec.Size - max(rec.Offset, rec.Seen); n > 0 && !rec.Packed {
		return fmt.Sprintf("%d bytes that were there are lost", n)
	}
	return "it was read to its end"
}

// from says where reading of v starts.
func (r *reader) from(v *view) string {
	start := source.Start{}
	if v.rec == nil && v.known == bound {
		start = r.tail.start()
	}
	switch {
	case v.rec != nil && !r.peek(v, func(o source.Origin) bool { return source.Has(o, *v.rec) || v.rec.Head.Len == 0 }):
		v.why = "it has another content than was read: truncated or replaced"
		return "from its first byte"
	case v.rec != nil && r.untouched(v.member):
		return "read to its end"
	case v.rec != nil:
		if !v.plain {
			return fmt.Sprintf("from byte %d, unpacked", v.rec.Offset)
		}
		return fmt.Sprintf("from byte %d of %d", v.rec.Offset, v.st.Size)
	case start.FromEnd && start.Lines == 0:
		return "from its end"
	case start.FromEnd:
		return fmt.Sprintf("its last %d lines", start.Lines)
	case start.Lines > 0:
		return fmt.Sprintf("from line %d", start.Lines+1)
	}
	return fmt.Sprintf("all %d bytes", v.st.Size)
}

// why says why v is read so, and why it has its place.
func (r *reader) why(v *view) string {
	why := v.why
	if t := r.tail.tree; t != nil {
		if path, err := filepath.Rel(t.root, v.path); err == nil {
			why = strings.TrimPrefix(why+"; "+t.layout.Why(filepath.ToSlash(path)), "; ")
		}
	}
	return strings.TrimSuffix(why, "; ")
}

func visible(s string) string { return string(encode.AppendVisible(nil, []byte(s))) }
