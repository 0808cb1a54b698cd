package frame

import (
	"testing"

	"heka/lib/msg"
)

func BenchmarkNextHeka(b *testing.B) {
	v, _ := msg.Parse(example().Append(nil)[msg.HeaderSize:])
	bench := func(name string, s *Signer, keys Keys) {
		rec := AppendHeka(nil, &v, s)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(rec)))
			for b.Loop() {
				if _, _, _, err := NextHeka(rec, 1<<20, keys); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	bench("unsigned", nil, nil)
	for h := HashMD5; h <= HashSHA256; h++ {
		s, _ := NewSigner("ops", 1, h, []byte("key"))
		bench(h.String(), s, Keys{"ops_1": []byte("key")})
	}
}

func BenchmarkFromHeka(b *testing.B) {
	v, _ := msg.Parse(example().Append(nil)[msg.HeaderSize:])
	pb := appendPB(nil, &v)
	var c Converter
	var dst []byte
	b.ReportAllocs()
	b.SetBytes(int64(len(pb)))
	for b.Loop() {
		dst, _ = c.Append(dst[:0], pb)
	}
}

func BenchmarkAppendHeka(b *testing.B) {
	v, _ := msg.Parse(example().Append(nil)[msg.HeaderSize:])
	var dst []byte
	b.ReportAllocs()
	b.SetBytes(int64(len(v.Body())))
	for b.Loop() {
		dst = AppendHeka(dst[:0], &v, nil)
	}
}
