package packed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
)

func TestDetectText(t *testing.T) {
	f := func(head string, want Encoding, sure bool) {
		t.Helper()
		if got, ok := DetectText([]byte(head)); got != want || ok != sure {
			t.Errorf("%q: %v, %v; want %v, %v", head, got, ok, want, sure)
		}
	}
	f("", Bytes, false)
	f("\xef", Bytes, false)
	f("\xef\xbb", Bytes, false)
	f("\xef\xbb\xbf", UTF8BOM, true)
	f("\xef\xbb\xbe", Bytes, true)
	f("\xff", Bytes, false)
	f("\xfe", Bytes, false)
	f("\xff\xfea\x00", UTF16LE, true)
	f("\xfe\xff\x00a", UTF16BE, true)
	f("\xff\xff", Bytes, true)
	f("plain", Bytes, true)
}

var orders = map[Encoding]binary.AppendByteOrder{UTF16LE: binary.LittleEndian,
	UTF16BE: binary.BigEndian}

// encoded is units behind their mark.
func encoded(e Encoding, units ...uint16) []byte {
	b := []byte(e.bom())
	for _, u := range units {
		b = orders[e].AppendUint16(b, u)
	}
	return b
}

const sample = "plain ASCII, longer than eight; grün, Москва, 日本語, 🜁🜂 " +
	"mixed\r\n\x00\x7f\u0080\u07ff\u0800\uffff\U00010000\U0010ffff"

func TestText(t *testing.T) {
	f := func(units []uint16, want string) {
		t.Helper()
		for e := range orders {
			b := encoded(e, units...)
			for _, r := range []io.Reader{bytes.NewReader(b), iotest.OneByteReader(bytes.NewReader(b)),
				iotest.HalfReader(bytes.NewReader(b)), iotest.DataErrReader(bytes.NewReader(b))} {
				z := NewText(r, e)
				got, err := io.ReadAll(z)
				if err != nil || string(got) != want || z.Held() != 0 {
					t.Errorf("%v: %q, %v, %d held; want %q", e, got, err, z.Held(), want)
				}
			}
		}
	}
	f(nil, "")
	f([]uint16{'a'}, "a")
	f(utf16.Encode([]rune(sample)), sample)
	f(utf16.Encode([]rune(strings.Repeat(sample, 4000))), strings.Repeat(sample, 4000))
	f([]uint16{0xfeff, 'a'}, "\ufeffa") // the second mark is text
	f([]uint16{0xdc00, 'a'}, "\ufffda")
	f([]uint16{0xd800, 'a'}, "\ufffda")
	f([]uint16{0xd800, 0xd800, 0xdc00}, "\ufffd\U00010000")
	f([]uint16{0xd83d, 0xde00, 0xde00}, "😀\ufffd")
}

// However little there is room for at once, the text is the same.
func TestTextSmallReads(t *testing.T) {
	for e := range orders {
		for size := 1; size < 20; size++ {
			z := NewText(bytes.NewReader(encoded(e, utf16.Encode([]rune(sample))...)), e)
			var got []byte
			p := make([]byte, size)
			for {
				n, err := z.Read(p)
				got = append(got, p[:n]...)
				if err == io.EOF {
					break
				}
				if n == 0 || err != nil {
					t.Fatalf("%d, %v", n, err)
				}
			}
			if string(got) != sample {
				t.Errorf("%v, %d bytes at once: %q", e, size, got)
			}
		}
	}
}

func TestTextUTF8(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got, err := io.ReadAll(NewText(iotest.OneByteReader(strings.NewReader(in)), UTF8BOM))
		if err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	f("\xef\xbb\xbfabc\xff", "abc\xff")
	f("\xef\xbb\xbf\xef\xbb\xbfabc", "\ufeffabc")
	got, _ := io.ReadAll(NewText(strings.NewReader("\xef\xbb\xbfabc"), Bytes))
	if string(got) != "\xef\xbb\xbfabc" {
		t.Errorf("bytes changed: %q", got)
	}
}

// Content grows by a byte at a time: what is held back, and when it comes.
func TestTextGrows(t *testing.T) {
	var file bytes.Buffer
	z := NewText(&file, UTF16LE)
	f := func(add, want string, held int) {
		t.Helper()
		file.WriteString(add)
		got, err := io.ReadAll(z)
		if err != nil || string(got) != want || z.Held() != held {
			t.Errorf("with %q: %q, %v, %d held; want %q, %d", add, got, err, z.Held(), want, held)
		}
	}
	f("", "", 0)
	f("\xff", "", 1)
	f("\xfe", "", 0)
	f("a", "", 1)
	f("\x00b", "a", 1)
	f("\x00", "b", 0)
	f("\x3d\xd8", "", 2)
	f("\x00", "", 3)
	f("\xdec", "😀", 1)
	f("\x00d\x00", "cd", 0)
	f("", "", 0)
}

