package packed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func TestDetect(t *testing.T) {
	f := func(head string, want Format, sure bool) {
		t.Helper()
		if got, ok := Detect([]byte(head)); got != want || ok != sure {
			t.Errorf("%q: %v, %v; want %v, %v", head, got, ok, want, sure)
		}
	}
	f("", Plain, false)
	f("\x1f", Plain, false)
	f("\x1f\x8b", Plain, false)
	f("\x1f\x8b\x08", Gzip, true)
	f("\x1f\x8b\x07", Plain, true)
	f("\x1f\x9d", Plain, true)
	f("\x28\xb5\x2f", Plain, false)
	f("\x28\xb5\x2f\xfd", Zstd, true)
	f("P", Plain, false) // may be a skippable frame
	f("POST /", Plain, true)
	f("\x5f\x2a\x4d\x18", Zstd, true)
	f("\x60\x2a\x4d\x18", Plain, true)
	f("\xfd7zXZ", Plain, false)
	f("\xfd7zXZ\x00", Xz, true)
	f("\xfd7zXZ\x01", Plain, true)
	f("2026-11-02", Plain, true)
	f("\n", Plain, true)
	for n := range 1 << 16 { // whatever HeadLen bytes are, they are enough
		if _, sure := Detect([]byte{byte(n), byte(n >> 8), 0x4d, 0x18, 0x5a, 1}); !sure {
			t.Fatalf("%#x", n)
		}
	}
}

// files are the content and what the commands made of it.
func files(t testing.TB) (plain []byte, packed map[Format][]byte) {
	t.Helper()
	read := func(name string) []byte {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	return read("small.log"), map[Format][]byte{Plain: read("small.log"),
		Gzip: read("small.log.gz"), Zstd: read("small.log.zst"), Xz: read("small.log.xz")}
}

// unpack reads all of it, and that the error stays.
func unpack(t testing.TB, r io.Reader, f Format) ([]byte, error) {
	t.Helper()
	z := NewReader(r, f)
	defer z.Close()
	b, err := io.ReadAll(z)
	if _, again := z.Read(make([]byte, 1)); err != nil && again != err {
		t.Errorf("after %v: %v", err, again)
	}
	return b, err
}

func TestRead(t *testing.T) {
	plain, packed := files(t)
	for f, b := range packed {
		if got, sure := Detect(b[:HeadLen]); got != f || !sure {
			t.Errorf("%v is taken for %v", f, got)
		}
		want := func(r io.Reader, times int) {
			t.Helper()
			got, err := unpack(t, r, f)
			if err != nil || !bytes.Equal(got, bytes.Repeat(plain, times)) {
				t.Errorf("%v: %d bytes, %v", f, len(got), err)
			}
		}
		want(bytes.NewReader(b), 1)
		want(iotest.OneByteReader(bytes.NewReader(b)), 1)
		want(iotest.HalfReader(bytes.NewReader(b)), 1)
		want(iotest.DataErrReader(bytes.NewReader(b)), 1)
		want(bytes.NewReader(bytes.Repeat(b, 3)), 3)
		if f == Plain {
			continue
		}
		for _, zeros := range []int{4, 512, 100_000} {
			pad := make([]byte, zeros)
			want(bytes.NewReader(slices.Concat(b, pad)), 1)
			want(bytes.NewReader(slices.Concat(b, pad, b)), 2)
			want(iotest.OneByteReader(bytes.NewReader(slices.Concat(b, pad))), 1)
		}
		if f != Xz { // whose padding is of four
			for zeros := range 4 {
				want(bytes.NewReader(slices.Concat(b, make([]byte, zeros), b)), 2)
			}
		}
	}
}

// What is cut off anywhere gives what comes before, and says that it is cut off.
func TestTruncated(t *testing.T) {
	plain, packed := files(t)
	for _, f := range []Format{Gzip, Zstd, Xz} {
		most := 0
		for n := range packed[f] {
			got, err := unpack(t, bytes.NewReader(packed[f][:n]), f)
			if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(plain, got) {
				t.Fatalf("%v, %d of %d bytes: %d bytes, %v", f, n, len(packed[f]), len(got), err)
			}
			if len(got) < most {
				t.Fatalf("%v, %d bytes: %d bytes, with fewer %d", f, n, len(got), most)
			}
			most = len(got)
		}
		if most != len(plain) {
			t.Errorf("%v without its last byte: %d bytes of %d", f, most, len(plain))
		}
		for n := 1; n < len(packed[f]); n++ { // the second of two
			got, err := unpack(t, bytes.NewReader(slices.Concat(packed[f], packed[f][:n])), f)
			if !errors.Is(err, io.ErrUnexpectedEOF) || len(got) < len(plain) {
				t.Fatalf("%v, %d bytes of the second: %d bytes, %v", f, n, len(got), err)
			}
		}
	}
}

func TestTrailing(t *testing.T) {
	plain, packed := files(t)
	for _, f := range []Format{Gzip, Zstd, Xz} {
		for _, zeros := range []int{0, 8, 8192} {
			for _, tail := range []string{"x", "\xff\x00", "xyz", "\n\n\n\n", strings.Repeat("garbage ",
				4000)} {
				in := slices.Concat(packed[f], make([]byte, zeros), []byte(tail))
				got, err := unpack(t, bytes.NewReader(in), f)
				if !errors.Is(err, ErrTrailing) || !bytes.Equal(got, plain) {
					t.Errorf("%v, %d zeros and %.10q: %d bytes, %v", f, zeros, tail, len(got), err)
				}
			}
		}
	}
}

// Of a flipped bit, the error tells; without it, the bytes are right.
func TestCorrupt(t *testing.T) {
	plain, packed := files(t)
	for _, f := range []Format{Gzip, Zstd, Xz} {
		for i := range packed[f] {
			b := bytes.Clone(packed[f])
			b[i] ^= 1 << (i % 8)
			got, err := unpack(t, bytes.NewReader(b), f)
			if err == nil && !bytes.Equal(got, plain) {
				t.Errorf("%v, bit of byte %d flipped: %d bytes, and no error", f, i, len(got))
			}
		}
		b := bytes.Clone(packed[f])
		at := map[Format]int{Gzip: len(b) - 8, Zstd: len(b) - 1, Xz: bytes.LastIndexByte(b, 0) / 2}[f]
		b[at] ^= 1
		if _, err := unpack(t, bytes.NewReader(b), f); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%v with a wrong checksum: %v", f, err)
		}
		if _, err := unpack(t, strings.NewReader("no such content"), f); !errors.Is(err, ErrCorrupt) {
			t.Errorf("text as %v: %v", f, err)
		}
	}
}

