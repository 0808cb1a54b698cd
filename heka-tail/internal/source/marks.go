package source

import (
	"bytes"
	"encoding/binary"
	"io"

	"heka/heka-tail/internal/packed"
	"heka/lib/position"
)

// maxMarks is how many places a content is known again by.
const maxMarks = 24

// marks are places in a content and what stands before them, in the order of their
// offsets: the closer to the end, the denser. A copy that was made at any moment is
// known by those that are within it.
type marks []mark

// add adds a mark, and thins out the older half when there are too many.
func (s *marks) add(m mark) {
	list := *s
	if n := len(list); m.at == 0 || m.tail.Len == 0 || n > 0 && list[n-1].at >= m.at {
		return
	}
	if len(list) == maxMarks {
		kept := list[:0]
		for i, old := range list {
			if i >= maxMarks/2 || i%2 == 0 {
				kept = append(kept, old)
			}
		}
		list = kept
	}
	*s = append(list, m)
}

// upTo returns the last mark that is not behind offset; false if there is none.
func (s marks) upTo(offset int64) (mark, bool) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i].at <= offset {
			return s[i], true
		}
	}
	return mark{}, false
}

// Recognises reports whether the open file o has the content of s, or did before s
// grew: a copy, compressed or not. Of what is compressed and long, only the start is
// looked at; Read says ErrChanged if the rest is another.
func (s *File) Recognises(o Origin) bool { return s.recognises(o, false) }

// Shorter reports whether o, which s recognises, ends before what was read: it was
// copied while the content still grew.
func (s *File) Shorter(o Origin) bool {
	f, _, err := detect(o.FD)
	if err != nil || !f.decoded() {
		return err == nil && o.Stat.Size < s.offset
	}
	return !unpacksTo(o, f, s.offset, position.NewSum(s.tail))
}

// MayBecome is Recognises, and also true of what may become a copy yet: it starts as s
// does, and is too short to tell.
func (s *File) MayBecome(o Origin) bool { return s.recognises(o, true) }

func (s *File) recognises(o Origin, growing bool) bool {
	if s.offset == 0 && len(s.head) == 0 && s.fd >= 0 && !s.form.decoded() {
		head, _ := headOf(s.fd, s.form, headSize)
		s.setHead(head)
	}
	if !o.Stat.Regular() || len(s.head) == 0 {
		return false
	}
	f, sure, err := detect(o.FD)
	if err != nil || !sure {
		return false
	}
	head, _ := headOf(o.FD, f, headSize)
	n := min(len(head), len(s.head))
	if n == 0 || string(head[:n]) != string(s.head[:n]) {
		return false
	}
	if f.decoded() {
		return n == len(s.head) && s.unpacked(o, f)
	}
	if s.offset == 0 && s.fd >= 0 {
		size := max(o.Stat.Size, int64(len(head)))
		b := make([]byte, min(size, tailSize))
		k, err := pread(o.FD, b, size-int64(len(b)))
		return err == nil && k == len(b) && hasTail(s.fd, size, position.NewSum(b))
	}
	if n < len(s.head) && int64(n) < s.offset || s.offset == 0 {
		return true // all of a short file, or all that is known
	}
	size := max(o.Stat.Size, int64(len(head))) // it may have grown
	if size >= s.offset && len(s.tail) > 0 {
		return hasTail(o.FD, s.offset, position.NewSum(s.tail))
	}
	m, ok := s.marks.upTo(size)
	if !ok {
		return growing
	}
	return hasTail(o.FD, m.at, m.tail)
}

// unpacked reports whether o unpacks to the content: up to the offset, or, if it ends
// before, up to the last mark in it.
func (s *File) unpacked(o Origin, f form) bool {
	if unpacksTo(o, f, s.offset, position.NewSum(s.tail)) {
		return true
	}
	for i := len(s.marks) - 1; i >= 0; i-- {
		if m := s.marks[i]; m.at < s.offset && unpacksTo(o, f, m.at, m.tail) {
			return true
		}
	}
	return false
}

// maxUnpack is how much is unpacked at most to find out whose the content is.
const maxUnpack = 64 << 20

