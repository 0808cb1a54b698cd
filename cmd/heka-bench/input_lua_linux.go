package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"heka/lib/frame"
	"heka/lib/msg"
)

// decode writes what heka-decode nginx makes of an access log to a capture, and returns
// how many messages that are.
func decode(bin, log, capture string) (int64, error) {
	in, err := os.Open(log)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	out, err := os.Create(capture)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	c := command(bin, "heka-decode", "nginx")
	c.Stdin, c.Stdout = in, out
	if err := c.Run(); err != nil {
		return 0, fmt.Errorf("heka-decode: %w", err)
	}
	if _, err := out.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	n := int64(0)
	r := frame.NewReader(out, frame.Options{})
	var buf []byte
	var off []uint32
	for err == nil {
		buf, off, err = r.Read(buf, off)
		n += int64(len(off))
	}
	if err != io.EOF {
		return n, err
	}
	return n, nil
}

// head returns the first n messages of a capture.
func head(capture string, n int) (all []msg.View, err error) {
	f, err := os.Open(capture)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := frame.NewReader(f, frame.Options{})
	for err == nil && len(all) < n {
		var buf []byte
		var off []uint32
		buf, off, err = r.Read(nil, nil)
		for i := range off {
			end := len(buf)
			if i+1 < len(off) {
				end = int(off[i+1])
			}
			var m msg.View
			m.Reset(buf[int(off[i])+msg.HeaderSize : end])
			all = append(all, m)
		}
	}
	if err == io.EOF {
		err = nil
	}
	return all[:min(n, len(all))], err
}

// luaTable returns the messages as a file of Lua that returns them, by the names that
// read_message knows.
func luaTable(messages []msg.View) []byte {
	var b bytes.Buffer
	b.WriteString("return {\n")
	for i := range messages {
		m := &messages[i]
		fmt.Fprintf(&b, "{Type=%s, Timestamp=%d", luaText(m.Type()), m.Timestamp())
		for it := m.Fields(); it.Next(); {
			fmt.Fprintf(&b, ", [\"Fields[%s]\"]=", it.Name)
			if text := it.Value.Text(); text != nil {
				b.WriteString(luaText(text))
			} else {
				fmt.Fprint(&b, it.Value.Float())
			}
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// luaText returns text as a literal of Lua.
func luaText(text []byte) string {
	out := []byte{'"'}
	for _, c := range text {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			out = fmt.Appendf(out, "\\%03d", c)
		} else {
			out = append(out, c)
		}
	}
	return string(append(out, '"'))
}
