package client

import (
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"heka/cmd/hekad/api"
)

// jsonNode is a node with its rates.
type jsonNode struct {
	api.Node
	InRate  float64 `json:"in_rate"`
	OutRate float64 `json:"out_rate"`
	Cores   float64 `json:"cores"`
}

// jsonStatus is a status whose nodes have their rates.
type jsonStatus struct {
	api.Status
	Over  float64    `json:"rates_over"` // seconds
	Nodes []jsonNode `json:"nodes"`
	Found []finding  `json:"findings"`
}

func (p *ps) json(s *sample) error {
	v := jsonStatus{Status: s.Status, Over: s.over.Seconds(), Nodes: []jsonNode{}, Found: []finding{}}
	v.Found = append(v.Found, troubles(&s.Status)...)
	for i, n := range s.Nodes {
		v.Nodes = append(v.Nodes, jsonNode{n, s.rates[i].in, s.rates[i].out, s.rates[i].cpu})
	}
	return writeJSON(p.Stdout, v)
}

// writeJSON writes v, indented. What a terminal would act on, or not show, is escaped.
func writeJSON(w io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	var b []byte
	for _, r := range string(text) {
		switch {
		case r == '\n' || r == '\uFFFD' || unicode.IsPrint(r):
			b = utf8.AppendRune(b, r)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, hi, lo)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	_, err = w.Write(append(b, '\n'))
	return err
}
