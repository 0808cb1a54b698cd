package stagetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// Acks runs the stages that newStages makes, in one lane and in two, on messages
// that a source with positions gives, one to a batch, among them batches with nothing
// but an acknowledgement, a gap and a tick. It wants all of the source acknowledged
// in the end, nothing twice, and then the source settled.
func Acks(t *testing.T, newStages func(env *stage.Env) []stage.Stage, in ...msg.Message) {
	t.Helper()
	for _, lanes := range []int{1, 2} {
		env := &stage.Env{Lanes: lanes}
		p := NewPositions(env, in...)
		stages := append([]stage.Stage{p}, newStages(env)...)
		if err := stage.Run(context.Background(), env, stages...); err != nil {
			t.Errorf("%d lanes: %v", lanes, err)
		}
		if err := p.Check(); err != nil {
			t.Errorf("%d lanes: %v", lanes, err)
		}
	}
}

// Positions is a source with positions: of two files, one message of each in turn.
// Message i has bytes [10i, 10i+10) of its file.
type Positions struct {
	env *stage.Env
	in  []msg.Message

	mu      sync.Mutex
	acked   []stage.Range
	settled int
}

// NewPositions returns the source of messages, one to a batch.
func NewPositions(env *stage.Env, in ...msg.Message) *Positions {
	return &Positions{env: env, in: in}
}

// Message i is of source i%2 + 1; all that follows has source 3.
const others = 3

// Run implements stage.Stage.
func (p *Positions) Run(_ context.Context, _ stage.Reader, out stage.Writer) error {
	if p.env.Pool == nil {
		p.env.Pool = stage.NewPool(8)
	}
	for i := range p.in {
		b := p.env.Pool.Get()
		b.Off = append(b.Off, 0)
		b.Buf = p.in[i].Append(b.Buf)
		at := int64(i / 2 * 10)
		b.Ack = stage.Range{Source: uint32(i%2) + 1, From: at, To: at + 10}
		if err := out.Write(b); err != nil {
			return err
		}
	}
	empty, gap := p.env.Pool.Get(), p.env.Pool.Gap(&frame.Gap{Source: "f", Bytes: 10})
	empty.Ack = stage.Range{Source: others, From: 0, To: 10}
	gap.Ack = stage.Range{Source: others, From: 10, To: 20}
	for _, b := range []*stage.Batch{empty, gap, p.env.Pool.Tick(1e18, false)} {
		if err := out.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// Acked implements stage.Acker.
func (p *Positions) Acked(r stage.Range) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.settled > 0 {
		r.To = r.From - 1 // Check finds it
	}
	p.acked = append(p.acked, r)
}

// Settle implements stage.Acker.
func (p *Positions) Settle() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settled++
	return nil
}

// Ranges returns what was acknowledged so far, ordered, with ranges that touch as
// one.
func (p *Positions) Ranges() []stage.Range {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := slices.Clone(p.acked)
	slices.SortFunc(all, func(a, b stage.Range) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.From, b.From))
	})
	var one []stage.Range
	for _, r := range all {
		if n := len(one); n > 0 && one[n-1].Source == r.Source && one[n-1].To == r.From {
			one[n-1].To = r.To
		} else {
			one = append(one, r)
		}
	}
	return one
}

// Check tells what is wrong, once the pipeline has ended, if not all was acknowledged
// once.
func (p *Positions) Check() error {
	if p.settled != 1 {
		return fmt.Errorf("settled %d times", p.settled)
	}
	n := len(p.in)
	var want []stage.Range
	for i, bytes := range []int{(n + 1) / 2 * 10, n / 2 * 10, 20} {
		if bytes > 0 {
			want = append(want, stage.Range{Source: uint32(i) + 1, To: int64(bytes)})
		}
	}
	if got := p.Ranges(); !slices.Equal(got, want) {
		return fmt.Errorf("acknowledged %v, want %v", got, want)
	}
	return nil
}
