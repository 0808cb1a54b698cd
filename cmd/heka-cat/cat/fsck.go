package cat

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"heka/lib/frame"
	"heka/lib/stage"
)

// fsck looks for damage in files: a message of type heka.damage for each place, one
// of type heka.fsck for each file. With repair it makes files whole again.
type fsck struct {
	env    *stage.Env
	files  []string
	repair bool
}

// Run checks all files, whatever is wrong with one of them. The first error ends the
// program in the end; the others are logged.
func (s *fsck) Run(ctx context.Context, _ stage.Reader, out stage.Writer) error {
	r := newReport(s.env, out)
	var first error
	for _, name := range s.files {
		err := s.file(ctx, name, r)
		if errors.Is(err, stage.ErrClosed) || ctx.Err() != nil {
			return err
		}
		if first == nil {
			first = err
		} else if err != nil {
			s.env.Logger().Error(err.Error())
		}
	}
	if err := r.c.Flush(); err != nil {
		return err
	}
	return first
}

// verdict is what was found in a file.
type verdict struct {
	messages, blocks   int64
	bytes              int64
	places             int64 // where it is damaged
	lost               int64 // bytes of them in the file
	format             byte
	damaged            piece // the place that is being gathered
	repaired, hopeless bool
}

func (s *fsck) file(ctx context.Context, name string, r *report) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	k, err := newWalker(ctx, s.env, f, true)
	if err != nil {
		return err
	}
	var fix *mender
	if s.repair {
		path, err := filepath.EvalSymlinks(name)
		if err != nil {
			return err
		}
		fix = &mender{k: k, src: f, path: path}
		defer fix.abandon()
	}
	v := verdict{}
	if err := s.walk(k, name, &v, fix, r); err != nil {
		return err
	}
	v.bytes, v.format = k.w.size, k.format
	v.hopeless = v.places > 0 && v.messages == 0
	if v.places > 0 && fix != nil && !v.hopeless {
		if err := fix.commit(); err != nil {
			return fmt.Errorf("repair %s: %w", name, err)
		}
		v.repaired = true
		s.env.Logger().Info(fmt.Sprintf("%s: repaired; what was bad is in %s", name, fix.badName()))
	}
	if err := s.total(r, name, &v); err != nil {
		return err
	}
	return v.err(name)
}

// walk looks at all of a file.
func (s *fsck) walk(k *walker, name string, v *verdict, fix *mender, r *report) error {
	for {
		p, ok, err := k.next()
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if ok && p.kind == kindDamage && v.damaged.size > 0 {
			v.damaged.extend(p)
		} else if err := s.place(r, name, v); err != nil {
			return err
		} else if p.kind == kindDamage {
			v.damaged = p
		}
		if fix != nil && ok {
			if err := fix.take(p); err != nil {
				return fmt.Errorf("repair %s: %w", name, err)
			}
		}
		if !ok {
			return nil
		}
		v.messages += int64(p.count)
		if p.kind == frame.KindBlock {
			v.blocks++
		}
		if p.bad > 0 {
			v.damaged = piece{at: p.at, bad: p.bad}
			if err := s.place(r, name, v); err != nil {
				return err
			}
		}
	}
}

// place says where the damage gathered so far is.
func (s *fsck) place(r *report, name string, v *verdict) error {
	p := v.damaged
	if p.size == 0 && p.bad == 0 {
		return nil
	}
	v.damaged = piece{}
	v.places++
	v.lost += p.size
	what := "no record"
	if p.bad > 0 {
		what = fmt.Sprintf("%d malformed messages in a block", p.bad)
	}
	r.text("file", name, "")
	r.number("offset", p.at, "")
	r.number("bytes", p.size, "B")
	r.text("what", what, "")
	return r.add("heka.damage")
}

// total says how a file is.
func (s *fsck) total(r *report, name string, v *verdict) error {
	format := map[byte]string{frame.KindMessage: "records", kindHeka: "heka"}[v.format]
	r.text("file", name, "")
	r.text("format", format, "")
	r.number("messages", v.messages, "")
	r.number("blocks", v.blocks, "")
	r.number("bytes", v.bytes, "B")
	r.number("damaged", v.places, "")
	r.number("damaged_bytes", v.lost, "B")
	r.b.Name([]byte("repaired"))
	r.b.Bool(v.repaired)
	s.env.Stats.In.Add(v.messages)
	s.env.Stats.InBytes.Add(v.bytes)
	return r.add("heka.fsck")
}

// err is how the check of a file ends.
func (v *verdict) err(name string) error {
	switch {
	case v.places == 0 || v.repaired:
		return nil
	case v.hopeless:
		return fmt.Errorf("%w: %s: there is no whole message in it: no capture", stage.ErrBadData, name)
	}
	places := "one place"
	if v.places > 1 {
		places = fmt.Sprintf("%d places", v.places)
	}
	return fmt.Errorf("%w: %s: damaged in %s, %d bytes; --fsck --repair keeps the rest",
		stage.ErrBadData, name, places, v.lost)
}
