package file

import (
	"heka/lib/encode"
	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/target"
)

// packFrom is how large a batch must be for a lane to make a unit of it by
// itself; the sink gathers smaller ones, because small units compress badly.
const packFrom = 64 << 10

// lane makes of a batch of records what stands in the file: text, or a packed
// unit. Such a batch is marked as Text; the sink does the work on all others.
type lane struct {
	env     *stage.Env
	enc     encode.Encoder // nil: records
	packer  target.Packer  // nil: text as it is
	view    msg.View
	scratch []byte
}

func newLane(d *dest) *lane {
	l := &lane{env: d.env, packer: d.packer()}
	if d.header != nil {
		l.enc = d.header()
	}
	return l
}

// Do is on the hot path of every file of text, and of captures.
func (l *lane) Do(in *stage.Batch) (*stage.Batch, error) {
	if in.Interim || len(in.Off) == 0 || l.packer != nil && len(in.Buf) < packFrom {
		return in, nil
	}
	out := in.NewText()
	defer in.Release()
	l.env.Stats.Out.Add(int64(len(in.Off)))
	if l.packer == nil {
		out.Buf = appendText(out.Buf, l.enc, in, &l.view)
		return out, nil
	}
	raw, whole := in.Bytes()
	switch {
	case l.enc != nil:
		l.scratch = appendText(l.scratch[:0], l.enc, in, &l.view)
		raw = l.scratch
	case !whole:
		l.scratch = in.AppendTo(l.scratch[:0])
		raw = l.scratch
	}
	var err error
	out.Buf, err = l.packer.Pack(out.Buf, raw)
	l.scratch = spare(l.scratch)
	return out, err
}

// appendText appends what the messages of b are rendered as.
func appendText(dst []byte, enc encode.Encoder, b *stage.Batch, v *msg.View) []byte {
	for i := range b.Off {
		b.View(i, v)
		dst = enc.Append(dst, v)
	}
	return dst
}