// UnpacksTo reports whether o is in gzip's format and unpacks to so many bytes, as its
// end has it.
func UnpacksTo(o Origin, size int64) bool {
	f, _, err := detect(o.FD)
	var b [4]byte
	if err != nil || f.format != packed.Gzip {
		return false
	}
	n, err := pread(o.FD, b[:], o.Stat.Size-int64(len(b)))
	return err == nil && n == len(b) && binary.LittleEndian.Uint32(b[:]) == uint32(size)
}

// unpacksTo reports whether the bytes before offset of what o unpacks to are as tail
// says, or may be.
func unpacksTo(o Origin, f form, offset int64, tail position.Sum) bool {
	if offset == 0 {
		return true
	}
	if offset > maxUnpack {
		var b [4]byte
		n, err := pread(o.FD, b[:], o.Stat.Size-4)
		return f.format != packed.Gzip || err != nil || n < len(b) ||
			binary.LittleEndian.Uint32(b[:]) >= uint32(offset)
	}
	s := &File{fd: o.FD, form: f, offset: offset, wanted: &tail}
	err := s.decode(new(Buffer))
	if s.dec != nil {
		s.dec.close()
	}
	return err == nil
}

// hasTail reports whether the bytes before offset are as sum says.
func hasTail(fd int, offset int64, sum position.Sum) bool {
	b := make([]byte, sum.Len)
	n, err := pread(fd, b, offset-int64(len(b)))
	return err == nil && n == len(b) && (n == 0 || position.NewSum(b) == sum)
}

// Has reports whether the open file o has the content that rec is the position of,
// as far as can be told without unpacking all of it.
func Has(o Origin, rec position.Record) bool {
	if !o.Stat.Regular() || rec.Head.Len == 0 {
		return false
	}
	f, sure, err := detect(o.FD)
	if err != nil || !sure {
		return false
	}
	head, err := headOf(o.FD, f, int(min(rec.Head.Len, headSize)))
	if err != nil && err != io.EOF || len(head) < int(rec.Head.Len) || position.NewSum(head) != rec.Head {
		return false
	}
	if f.decoded() {
		return unpacksTo(o, f, rec.Offset, rec.Tail)
	}
	return o.Stat.Size >= rec.Offset && hasTail(o.FD, rec.Offset, rec.Tail)
}

// Ending is how a file ended that is stored as it is. The zero Ending is in all.
type Ending struct {
	at   int64
	tail position.Sum
}

// EndingOf returns how the open file o ends now.
func EndingOf(o Origin) Ending {
	st, err := StatFd(o.FD)
	if err != nil {
		return Ending{}
	}
	b := make([]byte, min(st.Size, tailSize))
	n, err := pread(o.FD, b, st.Size-int64(len(b)))
	if err != nil || n < len(b) || bytes.IndexByte(b, 0) >= 0 { // NULs may be written over
		return Ending{}
	}
	return Ending{st.Size, position.NewSum(b)}
}

// In reports whether the open file o has, at the same place, what e was.
func (e Ending) In(o Origin) bool { return e.at == 0 || hasTail(o.FD, e.at, e.tail) }

// StartsAs reports whether the open file all, which starts as o does, also has the last
// bytes of o at their place. Both are stored as they are.
func StartsAs(all, o Origin) bool { return EndingOf(o).In(all) }

// PackedOf reports whether the open file packed unpacks to what plain, which is not
// written to any more, has.
func PackedOf(packed, plain Origin) bool {
	f, sure, err := detect(packed.FD)
	if err != nil || !sure || !f.decoded() {
		return false
	}
	e := EndingOf(plain)
	if e.at == 0 || !unpacksTo(packed, f, e.at, e.tail) {
		return false
	}
	head, _ := headOf(packed.FD, f, headSize)
	start, _ := headOf(plain.FD, form{}, headSize)
	return string(head) == string(start)
}

// Heads returns the sums of the first bytes of the content of the open file o, of each
// of the lengths that lens has as true and that the content is long enough for.
func Heads(o Origin, lens map[uint32]bool) []position.Sum {
	f, sure, err := detect(o.FD)
	if err != nil || !sure {
		return nil
	}
	head, _ := headOf(o.FD, f, headSize)
	var sums []position.Sum
	for n, want := range lens {
		if want && int(n) <= len(head) {
			sums = append(sums, position.NewSum(head[:n]))
		}
	}
	return sums
}
