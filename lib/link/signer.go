package link

import (
	"bytes"

	"heka/lib/msg"
	"heka/lib/stage"
)

// SignerField is the field that says who has signed a message. It is set by a Receiver
// that has verified the signature, and by nobody else: see disown.
const SignerField = "heka.signer"

// claimField is what a field of that name is called from then on that came with a
// message: what it says is a claim, and nobody has proved it. Both names have the same
// length, so that the one can be written over the other.
const claimField = "heka.claims"

// disown renames the field heka.signer wherever it stands in b. It is on the hot path:
// that there is none is seen without looking at each message.
func (c *conn) disown(b *stage.Batch) {
	if !mentions(b.Buf) {
		return
	}
	for i := range b.Off {
		b.View(i, &c.view)
		disown(&c.view)
	}
}

func disown(v *msg.View) {
	for it := v.Fields(); it.Next(); {
		if string(it.Name) == SignerField {
			copy(it.Name, claimField)
		}
	}
}

// mentions reports whether a field may have the name: a string of that text stands in
// p, behind its length in one of the forms that msgpack has.
func mentions(p []byte) bool {
	return mentionsBehind(p, msg.WireFixStr|byte(len(SignerField))) || mentionsBehind(p, byte(len(SignerField)))
}

func mentionsBehind(p []byte, length byte) bool {
	for {
		i := bytes.IndexByte(p, length)
		if i < 0 || len(p)-i <= len(SignerField) {
			return false
		}
		p = p[i+1:]
		if string(p[:len(SignerField)]) == SignerField {
			return true
		}
	}
}

// keySigner is the name of the field, encoded.
var keySigner = msg.NewKey(SignerField)

// signed appends the field to the record that stands at b.Buf[at:], the last.
func (c *conn) signed(b *stage.Batch, at int, signer []byte) {
	c.scratch = append(c.scratch[:0], b.Buf[at:]...)
	c.view.Reset(c.scratch[msg.HeaderSize:])
	c.again.Copy(&c.view)
	c.again.KeyStr(keySigner, signer)
	b.Buf = c.again.Append(b.Buf[:at])
}