func TestTextError(t *testing.T) {
	broken := errors.New("input/output error")
	z := NewText(io.MultiReader(strings.NewReader("\xff\xfea\x00b"), iotest.ErrReader(broken)),
		UTF16LE)
	if got, err := io.ReadAll(z); string(got) != "a" || err != broken {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTranscodeRoom(t *testing.T) {
	for e := range orders {
		src := encoded(e, utf16.Encode([]rune(sample))...)[2:]
		for room := range len(sample) {
			dst := bytes.Repeat([]byte{'#'}, room+1)
			n, used := Transcode(dst[:room], src, e)
			rest := make([]byte, len(sample))
			k, last := Transcode(rest, src[used:], e)
			if string(dst[:n])+string(rest[:k]) != sample || used+last != len(src) || dst[room] != '#' ||
				room-n > 3 {
				t.Fatalf("%v, room for %d: %q of %d bytes", e, room, dst[:n], used)
			}
		}
	}
}

func TestTextAllocs(t *testing.T) {
	src := encoded(UTF16LE, utf16.Encode([]rune(strings.Repeat(sample, 10_000)))...)
	z := NewText(bytes.NewReader(src), UTF16LE)
	p := make([]byte, 1000)
	if n := testing.AllocsPerRun(100, func() { z.Read(p) }); n != 0 {
		t.Errorf("%v allocations a read", n)
	}
}

// FuzzText compares with the standard library, at all sizes of portions.
func FuzzText(f *testing.F) {
	f.Add(encoded(UTF16LE, utf16.Encode([]rune(sample))...)[2:], uint8(3))
	f.Add([]byte("a\x00b\x00c\x00d\x00e\x00f\x00g\x00h\x00\x00\xd8"), uint8(9))
	f.Add([]byte{0, 0xd8, 0, 0xdc, 0, 0xdc, 1}, uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, size uint8) {
		for e := range orders {
			units := make([]uint16, len(b)/2)
			for i := range units {
				units[i] = orders[e].(binary.ByteOrder).Uint16(b[2*i:])
			}
			held := len(b) % 2
			if n := len(units); n > 0 && units[n-1]>>10 == 0xd800>>10 {
				units, held = units[:n-1], held+2 // may be half of a pair
			}
			want := string(utf16.Decode(units))
			z := NewText(iotest.HalfReader(bytes.NewReader(slices.Concat([]byte(e.bom()), b))), e)
			p, got := make([]byte, int(size)+1), []byte(nil)
			for {
				n, err := z.Read(p)
				got = append(got, p[:n]...)
				if err == io.EOF {
					break
				}
				if n == 0 {
					t.Fatal("no bytes, and no end")
				}
			}
			if string(got) != want || z.Held() != held {
				t.Fatalf("%v: %q, %d held; want %q, %d", e, got, z.Held(), want, held)
			}
		}
	})
}

func BenchmarkText(b *testing.B) {
	run := func(name, text string) {
		for _, e := range []Encoding{UTF16LE, UTF16BE} {
			b.Run(name+"/"+e.String(), func(b *testing.B) {
				src := encoded(e, utf16.Encode([]rune(strings.Repeat(text, 4<<20/len(text))))...)
				p, r := make([]byte, 256<<10), bytes.NewReader(src)
				z := NewText(r, e)
				b.SetBytes(int64(len(src)))
				b.ReportAllocs()
				for b.Loop() {
					r.Reset(src)
					for {
						if _, err := z.Read(p); err != nil {
							break
						}
					}
				}
			})
		}
	}
	run("ascii", "2026-11-02T10:00:00Z info request 1 served in 2 ms\n")
	run("few others", "2026-11-02T10:00:00Z info café grün request 1 served in 2 ms\n")
	run("cyrillic", "ошибка запроса к базе данных\n")
	run("japanese", "日本語のログ\n")
}

func BenchmarkReader(b *testing.B) {
	_, packed := files(b)
	for _, f := range []Format{Gzip, Zstd, Xz} {
		b.Run(f.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				z := NewReader(bytes.NewReader(packed[f]), f)
				n, _ := Skip(z, 1<<30)
				b.SetBytes(n)
				z.Close()
			}
		})
	}
}