func TestErrors(t *testing.T) {
	_, packed := files(t)
	f := func(in string, format Format, want string) {
		t.Helper()
		if _, err := unpack(t, strings.NewReader(in), format); fmt.Sprint(err) != want {
			t.Errorf("got %v; want %v", err, want)
		}
	}
	f(string(packed[Gzip][:50]), Gzip, "gzip content is truncated: unexpected EOF")
	f(string(packed[Xz])+"?", Xz, "xz content is followed by bytes that do not belong to it")
	f(magicGzip+"\xe0\x00\x00\x00\x00\x00\x00", Gzip,
		"gzip content can't be unpacked: gzip: invalid header")
	// A window of 2 GiB.
	f(magicZstd+"\x04\xa8\x01\x00\x00", Zstd,
		"zstd content needs more than 128 MiB of memory to be unpacked")
	// A frame that is its own window, of 1 TiB.
	f(magicZstd+"\xe4\x00\x00\x00\x00\x00\x01\x00\x00\x01\x00\x00", Zstd,
		"zstd content needs more than 128 MiB of memory to be unpacked")
}

// An error of the input is no fault of the content.
func TestInputError(t *testing.T) {
	_, packed := files(t)
	broken := errors.New("input/output error")
	for f, b := range packed {
		for _, n := range []int{0, 3, 20, len(b) - 1, len(b)} {
			r := io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(broken))
			if _, err := unpack(t, r, f); err != broken {
				t.Errorf("%v after %d bytes: %v", f, n, err)
			}
		}
	}
}

