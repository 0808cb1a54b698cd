package file

import (
	"bytes"

	"github.com/klauspost/compress/gzip"
)

func packGzip(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.Bytes()
}
