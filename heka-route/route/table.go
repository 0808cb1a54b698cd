package route

import (
	"fmt"
	"strings"

	"heka/lib/match"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/target"
)

// onward is the index of the target "-": down the pipeline.
const onward = -1

// maxTargets bounds the targets of one router.
const maxTargets = 1000

// table is what --to and its companions say: which expression leads where.
type table struct {
	exprs   []*match.Expr
	to      []int // for each expression: index of its target, or onward
	targets []target.Target
	index   map[string]int // of targets, by what was typed

	rest  int // target of what no expression selects
	first bool
	tee   bool
}

// addRule adds an EXPR => TARGET.
func (t *table) addRule(text string, opt target.Options) error {
	expr, spec, err := parseRule(text)
	if err != nil {
		return &stage.UsageError{Msg: err.Error()}
	}
	to, err := t.target(spec, opt)
	if err != nil {
		return &stage.UsageError{Msg: fmt.Sprintf("--to %q: %v", text, err)}
	}
	t.exprs = append(t.exprs, expr)
	t.to = append(t.to, to)
	return nil
}

// parseRule takes an EXPR => TARGET apart, at the first => that has an expression
// before it: one may stand in quotes.
func parseRule(text string) (*match.Expr, string, error) {
	var first error
	for at := 0; ; {
		n := strings.Index(text[at:], "=>")
		if n < 0 {
			break
		}
		at += n + 2
		expr, err := match.Parse(strings.TrimSpace(text[:at-2]))
		if err == nil {
			return expr, strings.TrimSpace(text[at:]), nil
		}
		if first == nil {
			first = fmt.Errorf("--to: %w", err)
		}
	}
	if first == nil {
		first = fmt.Errorf("--to %q: no => in it; want 'EXPR => TARGET', as in "+
			"'Severity <= 3 => errors.heka'", text)
	}
	return nil, "", first
}

// target returns the index of the target that spec names.
func (t *table) target(spec string, opt target.Options) (int, error) {
	if spec == "-" {
		return onward, nil
	}
	if i, ok := t.index[spec]; ok {
		return i, nil
	}
	tg, err := target.Parse(spec, opt)
	if err != nil {
		return 0, err
	}
	if len(t.targets) == maxTargets {
		return 0, fmt.Errorf("more than %d targets", maxTargets)
	}
	t.index[spec] = len(t.targets)
	t.targets = append(t.targets, tg)
	return len(t.targets) - 1, nil
}

// stage returns the router: lanes that match, and one stage behind them that
// writes.
//
//	──> lane: match, note the spans ──> writer ──> stdout
//	└─> lane: match, note the spans ──┘  └──> targets (one write a batch each)
func (t *table) stage(env *stage.Env) stage.Stage {
	set, d := match.NewSet(t.exprs...), newDispatch(t.exprs)
	lanes := stage.NewParallel(func() stage.Lane { return newLane(env, t, d, set.Clone()) })
	return stage.Chain{lanes, &writer{env: env, targets: t.targets}}
}

// lane asks the expressions of each message.
type lane struct {
	*table
	dispatch *dispatch
	set      *match.Set
	now      func(*msg.View) int64 // nil if no expression wants it
	view     msg.View
}

func newLane(env *stage.Env, t *table, d *dispatch, set *match.Set) *lane {
	l := &lane{table: t, dispatch: d, set: set}
	if set.UsesNow() {
		l.now = newClock(env)
	}
	return l
}

// Do is on the hot path of all routing. It copies no message: it notes where
// those stand that go to each target.
func (l *lane) Do(in *stage.Batch) (*stage.Batch, error) {
	out := in.Split(len(l.targets))
	for i, at := range in.Off {
		rec := in.Record(i)
		l.view.Reset(rec[msg.HeaderSize:])
		if l.now != nil {
			l.set.SetNow(l.now(&l.view))
		}
		if l.route(out, at, at+uint32(len(rec))) || l.tee {
			out.Off = append(out.Off, at)
		}
	}
	return out, nil
}

// route notes the targets of the message at hand; true if it goes onward.
func (l *lane) route(out *stage.Batch, from, to uint32) bool {
	matched, pass, reset := false, false, false
	for _, c := range l.dispatch.of(l.view.Type()) {
		if !c.sure {
			if !reset {
				l.set.Reset(&l.view)
				reset = true
			}
			if !l.set.Match(&l.view, c.rule) {
				continue
			}
		}
		matched = true
		if t := l.to[c.rule]; t == onward {
			pass = true
		} else {
			out.Routes[t].Add(from, to)
		}
		if l.first {
			break
		}
	}
	if matched {
		return pass
	}
	if l.rest != onward {
		out.Routes[l.rest].Add(from, to)
		return false
	}
	return true
}