func TestClose(t *testing.T) {
	_, packed := files(t)
	for _, f := range []Format{Gzip, Zstd, Xz} {
		before := runtime.NumGoroutine()
		z := NewReader(bytes.NewReader(packed[f]), f)
		if _, err := z.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		if n := runtime.NumGoroutine(); n > before {
			t.Errorf("%v: %d goroutines started", f, n-before)
		}
		z.Close()
		z.Close()
		if n, err := z.Read(make([]byte, 10)); n > 0 || err != errClosed {
			t.Errorf("%v: read after close: %d, %v", f, n, err)
		}
	}
}

// zeros gives n of them.
type zeros int64

func (z *zeros) Read(p []byte) (int, error) {
	if *z == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), int64(*z))
	clear(p[:n])
	*z -= zeros(n)
	return int(n), nil
}

// What unpacks to a thousand times as much and more takes no more memory than
// other content.
func TestBombs(t *testing.T) {
	const size = 64 << 20
	pack := func(to func(w io.Writer) io.WriteCloser) []byte {
		var b bytes.Buffer
		w, z := to(&b), zeros(size)
		io.Copy(w, &z)
		w.Close()
		return b.Bytes()
	}
	bombs := map[Format][]byte{
		Gzip: pack(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
		Zstd: pack(func(w io.Writer) io.WriteCloser {
			z, _ := zstd.NewWriter(w, zstd.WithWindowSize(1<<20))
			return z
		}),
	}
	for f, b := range bombs {
		z := NewReader(bytes.NewReader(b), f)
		grown := heapGrowth(func() {
			if n, err := Skip(z, 1<<40); n != size || err != io.EOF {
				t.Errorf("%v: %d bytes, %v", f, n, err)
			}
		})
		if grown > 8<<20 {
			t.Errorf("%v: %d bytes make %d, and take %d of memory", f, len(b), size, grown)
		}
		z.Close()
	}
}

// A header that asks for a dictionary of 4 GiB costs nothing.
func TestHugeDictionary(t *testing.T) {
	_, packed := files(t)
	b := bytes.Clone(packed[Xz])
	// The header of the block: size, flags, LZMA2, one byte of properties, padding, CRC.
	h := b[headerLen : headerLen+12]
	if h[2] != 0x21 || h[3] != 1 {
		t.Fatalf("unexpected header % x", h)
	}
	h[4] = 40
	binary.LittleEndian.PutUint32(h[8:], crc32.ChecksumIEEE(h[:8]))
	grown := heapGrowth(func() {
		if _, err := unpack(t, bytes.NewReader(b), Xz); !errors.Is(err, ErrMemory) {
			t.Error(err)
		}
	})
	if grown > 1<<20 {
		t.Errorf("it takes %d bytes", grown)
	}
}

// heapGrowth returns how many bytes were allocated while do ran, at most.
func heapGrowth(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestSkip(t *testing.T) {
	f := func(n, want int64, end error) {
		t.Helper()
		z := zeros(100_000)
		if got, err := Skip(&z, n); got != want || err != end || int64(z) != 100_000-want {
			t.Errorf("skip %d: %d, %v, %d left", n, got, err, z)
		}
	}
	f(-1, 0, nil)
	f(0, 0, nil)
	f(1, 1, nil)
	f(70_000, 70_000, nil)
	f(100_000, 100_000, nil)
	f(100_001, 100_000, io.EOF)
}

func FuzzReader(f *testing.F) {
	_, packed := files(f)
	for format, b := range packed {
		f.Add(uint8(format), b)
		f.Add(uint8(format), b[:len(b)/2])
		f.Add(uint8(format), append(bytes.Clone(b), b...))
		f.Add(uint8(format), append(bytes.Clone(b), 0, 0, 0, 0, 'x'))
	}
	f.Fuzz(func(t *testing.T, format uint8, b []byte) {
		if format > uint8(Xz) {
			return
		}
		z := NewReader(bytes.NewReader(b), Format(format))
		defer z.Close()
		n, err := Skip(z, 64<<20)
		switch {
		case err == nil && n < 64<<20:
			t.Fatal("stopped without an error")
		case err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) &&
			!errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrTrailing) && !errors.Is(err, ErrMemory):
			t.Fatalf("an error of no known kind: %v", err)
		}
	})
}
