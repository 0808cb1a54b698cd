package encode

// hexPairs has the two digits of each byte.
var hexPairs = func() (t [256][2]byte) {
	for i := range t {
		t[i] = [2]byte{hex[i>>4], hex[i&15]}
	}
	return t
}()

// putUuid writes the canonical text of the uuid u, 16 bytes, to t, 36 bytes.
func putUuid(t, u []byte) {
	_, _ = t[35], u[15]
	p := &hexPairs
	t[8], t[13], t[18], t[23] = '-', '-', '-', '-'
	*(*[2]byte)(t[0:]) = p[u[0]]
	*(*[2]byte)(t[2:]) = p[u[1]]
	*(*[2]byte)(t[4:]) = p[u[2]]
	*(*[2]byte)(t[6:]) = p[u[3]]
	*(*[2]byte)(t[9:]) = p[u[4]]
	*(*[2]byte)(t[11:]) = p[u[5]]
	*(*[2]byte)(t[14:]) = p[u[6]]
	*(*[2]byte)(t[16:]) = p[u[7]]
	*(*[2]byte)(t[19:]) = p[u[8]]
	*(*[2]byte)(t[21:]) = p[u[9]]
	*(*[2]byte)(t[24:]) = p[u[10]]
	*(*[2]byte)(t[26:]) = p[u[11]]
	*(*[2]byte)(t[28:]) = p[u[12]]
	*(*[2]byte)(t[30:]) = p[u[13]]
	*(*[2]byte)(t[32:]) = p[u[14]]
	*(*[2]byte)(t[34:]) = p[u[15]]
}
