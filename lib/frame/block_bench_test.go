package frame

import (
	"io"
	"testing"
)

func BenchmarkBlockWrite(b *testing.B) {
	raw := records(600)
	for l := LevelNone; l <= LevelBetter; l++ {
		b.Run(l.String(), func(b *testing.B) {
			w := NewBlockWriter(io.Discard, BlockOptions{Size: len(raw), Level: l})
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				w.Write(raw, 600, 1, 600)
				w.Flush()
			}
			b.ReportMetric(float64(len(raw))/float64(len(block(l, raw, 600, 1, 600))), "ratio")
		})
	}
}

func BenchmarkBlockRead(b *testing.B) {
	raw := records(600)
	for l := LevelNone; l <= LevelBetter; l++ {
		rec := block(l, raw, 600, 1, 600)
		b.Run(l.String(), func(b *testing.B) {
			var r BlockReader
			var out []byte
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				var err error
				if out, _, err = r.Unpack(out[:0], rec[2], rec[8:]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBlockSkip(b *testing.B) {
	rec := block(LevelFastest, records(600), 600, 1, 600)
	b.ReportAllocs()
	for b.Loop() {
		if h, err := ParseBlock(rec[8:]); err != nil || h.Last != 600 {
			b.Fatal(err)
		}
	}
}
