package window

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// tally is an Aggregate that sends n rows of its count.
type tally struct {
	count int64
	rows  int
}

func (a *tally) Add(*msg.View) { a.count++ }
func (a *tally) Reset()        { a.count = 0 }
func (a *tally) Emit(r *Rows) {
	for range a.rows {
		r.Count(a.count)
		if !r.Send() {
			return
		}
	}
}

// script is a source that does what its words say: a number is a message of that
// second, "tN" a tick, "lN" a tick for a terminal, "i" an interim message.
type script struct {
	env   *stage.Env
	words string
}

func (s script) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	c := stage.NewCollector(s.env, out)
	for _, w := range strings.Fields(s.words) {
		var n int64
		fmt.Sscan(strings.TrimLeft(w, "tli"), &n)
		var err error
		switch w[0] {
		case 't', 'l':
			err = out.Write(s.env.Pool.Tick(n*1e9, w[0] == 'l'))
		default:
			b := msg.Builder{Timestamp: n * 1e9}
			if err = c.Add(&b); err != nil {
				return err
			}
			if w[0] == 'i' {
				c.Interim = true
				err = c.Flush()
				c.Interim = false
			} else {
				err = c.Acknowledge(stage.Range{Source: 1, From: n, To: n + 1})
				if err == nil {
					err = c.Flush()
				}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// run returns what comes of a script: rows as second:count, those for a terminal in
// brackets, ticks, and acknowledgements as aN.
func run(t *testing.T, every int64, agg Aggregate, words string) string {
	t.Helper()
	env := &stage.Env{Pool: stage.NewPool(4), Hostname: "h"}
	var got []string
	sink := stagetest.Sink(func(b *stage.Batch) error {
		if b.Tick != 0 {
			got = append(got, fmt.Sprintf("t%d", b.Tick/1e9))
		}
		if b.Ack != (stage.Range{}) {
			got = append(got, fmt.Sprintf("a%d", b.Ack.From))
		}
		var v msg.View
		for i := range b.Off {
			b.View(i, &v)
			m := v.Message()
			if m.Type != "heka.test" || m.Logger != "heka-filter" || m.Hostname != "h" ||
				m.Fields[0].Rep != "count" || m.Uuid == [16]byte{} {
				t.Errorf("%+v", m)
			}
			s := fmt.Sprintf("%d:%v", m.Timestamp/1e9, m.Fields[0].Value)
			if b.Interim {
				s = "(" + s + ")"
			}
			got = append(got, s)
		}
		return nil
	})
	st := New(env, "heka.test", every*1e9, agg)
	// The source stands for source and clock: Run would add a clock of its own.
	if err := stage.Run(context.Background(), env, script{env, words}, hide{st}, sink); err != nil {
		t.Fatal(err)
	}
	return strings.Join(got, " ")
}

// hide hides that a stage wants ticks.
type hide struct{ stage.Stage }

func TestWindows(t *testing.T) {
	f := func(every int64, words, want string) {
		t.Helper()
		if got := run(t, every, &tally{rows: 1}, words); got != want {
			t.Errorf("%s: %s, want %s", words, got, want)
		}
	}
	f(0, "", "0:0")
	f(0, "5 3 4", "a5 a3 a4 5:3")
	f(0, "5 t10 6", "a5 t10 a6 6:2")
	f(0, "5 l7 6 l8", "a5 (7:1) t7 a6 (8:2) t8 6:2")
	f(10, "5 6 t10 11 t20 t30", "a5 a6 10:2 t10 a11 20:1 t20 30:0 t30")
	f(10, "5 t10 11 12", "a5 10:1 t10 a11 a12 12:2")
	f(10, "500 t10 501 t20 3 5", "a500 10:1 t10 a501 20:1 t20 a3 a5 501:2")
	f(10, "5 t2 t4 t10 t12 6 t24", "a5 t2 t4 10:1 t10 t12 a6 24:1 t24")
	f(10, "t12 5 t20", "t12 a5 20:1 t20")
	f(10, "5 l7 t10 6 l11 l12", "a5 (7:1) t7 10:1 t10 a6 (11:1) t11 (12:1) t12 10:1")
	f(0, "i5 i6 7", "a7 7:1")
}

func TestTerminalGetsFewRows(t *testing.T) {
	got := run(t, 0, &tally{rows: 10_000}, "1 l2")
	if n := strings.Count(got, "("); n != maxLive {
		t.Errorf("%d interim rows", n)
	}
	if n := strings.Count(got, " 1:1"); n != 10_000 {
		t.Errorf("%d rows", n)
	}
}

func TestNobodyReads(t *testing.T) {
	env := &stage.Env{}
	st := New(env, "heka.test", 0, &tally{rows: 1_000_000})
	n := 0
	sink := stagetest.Sink(func(b *stage.Batch) error {
		n++
		return stage.ErrClosed
	})
	err := stage.Run(context.Background(), env, stagetest.Source(env, 1), st, sink)
	if err != nil || n != 1 {
		t.Errorf("%d batches, %v", n, err)
	}
}
