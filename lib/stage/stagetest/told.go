package stagetest

import (
	"context"
	"io"

	"heka/lib/stage"
)

// Told runs st by itself, and no goroutine beside it, on batches. It returns how many
// bytes st had acknowledged when it was done with each batch and asked for the next,
// and last how many when it had ended.
func Told(ctx context.Context, st stage.Stage, batches ...*stage.Batch) ([]int64, error) {
	r := &asked{batches: batches}
	err := st.Run(ctx, r, Writer(func(b *stage.Batch) { r.acked += max(0, b.Ack.To-b.Ack.From) }))
	return append(r.told, r.acked)[1:], err
}

// asked is a Reader that notes how far acknowledgements are when it is read.
type asked struct {
	batches []*stage.Batch
	acked   int64
	told    []int64
}

func (r *asked) Read() (*stage.Batch, error) {
	r.told = append(r.told, r.acked)
	if len(r.batches) == 0 {
		return nil, io.EOF
	}
	b := r.batches[0]
	r.batches = r.batches[1:]
	return b, nil
}

// Batches returns a batch of one message for each word, that acknowledges one byte;
// for a word "@5", a tick at so many seconds.
func Batches(env *stage.Env, words ...string) []*stage.Batch {
	if env.Pool == nil {
		env.Pool = stage.NewPool(8)
	}
	var all []*stage.Batch
	for i, w := range words {
		if w[0] == '@' {
			all = append(all, env.Pool.Tick(seconds(w[1:])*1e9, false))
			continue
		}
		b := env.Pool.Get()
		b.Off = append(b.Off, 0)
		m := Payloads(w)[0]
		b.Buf = m.Append(b.Buf)
		b.Ack = stage.Range{Source: 1, From: int64(i), To: int64(i) + 1}
		all = append(all, b)
	}
	return all
}

func seconds(s string) (n int64) {
	for _, c := range s {
		n = 10*n + int64(c-'0')
	}
	return n
}
