package frame

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strconv"
)

// Hash is the hash function of a signature, numbered as in Heka's header.
type Hash uint8

// Heka has MD5 and SHA-1. SHA-256 is ours: Heka drops records signed with it.
const (
	HashMD5    Hash = 0
	HashSHA1   Hash = 1
	HashSHA256 Hash = 2
)

const (
	macBlock  = 64 // block size of all three hash functions
	maxSum    = sha256.Size
	maxSigner = 200 // longest name of a signer: the header must fit in 255 bytes
)

var hashNames = [...]string{"md5", "sha1", "sha256"}

// ParseHash returns the hash function of this name: md5, sha1 or sha256.
func ParseHash(name string) (Hash, error) {
	for i, n := range hashNames {
		if n == name {
			return Hash(i), nil
		}
	}
	return 0, fmt.Errorf("hash function %q: want md5, sha1 or sha256", name)
}

// String returns the name that ParseHash takes.
func (h Hash) String() string {
	if int(h) < len(hashNames) {
		return hashNames[h]
	}
	return "hash " + strconv.Itoa(int(h))
}

func (h Hash) size() int {
	switch h {
	case HashMD5:
		return md5.Size
	case HashSHA1:
		return sha1.Size
	}
	return sha256.Size
}

// appendMac appends the HMAC of text. It is written out (RFC 2104) because
// crypto/hmac allocates for each key, and which key is due is known only when
// the record is there; the hashes below stay on the stack.
func (h Hash) appendMac(dst, key, text []byte) []byte {
	var pad, inner [macBlock]byte
	if len(key) > macBlock {
		h.appendSum(pad[:0], nil, key)
	} else {
		copy(pad[:], key)
	}
	for i := range pad {
		pad[i] ^= 0x36
	}
	sum := h.appendSum(inner[:0], pad[:], text)
	for i := range pad {
		pad[i] ^= 0x36 ^ 0x5c
	}
	return h.appendSum(dst, pad[:], sum)
}

// appendSum appends the hash of a and b. Each case names its hash, so that the
// compiler sees which one it is, and needs no heap for it.
func (h Hash) appendSum(dst, a, b []byte) []byte {
	switch h {
	case HashMD5:
		d := md5.New()
		d.Write(a)
		d.Write(b)
		return d.Sum(dst)
	case HashSHA1:
		d := sha1.New()
		d.Write(a)
		d.Write(b)
		return d.Sum(dst)
	}
	d := sha256.New()
	d.Write(a)
	d.Write(b)
	return d.Sum(dst)
}

// Keys has the keys of signers by "<signer>_<version>", as Heka's configuration
// has them. An empty key is a key, and no secret. Keys that are not changed may
// be used by many goroutines.
type Keys map[string][]byte

// verify tells whether mac is that of body by the signer that h names.
func (k Keys) verify(h *hekaHeader, body []byte) bool {
	if len(h.signer) == 0 || !h.signed || h.hash > uint64(HashSHA256) {
		return false
	}
	var name [hekaMaxHeader + 16]byte
	id := append(append(name[:0], h.signer...), '_')
	id = strconv.AppendUint(id, uint64(uint32(h.version)), 10)
	key, ok := k[string(id)]
	if !ok {
		return false
	}
	var sum [maxSum]byte
	want := Hash(h.hash).appendMac(sum[:0], key, body)
	return subtle.ConstantTimeCompare(want, h.mac) == 1
}

// Signer signs records of Heka's framing. NewSigner makes one; it does not
// change after, and may serve many goroutines.
type Signer struct {
	hash Hash
	key  []byte
	head []byte // the header's fields from hmac_hash_function to the tag and length of hmac
	room []byte // zeros, as many as the mac has bytes
}

// NewSigner returns a signer of this name, 1 to 200 bytes, and version of its
// key. It keeps key. A message alone is signed: not the header, and no time, so
// that a record may be sent again by whoever has seen it.
func NewSigner(name string, version uint32, hash Hash, key []byte) (*Signer, error) {
	if len(name) == 0 || len(name) > maxSigner {
		return nil, fmt.Errorf("signer of %d bytes: want 1 to %d", len(name), maxSigner)
	}
	if hash > HashSHA256 {
		return nil, fmt.Errorf("signer %q: no such hash function: %d", name, hash)
	}
	var head []byte
	if hash != HashMD5 {
		head = append(head, hekaHashTag, byte(hash))
	}
	head = pbAppendBytes(head, hekaSignerTag, []byte(name))
	head = pbAppend(append(head, hekaVersionTag), uint64(version))
	head = append(head, hekaMacTag, byte(hash.size()))
	return &Signer{hash: hash, key: key, head: head, room: make([]byte, hash.size())}, nil
}
