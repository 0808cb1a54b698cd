package flood

import (
	"bytes"
	"fmt"
	"os"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// keyVariable is the variable of the environment that has a signer's key.
const keyVariable = "HEKA_SIGNER_KEY"

// readKey returns the key of --signer: what is in the file, without the newline at
// its end, or in the environment.
func readKey(file string) ([]byte, error) {
	if file == "" {
		return []byte(os.Getenv(keyVariable)), nil
	}
	key, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if key = bytes.TrimRight(key, "\r\n"); len(key) == 0 {
		return nil, fmt.Errorf("key file %s: there is no key in it", file)
	}
	return key, nil
}

// rawBatch writes the messages of p as bytes, some of them bad. A batch of records
// could name the good ones alone, and the rest would not be written: this is one of
// text.
func (s *source) rawBatch(p page, out stage.Writer) error {
	b := s.env.Pool.Get()
	b.Text = true
	for i, at := range p.off {
		end := len(p.buf)
		if i+1 < len(p.off) {
			end = int(p.off[i+1] - p.off[0])
		}
		s.record = append(s.record[:0], p.buf[at-p.off[0]:end]...)
		over := s.percent(s.flags.over)
		if over {
			s.record = append(s.record[:0], s.oversize()...)
		}
		s.stamps.put(s.record)
		from := len(b.Buf)
		b.Buf = s.frame(b.Buf)
		if !over && s.percent(s.corrupt) {
			b.Buf = s.damage(b.Buf, from)
		}
		s.env.Stats.Out.Add(1)
		if len(b.Buf) >= stage.BatchFull {
			if err := out.Write(b); err != nil {
				return err
			}
			b = s.env.Pool.Get()
			b.Text = true
		}
	}
	return out.Write(b)
}

// percent returns true so many times of 100.
func (s *source) percent(p float64) bool { return p > 0 && s.rng.Float64()*100 < p }

// frame appends s.record in the framing asked for.
func (s *source) frame(dst []byte) []byte {
	if s.framing == framingRecords {
		return append(dst, s.record...)
	}
	s.view.Reset(s.record[msg.HeaderSize:])
	return frame.AppendHeka(dst, &s.view, s.signer)
}

// damage damages the record at b[from:], the last of b, and returns b: it changes
// one to four bytes anywhere in it, or in what stands before its content, or cuts
// it short.
func (s *source) damage(b []byte, from int) []byte {
	const head = 16
	record := b[from:]
	switch s.rng.IntN(3) {
	case 0:
		return b[:from+s.rng.IntN(len(record))]
	case 1:
		record = record[:min(head, len(record))]
	}
	for range 1 + s.rng.IntN(4) {
		record[s.rng.IntN(len(record))] ^= byte(1 + s.rng.IntN(255))
	}
	return b
}

// oversize returns a whole record that is longer than readers take.
func (s *source) oversize() []byte {
	if s.over == nil {
		var b msg.Builder
		b.Reset()
		b.Type, b.Logger = []byte(s.types[0]), []byte("flood")
		b.Hostname, b.Pid = []byte(s.env.Hostname), s.pid
		b.Payload = bytes.Repeat([]byte("x"), maxRecord(s.env)+1)
		s.over = b.Append(nil)
	}
	return s.over
}
