package sketch

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// TestAppendText sees to it that Lua reads each byte, next to each other, as it was.
func TestAppendText(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	var all []byte
	for a := range 256 {
		for _, b := range []byte("\x00\n\r\"\\019z\xff\x80") {
			all = append(all, byte(a), b)
		}
	}
	text := AppendText([]byte("x = "), all)
	for _, c := range text {
		if c == '\n' || c == '\r' {
			t.Fatal("more than one line")
		}
	}
	if err := L.DoString(string(text)); err != nil {
		t.Fatal(err)
	}
	if got := L.GetGlobal("x").String(); got != string(all) {
		t.Error("another text")
	}
}
