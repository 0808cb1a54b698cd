package packed

import (
	"bufio"

	"github.com/klauspost/compress/gzip"
)

// gzipMembers unpacks gzip. The library reads byte by byte from a *bufio.Reader,
// and so no further than the end of the member.
type gzipMembers struct {
	gzip.Reader
	in *bufio.Reader
}

func (g *gzipMembers) next() error {
	if err := g.Reset(g.in); err != nil {
		return ended(err)
	}
	g.Multistream(false)
	return nil
}

func (g *gzipMembers) close() {}
