package csv

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"heka/lib/msg"
	"heka/lib/stage"
)

// header is the stage of a table whose first line names the columns. It reads up to
// that line, in order; what follows is decoded in lanes, as the columns are known
// then and do not change.
type header struct {
	env   *stage.Env
	table *table
}

// Run implements stage.Stage.
func (h *header) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	for {
		b, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if b.Len() == 0 {
			if err := out.Write(b); err != nil {
				return err
			}
			continue
		}
		n, err := h.find(b)
		if err != nil {
			b.Release()
			return err
		}
		rest := b.Select(b.Off[n:])
		if h.table.names == nil { // blank lines only
			if err := out.Write(rest); err != nil {
				return err
			}
			continue
		}
		return stage.Continue(ctx, h.env, rest, in, out, h.table.rows(h.env))
	}
}

// find takes the columns from the first line of b that is not blank, and returns the
// number of lines up to it and with it.
func (h *header) find(b *stage.Batch) (int, error) {
	var v msg.View
	for i := range b.Off {
		b.View(i, &v)
		line := trim(v.Payload())
		if len(line) == 0 {
			continue
		}
		if err := h.table.setHeader(line); err != nil {
			return 0, fmt.Errorf("%w: %s: header: %w", stage.ErrBadData, h.table.name, err)
		}
		return i + 1, nil
	}
	return b.Len(), nil
}

// trim takes away what ends a line, and a byte order mark before it.
func trim(s []byte) []byte {
	for n := len(s); n > 0 && (s[n-1] == '\r' || s[n-1] == '\n'); n-- {
		s = s[:n-1]
	}
	return bytes.TrimPrefix(s, bom)
}

var bom = []byte("\xef\xbb\xbf")
