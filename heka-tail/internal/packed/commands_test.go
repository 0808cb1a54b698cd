package packed

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// What the commands of the field write, with the flags that change the layout.
func TestCommands(t *testing.T) {
	var plain bytes.Buffer
	for i := range 8_000 {
		fmt.Fprintf(&plain, "%d request %d served in %d ms\n", i, i*7919%10007, i*37%101)
	}
	f := func(want Format, line string) {
		t.Helper()
		words := strings.Fields(line)
		if _, err := exec.LookPath(words[0]); err != nil {
			t.Logf("%s is not installed", words[0])
			return
		}
		c := exec.Command(words[0], words[1:]...)
		c.Stdin = bytes.NewReader(plain.Bytes())
		b, err := c.Output()
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if is, sure := Detect(b[:HeadLen]); is != want || !sure {
			t.Errorf("%s: taken for %v", line, is)
		}
		for times := 1; times < 3; times++ {
			got, err := unpack(t, bytes.NewReader(bytes.Repeat(b, times)), want)
			if err != nil || !bytes.Equal(got, bytes.Repeat(plain.Bytes(), times)) {
				t.Errorf("%s: %d bytes, %v", line, len(got), err)
			}
		}
	}
	f(Gzip, "gzip -1")
	f(Gzip, "gzip -9")
	f(Gzip, "pigz -c")
	f(Zstd, "zstd -c")
	f(Zstd, "zstd -c -19 --no-check")
	f(Zstd, "zstd -c --long=27")
	f(Zstd, "zstd -c -1 -T2 -B64K")
	f(Zstd, "pzstd -c -p 2")
	f(Xz, "xz -c -1")
	f(Xz, "xz -c -6 -C crc32")
	f(Xz, "xz -c -1 -C sha256")
	f(Xz, "xz -c -1 -C none")
	f(Xz, "xz -c -0 -T2 --block-size=65536")
	f(Xz, "xz -c --x86 --lzma2=preset=1")
}
