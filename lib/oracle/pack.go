package oracle

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// packer compresses what is written to it; Flush lets what it holds be read.
type packer interface {
	io.WriteCloser
	Flush() error
}

// unflushed is a packer that holds what it holds until it is closed.
type unflushed struct{ io.WriteCloser }

func (unflushed) Flush() error { return nil }

// packers has the compressions by the endings of names.
var packers = map[string]func(w io.Writer) (packer, error){
	"":    nil,
	"gz":  func(w io.Writer) (packer, error) { return gzip.NewWriter(w), nil },
	"zst": func(w io.Writer) (packer, error) { return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)) },
	"xz": func(w io.Writer) (packer, error) {
		z, err := xz.NewWriter(w)
		return unflushed{z}, err
	},
}

// CheckPack returns an error if format is no value for Rotation.Pack.
func CheckPack(format string) error {
	if _, ok := packers[format]; !ok {
		return fmt.Errorf("%q is no compression; there are gz, zst, xz", format)
	}
	return nil
}

// packPortion is how much of a file is packed at a time, and packPause how long it
// takes at least: others see the packed file grow.
const (
	packPortion = 64 << 10
	packPause   = time.Millisecond
)

// packFile does as gzip does: packs path to a file beside it, gives that its time, and
// removes path.
func packFile(path, format string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	st, err := from.Stat()
	if err != nil {
		return err
	}
	to, err := os.Create(path + "." + format)
	if err != nil {
		return err
	}
	defer to.Close()
	z, err := packers[format](to)
	if err != nil {
		return err
	}
	for {
		n, err := io.CopyN(z, from, packPortion)
		if err != nil && err != io.EOF {
			return err
		}
		if n < packPortion {
			break
		}
		if err := z.Flush(); err != nil {
			return err
		}
		time.Sleep(packPause)
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := os.Chtimes(to.Name(), time.Time{}, st.ModTime()); err != nil {
		return err
	}
	return os.Remove(path)
}
