package split

import "bytes"

// criLine reads a line as Kubernetes' runtimes write it: time, stream, tags, text,
// with a space between them. The first tag is P if the text goes on in the next line
// of the stream, F if it ends.
func criLine(line []byte) (part, bool) {
	if len(line) == 0 || !digit(line[0]) {
		return part{}, false
	}
	at := bytes.IndexByte(line, ' ') + 1
	if at == 0 {
		return part{}, false
	}
	n := bytes.IndexByte(line[at:], ' ')
	if n < 0 {
		return part{}, false
	}
	p := part{stream: streamOf(line[at : at+n]), tag: at + n + 1, end: len(line)}
	tags := line[p.tag:]
	if n = bytes.IndexByte(tags, ' '); n >= 0 {
		tags = tags[:n]
	}
	if p.stream == noStream || len(tags) == 0 || len(tags) > 1 && tags[1] != ':' {
		return part{}, false
	}
	p.start = min(p.tag+len(tags)+1, len(line))
	p.more = tags[0] == 'P'
	return p, p.more || tags[0] == 'F'
}
